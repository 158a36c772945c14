"""What an observation tells beside the face: contrast, fingerprint, and which way the head is turned."""

import pickle
from math import cos, radians, sin

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from proctoring.faces import engine, quality
from proctoring.faces.engine import Box
from proctoring.tests import scenes

# Millimetres, x to the person's left, y down, z towards the camera: corners of the left eye, of the right eye, nose.
HEAD = np.array([(46, 0, -8), (18, 0, 0), (-46, 0, -8), (-18, 0, 0), (0, 45, 22)], dtype=np.float64)


def landmarks(turn: float = 0, tilt: float = 0, *, head: NDArray[np.float64] = HEAD) -> NDArray[np.float64]:
    """Look at a head from the front: turned to its own left, then tilted, by so many degrees."""
    turned, tilted = radians(turn), radians(tilt)
    x = head[:, 0] * cos(turned) + head[:, 2] * sin(turned)
    y = head[:, 1]
    return np.stack([x * cos(tilted) - y * sin(tilted), x * sin(tilted) + y * cos(tilted)], axis=1) * 2 + 300


def observed(*names: str, share: float = 1.0) -> engine.Observation:
    return engine.observe(scenes.jpeg((scenes.scene(*names) * share).astype(np.uint8)))


@pytest.mark.parametrize("turn", [20, 25, 30])
def test_turning_to_the_left_moves_the_nose_to_the_positive_side(turn: int) -> None:
    assert 0.25 < quality.asymmetry(landmarks(turn)) < 0.6
    assert quality.asymmetry(landmarks(-turn)) == pytest.approx(-quality.asymmetry(landmarks(turn)))


@pytest.mark.parametrize("tilt", [-30, 0, 30])
def test_tilting_the_head_is_not_a_turn(tilt: int) -> None:
    assert quality.asymmetry(landmarks(tilt=tilt)) == pytest.approx(0, abs=0.01)


@pytest.mark.parametrize("turn", [-40, 20, 40])
def test_a_flat_photo_that_is_turned_shows_no_turn(turn: int) -> None:
    photo = HEAD * (1, 1, 0)
    assert quality.asymmetry(landmarks(turn, head=photo)) == pytest.approx(0, abs=0.01)


def test_a_person_who_looks_straight_is_nearly_even() -> None:
    even = observed("obama").asymmetry
    assert even is not None
    assert abs(even) < 0.25


def test_a_mirrored_frame_turns_the_other_way() -> None:
    picture = scenes.scene("obama3")
    as_is = engine.observe(scenes.jpeg(picture)).asymmetry
    mirrored = engine.observe(scenes.jpeg(np.ascontiguousarray(picture[:, ::-1]))).asymmetry
    assert as_is is not None
    assert mirrored is not None
    assert mirrored == pytest.approx(-as_is, abs=0.08)


def test_without_a_face_nothing_is_turned() -> None:
    assert observed().asymmetry is None


def test_a_covered_lens_has_no_contrast() -> None:
    covered = engine.observe(scenes.jpeg(np.full((480, 640, 3), 90, np.uint8)))
    assert covered.contrast < 1
    assert observed("obama").contrast > 20


def test_the_fingerprint_is_a_picture_of_16_by_12() -> None:
    observation = observed("obama")
    assert len(observation.fingerprint) == 192
    grey = cv2.cvtColor(scenes.scene("obama"), cv2.COLOR_RGB2GRAY)
    small = cv2.resize(grey, quality.THUMBNAIL, interpolation=cv2.INTER_AREA)
    seen = np.frombuffer(observation.fingerprint, np.uint8).reshape(12, 16)
    assert np.abs(seen.astype(int) - small).max() <= 3


def test_only_another_picture_has_another_fingerprint() -> None:
    assert observed("obama").fingerprint == observed("obama").fingerprint
    assert observed("obama").fingerprint != engine.observe(scenes.frame("obama", shift=12)).fingerprint


def test_an_observation_survives_the_way_between_processes() -> None:
    before = observed("obama")
    after = pickle.loads(pickle.dumps(before))
    for name in ("fingerprint", "contrast", "asymmetry", "faces", "hint"):
        assert getattr(after, name) == getattr(before, name)
    assert before.descriptor is not None
    assert np.array_equal(after.descriptor, before.descriptor)


def test_a_face_knows_its_box() -> None:
    face = observed("obama").largest
    assert face is not None
    assert face.box == Box(face.left, face.top, face.right, face.bottom)
    assert (face.box.width, face.box.height) == (face.width, face.height)
