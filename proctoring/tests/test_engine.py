"""What the engine sees on real portraits, and what it refuses to look at."""

import pickle
import subprocess
import sys
from contextlib import suppress
from dataclasses import replace

import cv2
import numpy as np
import pytest

from proctoring.faces import embedders, engine
from proctoring.faces.engine import Fault, Hint, Unreadable
from proctoring.tests import scenes

THRESHOLD = 0.45


def reference(*names: str) -> engine.Descriptor:
    reports = [engine.describe_photo(scenes.photo(name)) for name in names]
    return engine.mean([report.descriptor for report in reports if report.descriptor is not None])


def seen(name: str) -> engine.Descriptor:
    """Return the mean of three frames of a person who does not sit quite still."""
    observations = [engine.observe(scenes.frame(name, shift=shift, tall=300 + shift)) for shift in (-20, 0, 20)]
    assert [observation.hint for observation in observations] == [Hint.OK] * 3
    return engine.mean([observation.descriptor for observation in observations if observation.descriptor is not None])


def refusal(data: bytes) -> Fault:
    with pytest.raises(Unreadable) as caught:
        engine.observe(data)
    return caught.value.fault


def test_one_person_on_two_days_is_one_person() -> None:
    assert engine.distance(seen("obama2"), reference("obama")) < THRESHOLD


def test_several_photos_bring_the_same_person_nearer() -> None:
    several = engine.distance(seen("obama2"), reference("obama", "obama3"))
    assert several < engine.distance(seen("obama2"), reference("obama3"))


def test_two_persons_are_two_persons() -> None:
    assert engine.distance(seen("biden"), reference("obama", "obama2", "obama3")) > 0.6


def test_a_face_comes_with_its_box_and_the_numbers_of_its_embedder() -> None:
    observation = engine.observe(scenes.frame("obama"))
    face = observation.largest
    assert face is not None
    assert 200 < face.left < 320 < face.right < 440
    assert 0.8 < face.width / face.height < 1.25
    assert observation.descriptor is not None
    assert observation.descriptor.shape == (embedders.current().size,)
    assert (observation.width, observation.height) == scenes.SIDE


def test_a_small_frame_finds_the_same_face() -> None:
    small = cv2.resize(scenes.scene("obama"), (320, 240), interpolation=cv2.INTER_AREA)
    observation = engine.observe(scenes.jpeg(np.asarray(small, dtype=np.uint8)))
    assert observation.hint is Hint.OK
    assert observation.descriptor is not None
    assert engine.distance(observation.descriptor, reference("obama")) < THRESHOLD


def test_an_empty_room_has_no_face() -> None:
    observation = engine.observe(scenes.frame())
    assert observation.hint is Hint.NO_FACE
    assert observation.largest is None
    assert observation.descriptor is None


def test_two_people_are_too_many() -> None:
    observation = engine.observe(scenes.frame("obama", "biden"))
    assert observation.hint is Hint.SEVERAL_FACES
    assert observation.persons == 2
    assert observation.descriptor is None


def test_a_small_face_on_the_wall_behind_is_not_company() -> None:
    picture = scenes.scene("obama", tall=440)
    poster = cv2.resize(scenes.head("biden"), (98, 118), interpolation=cv2.INTER_AREA)
    picture[20:138, 520:618] = poster
    observation = engine.observe(scenes.jpeg(picture))
    assert observation.hint is Hint.OK
    assert observation.persons == 1


@pytest.mark.parametrize("share", [0.15, 0.05, 0.0])
def test_a_picture_without_light_is_too_dark_rather_than_another_person(share: float) -> None:
    dark = (scenes.scene("obama") * share).astype(np.uint8)
    observation = engine.observe(scenes.jpeg(dark))
    assert observation.hint is Hint.TOO_DARK
    assert observation.brightness < 40
    assert observation.descriptor is None


def test_a_dim_room_is_good_enough() -> None:
    dim = (scenes.scene("biden") * 0.5).astype(np.uint8)
    assert engine.observe(scenes.jpeg(dim)).hint is Hint.OK


def test_a_tiny_face_is_too_far() -> None:
    observation = engine.observe(scenes.frame("obama", tall=108))
    assert observation.hint is Hint.TOO_FAR
    assert observation.largest is not None
    assert observation.largest.height < engine.LEAST_FACE
    assert observation.descriptor is None


def test_a_lens_out_of_focus_is_blurred() -> None:
    smeared = cv2.GaussianBlur(scenes.scene("biden"), (0, 0), 5)
    assert engine.observe(scenes.jpeg(np.asarray(smeared, dtype=np.uint8))).hint is Hint.BLURRED


