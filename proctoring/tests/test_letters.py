"""What travels between a server and a worker: it arrives whole, and nobody else can read or invent it."""

import numpy as np
import pytest

from accounts.encryption import Undecipherable
from proctoring.faces import engine
from proctoring.faces.engine import Box, Fault, Near, Unreadable
from proctoring.faces.line import VerifierBusy, VerifierFailed, WorkerLost
from proctoring.faces.observation import Observation, PhotoReport
from proctoring.remote import letters
from proctoring.remote.letters import Request
from proctoring.tests import scenes

REQUEST = Request("n1", "sitting-1", "replies", "observe", Near(Box(1, 2, 30, 40)), scenes.frame("obama"), "dlib")


def there_and_back(outcome: Observation | PhotoReport | Exception) -> object:
    number, arrived = letters.opened_reply(letters.sealed_reply("n1", outcome))
    assert number == "n1"
    return arrived


def same(one: object, other: object) -> bool:
    assert type(one) is type(other)
    return all(np.array_equal(getattr(one, name), getattr(other, name)) for name in one.__slots__)  # type: ignore[attr-defined]


@pytest.mark.parametrize("near", [None, Near(Box(1, 2, 30, 40)), Near(Box(1, 2, 30, 40), bytes(range(256)))])
def test_a_request_arrives_whole(near: Near | None) -> None:
    request = Request("n1", "sitting-1", "replies", "observe", near, b"\xff\xd8\xff\n picture\n", "dlib")
    assert letters.opened_request(letters.sealed_request(request)) == request


@pytest.mark.parametrize("names", [("obama",), (), ("obama", "biden")])
def test_an_observation_arrives_whole(names: tuple[str, ...]) -> None:
    observation = engine.observe(scenes.frame(*names))
    assert same(there_and_back(observation), observation)


def test_a_report_on_a_photo_arrives_whole() -> None:
    report = engine.describe_photo(scenes.photo("obama"))
    assert same(there_and_back(report), report)


@pytest.mark.parametrize("error", [VerifierBusy("full"), VerifierFailed("broken"), WorkerLost("gone")])
def test_what_went_wrong_arrives_as_what_it_is(error: Exception) -> None:
    arrived = there_and_back(error)
    assert type(arrived) is type(error)
    assert str(arrived) == str(error)


def test_an_unreadable_picture_arrives_with_its_fault() -> None:
    arrived = there_and_back(Unreadable(Fault.DAMAGED, "cut off"))
    assert isinstance(arrived, Unreadable)
    assert (arrived.fault, arrived.detail) == (Fault.DAMAGED, "cut off")


def test_an_error_that_nobody_foresaw_is_a_failure_without_its_text() -> None:
    arrived = there_and_back(RuntimeError("about the picture"))
    assert isinstance(arrived, VerifierFailed)
    assert str(arrived) == "RuntimeError"


def test_a_picture_lies_sealed() -> None:
    letter = letters.sealed_request(REQUEST)
    assert REQUEST.picture[:64] not in letter
    assert b"sitting-1" not in letter


def test_nobody_can_invent_a_verdict() -> None:
    letter = bytearray(letters.sealed_reply("n1", engine.observe(scenes.frame("obama"))))
    letter[-1] ^= 1
    with pytest.raises(Undecipherable):
        letters.opened_reply(bytes(letter))
    with pytest.raises(Undecipherable):
        letters.opened_reply(letters.sealed_request(REQUEST))
