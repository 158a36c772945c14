"""domain.answer_file: what is ours and whole, and what is not."""

import base64
import json
from typing import Any

import pytest

from exams.domain import answer_file
from exams.domain.answer_file import Fault, Unreadable

BYTES = base64.b64encode(b"x" * 12).decode()
WHOLE: dict[str, Any] = {
    "format": "examplatform-answers",
    "version": 1,
    "exam": "CEM",
    "sitting": 7,
    "key": "0a",
    "wrapped": BYTES,
    "iv": BYTES,
    "data": BYTES,
}


def test_a_whole_envelope_is_read() -> None:
    found = answer_file.envelope(json.dumps(WHOLE).encode())
    assert (found.exam, found.sitting, found.key, found.iv) == ("CEM", 7, "0a", b"x" * 12)


@pytest.mark.parametrize(
    ("raw", "fault"),
    [
        (b"", Fault.NOT_OURS),
        (b"PK\x03\x04", Fault.NOT_OURS),
        (b"[1]", Fault.NOT_OURS),
        (b"[" * 100_000, Fault.NOT_OURS),
        (b"{}", Fault.NOT_OURS),
        (b" " * (answer_file.MOST_BYTES + 1), Fault.TOO_LARGE),
    ],
)
def test_what_is_not_ours_is_said_to_be_so(raw: bytes, fault: Fault) -> None:
    with pytest.raises(Unreadable) as told:
        answer_file.envelope(raw)
    assert told.value.fault is fault


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"version": 2}, Fault.VERSION),
        ({"sitting": "7"}, Fault.BROKEN),
        ({"sitting": True}, Fault.BROKEN),
        ({"exam": None}, Fault.BROKEN),
        ({"key": 3}, Fault.BROKEN),
        ({"key": "a\x00"}, Fault.BROKEN),
        ({"sitting": 10**30}, Fault.BROKEN),
        ({"sitting": 0}, Fault.BROKEN),
        ({"iv": "short"}, Fault.BROKEN),
        ({"iv": "!!!!"}, Fault.BROKEN),
        ({"iv": None}, Fault.BROKEN),
    ],
)
def test_what_is_not_whole_is_said_to_be_so(change: dict[str, Any], fault: Fault) -> None:
    with pytest.raises(Unreadable) as told:
        answer_file.envelope(json.dumps(WHOLE | change).encode())
    assert told.value.fault is fault


@pytest.mark.parametrize("inside", [{}, {"sitting": 8, "ops": []}, {"sitting": 7}, {"sitting": 7, "ops": {}}])
def test_the_inside_is_about_the_same_sitting_and_holds_answers(inside: dict[str, Any]) -> None:
    with pytest.raises(Unreadable):
        answer_file.content(json.dumps(inside).encode(), 7)
