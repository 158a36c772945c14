"""The exam client's configuration and its key."""

import plistlib
from typing import Any

import pytest

from exams.domain import seb

START = "https://exam.example.org/login/?exam=7"
QUIT = "https://exam.example.org/left/"

# A configuration whose Config Key was computed by an independent function that reproduces the client's own vectors.
VECTOR: dict[str, Any] = {
    "startURL": "https://exam.example.org/seb/start/abc123/",
    "quitURL": "https://exam.example.org/seb/quit/abc123/",
    "quitURLConfirm": False,
    "sendBrowserExamKey": True,
    "browserWindowWebView": 3,
    "browserMediaCaptureCamera": True,
    "browserMediaCaptureMicrophone": False,
    "browserViewMode": 1,
    "allowQuit": False,
    "allowPreferencesWindow": False,
    "examSessionClearCookiesOnStart": False,
    "examSessionClearCookiesOnEnd": True,
    "allowScreenSharing": False,
    "allowVirtualMachine": False,
    "allowedDisplaysMaxNumber": 1,
    "browserWindowAllowReload": True,
    "allowSpellCheck": False,
    "enablePrintScreen": False,
    "sebConfigPurpose": 0,
    "hashedQuitPassword": "a079bfc148809fc58311017a713d2128a1a92d6de97647fe97ccd0d202fe185e",
    "URLFilterEnable": True,
    "URLFilterEnableContentFilter": False,
    "URLFilterRules": [{"action": 1, "active": True, "expression": "exam.example.org/*", "regex": False}],
}
VECTOR_KEY = "3e22b024186d4f6486c36c8e6ede02137ef0d8a150c60ec4d9e3e2397f06c6d0"


def test_the_config_key_is_the_clients_own() -> None:
    assert seb.config_key(VECTOR) == VECTOR_KEY


def test_the_config_key_ignores_the_order_of_the_settings() -> None:
    assert seb.config_key(dict(reversed(VECTOR.items()))) == VECTOR_KEY


def test_the_config_key_ignores_the_program_that_wrote_the_file_and_empty_dictionaries() -> None:
    assert seb.config_key(VECTOR | {"originatorVersion": "SEB_Win_3.7", "permittedThings": {}}) == VECTOR_KEY


def test_the_config_key_changes_with_every_setting() -> None:
    assert seb.config_key(VECTOR | {"allowQuit": True}) != VECTOR_KEY


def test_empty_lists_and_data_are_part_of_the_config_key() -> None:
    assert seb.config_key(VECTOR | {"prohibited": []}) != VECTOR_KEY
    assert seb.config_key(VECTOR | {"certificate": b"\x00\x01"}) != VECTOR_KEY


def test_values_that_programs_disagree_on_are_refused() -> None:
    with pytest.raises(TypeError, match="float"):
        seb.config_key({"zoom": 1.5})


def test_the_client_opens_one_site_in_full_screen_with_the_camera() -> None:
    made = seb.configuration(start_url=START, quit_url=QUIT)
    assert made["startURL"] == START
    assert made["quitURL"] == QUIT
    assert made["browserViewMode"] == 1
    assert made["browserMediaCaptureCamera"] is True
    assert [rule["expression"] for rule in made["URLFilterRules"]] == ["exam.example.org/*"]


def test_an_exam_without_a_camera_does_not_ask_for_one() -> None:
    assert seb.configuration(start_url=START, quit_url=QUIT, camera=False)["browserMediaCaptureCamera"] is False


def test_the_quit_password_is_there_only_where_the_exam_has_one() -> None:
    assert "hashedQuitPassword" not in seb.configuration(start_url=START, quit_url=QUIT)
    made = seb.configuration(start_url=START, quit_url=QUIT, quit_password_hash="ab" * 32)
    assert made["hashedQuitPassword"] == "ab" * 32


def test_the_file_reads_back_as_the_same_configuration() -> None:
    made = seb.configuration(start_url=START, quit_url=QUIT)
    file = seb.to_plist(made)
    assert file.startswith(b"<?xml")
    assert plistlib.loads(file) == made
