"""What the landing page and the device check make of what a browser says about itself."""

import pytest

from exams.domain.platforms import Browser, Fitness, Platform, System, recognise

WEBKIT = "AppleWebKit/537.36 (KHTML, like Gecko)"
CHROME_ON_WINDOWS = f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {WEBKIT} Chrome/131.0.0.0 Safari/537.36"
EDGE_ON_WINDOWS = CHROME_ON_WINDOWS + " Edg/131.0.0.0"
CLIENT_ON_WINDOWS = CHROME_ON_WINDOWS + " SEB/3.7.0"
SAFARI_ON_MAC = f"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) {WEBKIT} Version/17.4 Safari/605.1.15"
CLIENT_ON_MAC = SAFARI_ON_MAC + " SEB/3.3"
SAFARI_ON_IPAD = SAFARI_ON_MAC.replace("Macintosh; Intel Mac OS X 10_15_7", "iPad; CPU OS 15_6 like Mac OS X")
FIREFOX_ON_LINUX = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"
CHROME_ON_ANDROID = f"Mozilla/5.0 (Linux; Android 13; Pixel 7) {WEBKIT} Chrome/131.0.0.0 Mobile Safari/537.36"
CHROME_ON_CHROMEBOOK = f"Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) {WEBKIT} Chrome/131.0.0.0 Safari/537.36"
SAFARI_ON_IPHONE = SAFARI_ON_MAC.replace(
    "Macintosh; Intel Mac OS X 10_15_7", "iPhone; CPU iPhone OS 17_4 like Mac OS X"
)
CHROME_ON_WINDOWS_7 = CHROME_ON_WINDOWS.replace("NT 10.0", "NT 6.1").replace("131", "109")
INTERNET_EXPLORER = "Mozilla/5.0 (Windows NT 6.1; Trident/7.0; rv:11.0) like Gecko"
WECHAT = CHROME_ON_ANDROID + " MicroMessenger/8.0.49"
QQ_BROWSER = (
    f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {WEBKIT} Chrome/94.0.4606.71 Safari/537.36 Core/1.94 QQBrowser/12.5"
)


@pytest.mark.parametrize(
    ("user_agent", "expected"),
    [
        (CHROME_ON_WINDOWS, Platform(System.WINDOWS, Browser.CHROME, 131)),
        (EDGE_ON_WINDOWS, Platform(System.WINDOWS, Browser.EDGE, 131)),
        (CLIENT_ON_WINDOWS, Platform(System.WINDOWS, Browser.EXAM_CLIENT)),
        (SAFARI_ON_MAC, Platform(System.MACOS, Browser.SAFARI, 17)),
        (CLIENT_ON_MAC, Platform(System.MACOS, Browser.EXAM_CLIENT)),
        (SAFARI_ON_IPAD, Platform(System.IPADOS, Browser.SAFARI, 17)),
        (FIREFOX_ON_LINUX, Platform(System.LINUX, Browser.FIREFOX, 128)),
        (CHROME_ON_ANDROID, Platform(System.ANDROID, Browser.CHROME, 131)),
        (CHROME_ON_CHROMEBOOK, Platform(System.CHROMEOS, Browser.CHROME, 131)),
        (SAFARI_ON_IPHONE, Platform(System.IPHONE, Browser.SAFARI, 17)),
        (CHROME_ON_WINDOWS_7, Platform(System.OLD_WINDOWS, Browser.CHROME, 109)),
        (INTERNET_EXPLORER, Platform(System.OLD_WINDOWS, Browser.INTERNET_EXPLORER)),
        (WECHAT, Platform(System.ANDROID, Browser.IN_APP)),
        (QQ_BROWSER, Platform(System.WINDOWS, Browser.CHROMIUM, 94)),
        ("", Platform(System.UNKNOWN, Browser.UNKNOWN)),
    ],
)
def test_systems_and_browsers_are_recognised(user_agent: str, expected: Platform) -> None:
    assert recognise(user_agent) == expected


def test_the_hint_names_the_system_where_the_user_agent_does_not() -> None:
    assert recognise("Chrome/131.0.0.0", '"Chrome OS"').system is System.CHROMEOS


@pytest.mark.parametrize("user_agent", [CHROME_ON_WINDOWS, SAFARI_ON_MAC, SAFARI_ON_IPAD])
def test_the_exam_client_exists_for_windows_mac_and_ipad(user_agent: str) -> None:
    assert recognise(user_agent).has_client


@pytest.mark.parametrize(
    "user_agent", [FIREFOX_ON_LINUX, CHROME_ON_ANDROID, CHROME_ON_CHROMEBOOK, CHROME_ON_WINDOWS_7, ""]
)
def test_elsewhere_there_is_no_exam_client(user_agent: str) -> None:
    assert not recognise(user_agent).has_client


@pytest.mark.parametrize(
    ("user_agent", "fitness"),
    [
        (CHROME_ON_WINDOWS, Fitness.RECOMMENDED),
        (CLIENT_ON_MAC, Fitness.RECOMMENDED),
        (FIREFOX_ON_LINUX, Fitness.USABLE),
        (SAFARI_ON_MAC, Fitness.USABLE),
        (QQ_BROWSER, Fitness.OUTDATED),
        (SAFARI_ON_MAC.replace("Version/17", "Version/14"), Fitness.OUTDATED),
        (WECHAT, Fitness.UNSUITABLE),
        (INTERNET_EXPLORER, Fitness.UNSUITABLE),
    ],
)
def test_a_browser_is_judged_by_what_it_is_and_how_old(user_agent: str, fitness: Fitness) -> None:
    assert recognise(user_agent).fitness is fitness