def test_a_photo_shows_one_person_nobody_or_several() -> None:
    assert engine.describe_photo(scenes.photo("biden")).hint is Hint.OK
    assert engine.describe_photo(scenes.frame()).hint is Hint.NO_FACE
    assert engine.describe_photo(scenes.frame("obama", "biden")).hint is Hint.SEVERAL_FACES


def test_a_photo_of_the_size_on_an_id_card_is_enough() -> None:
    small = cv2.resize(scenes.head("obama"), (102, 126), interpolation=cv2.INTER_AREA)
    done, png = cv2.imencode(".png", cv2.cvtColor(small, cv2.COLOR_RGB2BGR))
    report = engine.describe_photo(png.tobytes())
    assert done
    assert report.hint is Hint.OK
    assert report.descriptor is not None
    assert engine.distance(report.descriptor, reference("obama2")) < THRESHOLD


def test_a_photo_from_a_camera_is_scaled_down_first() -> None:
    large = cv2.resize(scenes.scene("obama"), (4000, 3000), interpolation=cv2.INTER_LINEAR)
    report = engine.describe_photo(scenes.jpeg(np.asarray(large, dtype=np.uint8)))
    assert report.hint is Hint.OK
    assert max(report.width, report.height) == engine.PHOTO_SIDE


def test_a_frame_may_not_be_what_a_photo_may_be() -> None:
    done, png = cv2.imencode(".png", scenes.head("obama"))
    assert done
    assert refusal(png.tobytes()) is Fault.NOT_A_PICTURE


@pytest.mark.parametrize("data", [b"", b"\xff\xd8", b"hello", b"\x00" * 5000, b"<svg/>", b"\x89PNG\r\n\x1a\n"])
def test_bytes_that_are_no_jpeg_are_refused(data: bytes) -> None:
    assert refusal(data) is Fault.NOT_A_PICTURE


@pytest.mark.parametrize("data", [b"\xff\xd8\xff", b"\xff\xd8\xff\xe0\x00\x00", b"\xff\xd8" + b"\xff" * 9000])
def test_a_jpeg_without_a_header_is_refused(data: bytes) -> None:
    assert refusal(data) is Fault.DAMAGED


def test_a_jpeg_that_is_cut_off_is_refused() -> None:
    assert refusal(scenes.frame("obama")[:9000]) is Fault.DAMAGED


def test_a_jpeg_of_noise_is_read_or_refused_but_never_worse() -> None:
    rng = np.random.default_rng(3)
    data = bytearray(scenes.frame("obama"))
    for _ in range(20):
        at = rng.integers(200, len(data) - 2, 200)
        for index in at:
            data[index] = int(rng.integers(0, 256))
        with suppress(Unreadable):
            engine.observe(bytes(data))


def test_a_jpeg_that_claims_to_be_huge_is_refused_before_it_is_decoded() -> None:
    data = bytearray(scenes.frame())
    at = data.find(b"\xff\xc0")
    data[at + 5 : at + 9] = (60000).to_bytes(2) * 2
    assert refusal(bytes(data)) is Fault.TOO_LARGE


def test_thousands_of_scans_are_refused() -> None:
    data = scenes.frame()
    scan = data.find(b"\xff\xda")
    assert refusal(data[:scan] + data[scan : scan + 14] * 5000 + data[scan:]) is Fault.DAMAGED


def test_a_frame_has_a_smallest_size_and_a_most_of_bytes() -> None:
    thumbnail = cv2.resize(scenes.scene("obama"), (140, 100), interpolation=cv2.INTER_AREA)
    assert refusal(scenes.jpeg(np.asarray(thumbnail, dtype=np.uint8))) is Fault.TOO_SMALL
    assert refusal(scenes.frame() + b"\x00" * engine.FRAME.most_bytes) is Fault.TOO_MANY_BYTES


def test_limits_are_the_callers_to_change() -> None:
    thumbnail = np.asarray(cv2.resize(scenes.scene("obama"), (140, 100), interpolation=cv2.INTER_AREA), dtype=np.uint8)
    assert engine.decode(scenes.jpeg(thumbnail), replace(engine.FRAME, least_side=80)).shape == (100, 140, 3)


def test_the_distance_refuses_descriptors_of_another_embedder() -> None:
    with pytest.raises(ValueError, match="different embedders"):
        engine.distance(np.zeros(128), np.zeros(512))


def test_the_mean_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="no descriptors"):
        engine.mean([])


def test_a_refusal_survives_the_way_between_processes() -> None:
    back = pickle.loads(pickle.dumps(Unreadable(Fault.TOO_SMALL, "10x10 pixels")))
    assert back.fault is Fault.TOO_SMALL
    assert str(back) == "10x10 pixels"


def test_the_engine_needs_neither_django_nor_the_68_point_model() -> None:
    code = (
        "import sys; from proctoring.faces import engine, pool; "
        "assert not [name for name in sys.modules if name.split('.')[0] in ('django', 'face_recognition')]"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
