"""Looking first where the face was: the same face for less, and everything again where it is gone."""

import cv2
import numpy as np
import pytest

from proctoring.faces import detect, engine
from proctoring.faces.engine import Box, Hint, Near, Observation
from proctoring.tests import scenes


def grey(*names: str, tall: int = 300, shift: int = 0) -> detect.Grey:
    return np.asarray(cv2.cvtColor(scenes.scene(*names, tall=tall, shift=shift), cv2.COLOR_RGB2GRAY), dtype=np.uint8)


def face(observation: Observation) -> Box:
    assert observation.largest is not None
    return observation.largest.box


def middle(box: Box) -> tuple[float, float]:
    return (box.left + box.right) / 2, (box.top + box.bottom) / 2


@pytest.mark.parametrize("name", ["obama", "obama2", "biden"])
@pytest.mark.parametrize(("tall", "shift"), [(300, 0), (300, 40), (330, -30), (440, 0), (200, 0)])
def test_the_region_shows_the_same_person(name: str, tall: int, shift: int) -> None:
    last = face(engine.observe(scenes.frame(name, tall=tall)))
    frame = scenes.frame(name, tall=tall, shift=shift)
    near, whole = engine.observe(frame, near=Near(last)), engine.observe(frame)
    assert near.hint is whole.hint is Hint.OK
    assert middle(face(near)) == pytest.approx(middle(face(whole)), abs=0.15 * face(whole).width)
    assert near.descriptor is not None
    assert whole.descriptor is not None
    assert engine.distance(near.descriptor, whole.descriptor) < 0.25


def test_a_face_that_has_gone_elsewhere_is_found_there() -> None:
    last = face(engine.observe(scenes.frame("obama", shift=-200, tall=220)))
    moved = scenes.frame("obama", shift=200, tall=220)
    assert not detect.search_near(grey("obama", shift=200, tall=220), last)
    assert face(engine.observe(moved, near=Near(last))) == face(engine.observe(moved))


def test_whoever_sits_outside_the_region_is_seen_when_all_is_searched() -> None:
    both = scenes.frame("obama", "biden", tall=220)
    last = min(engine.observe(both).faces, key=lambda found: found.left).box
    assert engine.observe(both, near=Near(last)).persons == 1
    assert engine.observe(both).persons == 2


def test_nobody_is_nobody_wherever_somebody_was() -> None:
    last = face(engine.observe(scenes.frame("obama")))
    assert engine.observe(scenes.frame(), near=Near(last)).hint is Hint.NO_FACE


@pytest.mark.parametrize(
    "near",
    [Box(0, 0, 0, 0), Box(5, 5, 6, 6), Box(-900, -900, -800, -800), Box(0, 0, 90_000, 90_000), Box(300, 300, 200, 200)],
)
def test_a_hint_that_makes_no_sense_costs_a_search_and_no_more(near: Box) -> None:
    frame = scenes.frame("obama")
    found, whole = face(engine.observe(frame, near=Near(near))), face(engine.observe(frame))
    assert middle(found) == pytest.approx(middle(whole), abs=0.15 * whole.width)


def test_the_region_is_a_fraction_of_the_work(monkeypatch: pytest.MonkeyPatch) -> None:
    searched = []
    real = detect._run

    def counting(picture: detect.Grey, scale: float, least_score: float) -> list[detect.Found]:
        searched.append(picture.size * scale**2)
        return real(picture, scale, least_score)

    monkeypatch.setattr(detect, "_run", counting)
    frame = scenes.frame("obama")
    last = face(engine.observe(frame))
    engine.observe(frame, near=Near(last))
    whole, region = searched
    assert whole == 640 * 480
    assert region <= 194**2
