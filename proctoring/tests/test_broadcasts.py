"""Notices are a courtesy: one that cannot go out harms nobody."""

import pytest

from proctoring import broadcasts


async def test_a_notice_from_a_thread_with_a_loop_of_its_own_is_lost_and_nothing_else(
    caplog: pytest.LogCaptureFixture,
) -> None:
    broadcasts._send(broadcasts.room_group(1), {"type": "room.changed", "exam": 1})
    assert "A notice was lost" in caplog.text
