"""Where the next frame is searched first: a trail remembers the face, and forgets it in time."""

import pytest

from proctoring.faces import engine
from proctoring.faces.engine import Near, Observation
from proctoring.faces.trail import AROUND_EVERY, WHOLE_EVERY, Trail
from proctoring.tests import scenes


def seen(*names: str) -> Observation:
    return engine.observe(scenes.frame(*names))


def test_the_first_frame_is_searched_whole() -> None:
    assert Trail().near() is None


def test_the_next_frame_is_searched_where_the_face_was() -> None:
    trail, observation = Trail(), seen("obama")
    trail.remember(observation)
    assert observation.largest is not None
    assert trail.near() == Near(observation.largest.box)


def test_every_few_frames_the_surroundings_are_searched_and_now_and_then_all() -> None:
    trail, observation = Trail(), seen("obama")
    trail.remember(observation)
    ways = [trail.near() for _ in range(WHOLE_EVERY)]
    around = [frame for frame, way in enumerate(ways, start=1) if way is not None and way.searched]
    assert around == list(range(AROUND_EVERY, WHOLE_EVERY, AROUND_EVERY))
    assert {way.searched for way in ways if way is not None} == {b"", observation.searched}
    assert [frame for frame, way in enumerate(ways, start=1) if way is None] == [WHOLE_EVERY]
    assert trail.near() is not None


def test_a_look_at_the_face_alone_does_not_forget_the_surroundings() -> None:
    trail, observation = Trail(), seen("obama")
    trail.remember(observation)
    for _ in range(AROUND_EVERY - 1):
        trail.remember(engine.observe(scenes.frame("obama"), near=trail.near()))
    due = trail.near()
    assert due is not None
    assert due.searched == observation.searched


@pytest.mark.parametrize("names", [(), ("obama", "biden")])
def test_nobody_and_company_are_looked_for_everywhere(names: tuple[str, ...]) -> None:
    trail = Trail()
    trail.remember(seen("obama"))
    trail.remember(seen(*names))
    assert trail.near() is None


def test_somebody_who_joins_is_seen_within_a_few_frames() -> None:
    trail, persons = Trail(), []
    frames = [scenes.frame("obama", tall=220, shift=-160), *[scenes.frame("obama", "biden", tall=220)] * AROUND_EVERY]
    for frame in frames:
        observation = engine.observe(frame, near=trail.near())
        trail.remember(observation)
        persons.append(observation.persons)
    assert persons[0] == 1
    assert persons[-1] == 2
