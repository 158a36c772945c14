"""Which system and browser a candidate came with, and how well they fit an exam: read from what the browser says."""

import re
from dataclasses import dataclass
from enum import StrEnum


class System(StrEnum):
    WINDOWS = "windows"  # 10 and later
    OLD_WINDOWS = "old_windows"
    MACOS = "macos"
    IPADOS = "ipados"  # newer ones say they are a Mac: the page corrects that by counting touch points
    IPHONE = "iphone"
    ANDROID = "android"
    CHROMEOS = "chromeos"
    LINUX = "linux"
    UNKNOWN = "unknown"


class Browser(StrEnum):
    EXAM_CLIENT = "exam_client"  # Safe Exam Browser
    CHROME = "chrome"
    EDGE = "edge"
    CHROMIUM = "chromium"  # 360, QQ, Sogou and others, built on Chromium
    FIREFOX = "firefox"
    SAFARI = "safari"
    IN_APP = "in_app"  # a page inside a chat program: no camera, no full screen
    INTERNET_EXPLORER = "internet_explorer"
    UNKNOWN = "unknown"


class Fitness(StrEnum):
    RECOMMENDED = "recommended"
    USABLE = "usable"
    OUTDATED = "outdated"
    UNSUITABLE = "unsuitable"


CLIENT_SYSTEMS = frozenset({System.WINDOWS, System.MACOS, System.IPADOS})

# The first versions with everything that the exam page needs: modules, dialogs, full screen, camera.
OLDEST_VERSIONS = {
    Browser.CHROME: 98,
    Browser.EDGE: 98,
    Browser.CHROMIUM: 98,
    Browser.FIREFOX: 98,
    Browser.SAFARI: 16,
}

# In this order: most browsers also name the ones they descend from.
_SYSTEM_SIGNS: tuple[tuple[str, System], ...] = (
    (r"Windows NT (?:[1-9]\d)\.", System.WINDOWS),
    (r"Windows", System.OLD_WINDOWS),
    (r"iPhone|iPod", System.IPHONE),
    (r"iPad", System.IPADOS),
    (r"Android", System.ANDROID),
    (r"CrOS", System.CHROMEOS),
    (r"Macintosh|Mac OS X", System.MACOS),
    (r"Linux|X11", System.LINUX),
)
_BROWSER_SIGNS: tuple[tuple[str, Browser], ...] = (
    (r"\bSEB\b", Browser.EXAM_CLIENT),
    (r"MicroMessenger|DingTalk|AliApp|Weibo|\bQQ/", Browser.IN_APP),
    (r"Trident/|MSIE ", Browser.INTERNET_EXPLORER),
    (r"Edg(?:A|iOS)?/(\d+)", Browser.EDGE),
    (r"(?:Firefox|FxiOS)/(\d+)", Browser.FIREFOX),
    (r"(?:QQBrowser|360[SE]E|MetaSr|UBrowser|OPR|Maxthon|2345Explorer|LBBROWSER)\b.*", Browser.CHROMIUM),
    (r"(?:Chrome|CriOS)/(\d+)", Browser.CHROME),
    (r"Version/(\d+).*Safari/", Browser.SAFARI),
)
_HINTED_SYSTEMS = {
    "windows": System.WINDOWS,
    "macos": System.MACOS,
    "ios": System.IPADOS,
    "android": System.ANDROID,
    "chrome os": System.CHROMEOS,
    "chromium os": System.CHROMEOS,
    "linux": System.LINUX,
}


@dataclass(frozen=True, slots=True)
class Platform:
    """`version` is the browser's major version, 0 where it is not told."""

    system: System
    browser: Browser
    version: int = 0

    @property
    def has_client(self) -> bool:
        """Whether the exam client can be installed here."""
        return self.system in CLIENT_SYSTEMS

    @property
    def in_client(self) -> bool:
        return self.browser is Browser.EXAM_CLIENT

    @property
    def fitness(self) -> Fitness:
        """How well the browser fits an exam."""
        if self.in_client:
            return Fitness.RECOMMENDED
        oldest = OLDEST_VERSIONS.get(self.browser)
        if oldest is None:
            return Fitness.UNSUITABLE
        if self.version < oldest:
            return Fitness.OUTDATED
        return Fitness.RECOMMENDED if self.browser in {Browser.CHROME, Browser.EDGE} else Fitness.USABLE


def recognise(user_agent: str, platform_hint: str = "") -> Platform:
    """Read the User-Agent, and the Sec-CH-UA-Platform header where the browser sends it."""
    browser, version = _browser(user_agent)
    return Platform(_system(user_agent, platform_hint), browser, version)


def _system(user_agent: str, platform_hint: str) -> System:
    for sign, system in _SYSTEM_SIGNS:
        if re.search(sign, user_agent):
            return system
    return _HINTED_SYSTEMS.get(platform_hint.strip().strip('"').lower(), System.UNKNOWN)


def _browser(user_agent: str) -> tuple[Browser, int]:
    for sign, browser in _BROWSER_SIGNS:
        if found := re.search(sign, user_agent):
            if browser is Browser.CHROMIUM:
                found = re.search(r"Chrome/(\d+)", user_agent)
            return browser, int(found[1]) if found and found.re.groups else 0
    return Browser.UNKNOWN, 0
