"""What a page may say, and how often."""

import json

import pytest

from proctoring.domain import protocol
from proctoring.domain.protocol import Camera, CameraCause, Hello, Malformed, Purpose, Verdict


def test_hello_says_who_speaks_and_what_for() -> None:
    text = json.dumps({"type": "hello", "purpose": "exam", "client": "page-1", "cameras": 2})
    assert protocol.parse(text) == Hello(Purpose.EXAM, "page-1", 2)


def test_a_lost_camera_says_why() -> None:
    text = json.dumps({"type": "camera", "live": False, "cause": "denied", "cameras": 0})
    assert protocol.parse(text) == Camera(False, CameraCause.DENIED, 0)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{",
        "null",
        '{"type": "drop_table"}',
        '{"type": "hello"}',
        '{"type": "hello", "purpose": "spy", "client": "x", "cameras": 1}',
        '{"type": "hello", "purpose": "exam", "client": 7, "cameras": 1}',
        '{"type": "hello", "purpose": "exam", "client": "x", "cameras": "many"}',
        '{"type": "camera", "cause": "aliens"}',
        "[" * 2000,
        '{"type": "hello", "client": "' + "x" * 3000 + '"}',
    ],
)
def test_anything_else_is_malformed(text: str) -> None:
    with pytest.raises(Malformed):
        protocol.parse(text)


def test_a_frame_is_a_jpeg_of_bearable_size() -> None:
    protocol.check_frame(b"\xff\xd8\xff" + b"x" * 10, 100)
    with pytest.raises(Malformed):
        protocol.check_frame(b"\x89PNG", 100)
    with pytest.raises(protocol.TooLarge):
        protocol.check_frame(b"\xff\xd8\xff" + b"x" * 100, 100)


def test_replies_carry_their_type() -> None:
    told = json.loads(protocol.encode(Verdict("ok", "请保持不动", 350, frames_good=2, frames_needed=5)))
    assert told["type"] == "verdict"
    assert told["hint"] == "请保持不动"
    assert told["distance"] is None
