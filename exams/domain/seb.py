"""The configuration of the exam client (Safe Exam Browser) for one exam, as a file and as the key that proves it."""

import base64
import hashlib
import plistlib
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

WEB_VIEW_MODERN = 3  # the only one that hands out the camera
FULL_SCREEN = 1
START_EXAM = 0
ALLOW = 1


def configuration(
    *, start_url: str, quit_url: str, quit_password_hash: str = "", camera: bool = True
) -> dict[str, Any]:
    """Return the settings of the exam client: full screen, camera, one site, leaving only at the end.

    `quit_password_hash` is the SHA-256, in lower-case hex, of the password that unlocks the client. Values are
    booleans, integers, strings, lists and filled dictionaries only: programs disagree on the key of anything else.
    """
    settings: dict[str, Any] = {
        "startURL": start_url,
        "quitURL": quit_url,
        "quitURLConfirm": False,
        "sendBrowserExamKey": True,  # else the client sends no key at all
        "sebConfigPurpose": START_EXAM,
        "browserWindowWebView": WEB_VIEW_MODERN,
        "browserViewMode": FULL_SCREEN,
        "browserWindowAllowReload": True,
        "browserMediaCaptureCamera": camera,
        "browserMediaCaptureMicrophone": False,
        "examSessionClearCookiesOnStart": True,
        "examSessionClearCookiesOnEnd": True,
        "allowQuit": False,
        "allowPreferencesWindow": False,
        "allowSpellCheck": False,
        "allowScreenSharing": False,
        "allowVirtualMachine": False,
        "allowWlan": True,
        "allowedDisplaysMaxNumber": 1,
        "enablePrintScreen": False,
        "showInputLanguage": True,  # Chinese input methods
        "URLFilterEnable": True,
        "URLFilterEnableContentFilter": False,
        "URLFilterRules": [_only(start_url)],
    }
    if quit_password_hash:
        settings["hashedQuitPassword"] = quit_password_hash
    return settings


def _only(url: str) -> dict[str, Any]:
    return {"action": ALLOW, "active": True, "expression": f"{urlsplit(url).netloc}/*", "regex": False}


def to_plist(settings: Mapping[str, Any]) -> bytes:
    """Return the configuration as the client opens it: a plain XML property list."""
    return plistlib.dumps(dict(settings), fmt=plistlib.FMT_XML, sort_keys=True)


def config_key(settings: Mapping[str, Any]) -> str:
    """Return the Config Key (64 hex digits): SHA-256 of the client's own JSON form of the settings.

    https://safeexambrowser.org/developer/seb-config-key.html
    """
    kept = {name: value for name, value in settings.items() if name != "originatorVersion"}
    return hashlib.sha256(_json(kept).encode()).hexdigest()


def _json(value: object) -> str:
    """Return JSON without white space or escapes, names sorted without regard to case, empty dictionaries left out."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, str):
        return f'"{value}"'
    if isinstance(value, bytes):
        return f'"{base64.b64encode(value).decode()}"'
    if isinstance(value, Mapping):
        names = sorted(value, key=str.lower)
        return "{" + ",".join(f'"{name}":{_json(value[name])}' for name in names if value[name] != {}) + "}"
    if isinstance(value, Sequence):
        return "[" + ",".join(_json(item) for item in value) + "]"
    raise TypeError(f"The exam client's key is not defined for {type(value).__name__}.")
