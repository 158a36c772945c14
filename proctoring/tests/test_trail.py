"""Where the next frame is searched first: a trail remembers the face, and forgets it in time."""

import pytest

from proctoring.faces import engine
from proctoring.faces.engine import Observation
from proctoring.faces.trail import WHOLE_EVERY, Trail
from proctoring.tests import scenes


def seen(*names: str) -> Observation:
    return engine.observe(scenes.frame(*names))


def test_the_first_frame_is_searched_whole() -> None:
    assert Trail().near() is None


def test_the_next_frame_is_searched_where_the_face_was() -> None:
    trail, observation = Trail(), seen("obama")
    trail.remember(observation)
    assert observation.largest is not None
    assert trail.near() == observation.largest.box


def test_every_few_frames_all_is_searched() -> None:
    trail = Trail()
    trail.remember(seen("obama"))
    whole = [trail.near() is None for _ in range(3 * WHOLE_EVERY)]
    assert whole == ([False] * (WHOLE_EVERY - 1) + [True]) * 3


@pytest.mark.parametrize("names", [(), ("obama", "biden")])
def test_nobody_and_company_are_looked_for_everywhere(names: tuple[str, ...]) -> None:
    trail = Trail()
    trail.remember(seen("obama"))
    trail.remember(seen(*names))
    assert trail.near() is None


def test_somebody_who_joins_is_seen_within_a_few_frames() -> None:
    trail, persons = Trail(), []
    frames = [scenes.frame("obama", tall=220, shift=-160), *[scenes.frame("obama", "biden", tall=220)] * WHOLE_EVERY]
    for frame in frames:
        observation = engine.observe(frame, near=trail.near())
        trail.remember(observation)
        persons.append(observation.persons)
    assert persons[0] == 1
    assert persons[-1] == 2
