"""Searching beside the face only where something has changed: nobody who comes is missed, and a still room is free."""

import numpy as np
import pytest

from proctoring.faces import detect, engine, surroundings
from proctoring.faces.engine import Box, Near
from proctoring.tests import scenes
from proctoring.tests.scenes import Pixels


def grey(picture: Pixels, *, seed: int = 0, light: float = 1.0) -> detect.Grey:
    """Return what a camera makes of it: other noise in each frame."""
    noise = np.random.default_rng(seed).normal(0, 2.5, picture.shape)
    return engine.grey_of(np.clip(picture * light + noise, 0, 255).astype(np.uint8))


def joined(tall: int, left: int, top: int, *, shift: int = 0) -> tuple[Pixels, Box]:
    """Return the candidate at the left with a second head somewhere, and the box of that head."""
    picture = scenes.scene("obama", tall=220, shift=shift - 160)
    cut = scenes.cut("biden", tall)
    height, width = cut.shape[:2]
    top, left = min(top, 480 - height), min(left, 640 - width)
    picture[top : top + height, left : left + width] = cut
    return picture, Box(left, top, left + width, top + height)


def holds(place: Box, other: Box) -> bool:
    across = place.left <= other.left + 0.2 * other.width and other.right - 0.2 * other.width <= place.right
    return across and place.top <= other.top + 0.2 * other.height and other.bottom - 0.2 * other.height <= place.bottom


@pytest.fixture(scope="module")
def alone() -> Pixels:
    return scenes.scene("obama", tall=220, shift=-160)


@pytest.fixture(scope="module")
def face(alone: Pixels) -> Box:
    return detect.search(grey(alone))[0]


@pytest.mark.parametrize("light", [1.0, 0.3])
def test_a_still_room_is_not_searched_again(alone: Pixels, face: Box, light: float) -> None:
    before = surroundings.outline(grey(alone, light=light))
    places, searched = surroundings.to_search(grey(alone, seed=1, light=light), face, before)
    assert not places
    assert searched == before


@pytest.mark.parametrize("light", [1.0, 0.3])
@pytest.mark.parametrize("tall", [110, 160, 220, 300])
@pytest.mark.parametrize(("left", "top"), [(290, 0), (330, 300), (460, 140), (600, 60)])
def test_where_somebody_has_come_is_searched(
    alone: Pixels, face: Box, light: float, tall: int, left: int, top: int
) -> None:
    picture, head = joined(tall, left, top)
    before = surroundings.outline(grey(alone, light=light))
    places, searched = surroundings.to_search(grey(picture, seed=1, light=light), face, before)
    assert any(holds(place, head) for place in places)
    assert searched != before


def test_slow_changes_add_up_until_they_are_looked_at(alone: Pixels, face: Box) -> None:
    picture, head = joined(160, 420, 140)
    searched, seen = surroundings.outline(grey(alone)), []
    for step in range(1, 21):
        between = (alone * (1 - step / 20) + picture * (step / 20)).astype(np.uint8)
        places, searched = surroundings.to_search(grey(between, seed=step), face, searched)
        seen += [place for place in places if holds(place, head)]
    assert seen


def test_where_everything_changes_everything_is_searched(alone: Pixels, face: Box) -> None:
    before = surroundings.outline(grey(alone))
    darker = grey(alone, seed=1, light=0.6)
    places, searched = surroundings.to_search(darker, face, before)
    assert places == [Box(0, 0, 640, 480)]
    assert searched == surroundings.outline(darker)


def test_a_map_of_another_kind_costs_a_search_and_no_more(alone: Pixels, face: Box) -> None:
    places, _ = surroundings.to_search(grey(alone), face, b"of another version")
    assert places == [Box(0, 0, 640, 480)]


def test_company_is_found_around_the_face_and_the_candidate_counts_once(alone: Pixels) -> None:
    first = engine.observe(scenes.jpeg(alone))
    assert first.largest is not None
    picture, _ = joined(200, 400, 140, shift=4)
    frame = scenes.jpeg(picture)
    assert engine.observe(frame, near=Near(first.largest.box)).persons == 1
    around = engine.observe(frame, near=Near(first.largest.box, first.searched))
    assert (around.persons, len(around.faces)) == (2, 2)


def test_a_still_room_costs_no_more_than_the_face(alone: Pixels, monkeypatch: pytest.MonkeyPatch) -> None:
    first = engine.observe(scenes.jpeg(alone))
    assert first.largest is not None
    searched = []
    real = detect._run

    def counting(picture: detect.Grey, scale: float, least_score: float) -> list[detect.Found]:
        searched.append(picture.size * scale**2)
        return real(picture, scale, least_score)

    monkeypatch.setattr(detect, "_run", counting)
    engine.observe(scenes.jpeg(alone, quality=78), near=Near(first.largest.box, first.searched))
    assert sum(searched) < 0.15 * 640 * 480
