"""Where the next frame is searched first: a desk remembers the face, and forgets it in time."""

from collections.abc import Sequence
from typing import cast

import pytest
from django.utils.timezone import now

from proctoring.consumers.desk import LOOKS_AT_ALL, Desk, Frame
from proctoring.domain.protocol import Reply
from proctoring.faces import engine
from proctoring.faces.engine import Observation
from proctoring.queries import CameraFacts
from proctoring.tests import scenes


class PlainDesk(Desk):
    def wants_frames(self) -> bool:
        return True

    async def look(self, frame: Frame) -> Sequence[Reply]:
        return ()

    async def refresh(self, facts: CameraFacts, now: object) -> Sequence[Reply]:
        return ()


@pytest.fixture
def desk() -> Desk:
    return PlainDesk(cast(CameraFacts, None), now())


def seen(*names: str) -> Observation:
    return engine.observe(scenes.frame(*names))


def test_the_first_frame_is_searched_whole(desk: Desk) -> None:
    assert desk.near() is None


def test_the_next_frame_is_searched_where_the_face_was(desk: Desk) -> None:
    observation = seen("obama")
    desk.remember(observation)
    assert observation.largest is not None
    assert desk.near() == observation.largest.box


def test_every_few_frames_all_is_searched(desk: Desk) -> None:
    desk.remember(seen("obama"))
    whole = [desk.near() is None for _ in range(3 * LOOKS_AT_ALL)]
    assert whole == ([False] * (LOOKS_AT_ALL - 1) + [True]) * 3


@pytest.mark.parametrize("names", [(), ("obama", "biden")])
def test_nobody_and_company_are_looked_for_everywhere(desk: Desk, names: tuple[str, ...]) -> None:
    desk.remember(seen("obama"))
    desk.remember(seen(*names))
    assert desk.near() is None
