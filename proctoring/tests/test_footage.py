"""Live, frozen and looping cameras, told apart by what their looks have in common."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

import numpy as np

from proctoring.domain.footage import Footage, Picture, Print, is_flat

NINE = datetime(2026, 1, 19, 9, tzinfo=UTC)
CELLS = 192


def cells(seed: int, noise: int = 0) -> bytes:
    """A picture of its own for each seed, with each cell up to `noise` levels off."""
    picture = np.random.default_rng(seed).integers(30, 220, CELLS)
    return (picture + np.random.default_rng(seed + 7).integers(-noise, noise + 1, CELLS)).astype(np.uint8).tobytes()


def looks(pictures: Iterable[tuple[int, bytes]], *, every: float = 4.0, has_face: bool = True) -> list[Print]:
    """Looks, as (name of the bytes, cells) each."""
    return [
        Print(NINE + timedelta(seconds=index * every), str(name).encode(), shown, has_face)
        for index, (name, shown) in enumerate(pictures)
    ]


def shown(prints: list[Print]) -> list[Picture]:
    footage, found = Footage(), []
    for look in prints:
        footage, picture = footage.with_look(look)
        found.append(picture)
    return found


def test_a_live_camera_never_shows_the_same_picture_twice() -> None:
    assert set(shown(looks((number, cells(number)) for number in range(200)))) == {Picture.MOVING}


def test_the_same_bytes_again_are_a_frozen_picture() -> None:
    assert shown(looks([(1, cells(1))] * 3)) == [Picture.MOVING, Picture.STILL, Picture.STILL]


def test_a_frozen_face_that_is_encoded_anew_is_found_too() -> None:
    frozen = [
        (number, bytes(b ^ 1 if index % 9 == number else b for index, b in enumerate(cells(1)))) for number in range(5)
    ]
    assert shown(looks(frozen))[1:] == [Picture.STILL] * 4


def test_an_empty_chair_in_front_of_a_wall_is_not_frozen() -> None:
    same_wall = [(number, cells(1)) for number in range(20)]
    assert set(shown(looks(same_wall, has_face=False))) == {Picture.MOVING}


def test_somebody_who_drifts_slowly_is_not_frozen_for_long() -> None:
    drifting = [(number, bytes(min(255, b + number) for b in cells(1))) for number in range(12)]
    assert shown(looks(drifting)).count(Picture.STILL) <= 6


def test_a_recording_that_is_played_again_and_again_is_a_loop() -> None:
    phases = np.random.default_rng(3).integers(0, 60, 40)
    found = shown(looks((int(phase), cells(int(phase))) for phase in phases))
    assert found[:3] == [Picture.MOVING] * 3
    assert found[-1] is Picture.REPEATED


def test_a_recording_that_is_encoded_anew_takes_more_looks_to_find() -> None:
    phases = np.random.default_rng(3).integers(0, 40, 60)
    played = [
        (number, bytes(b ^ (index % 5 == number % 5) for index, b in enumerate(cells(int(phase)))))
        for number, phase in enumerate(phases)
    ]
    found = shown(looks(played))
    assert found.index(Picture.REPEATED) > 15


def test_one_picture_that_comes_back_is_no_loop() -> None:
    pictures = [(number, cells(number)) for number in range(30)]
    assert Picture.REPEATED not in shown(looks([*pictures, pictures[3], *pictures[40:]]))


def test_a_frame_that_was_sent_twice_within_a_moment_is_no_loop() -> None:
    back_and_forth = [(number % 2, cells(number % 2)) for number in range(4)]
    assert Picture.REPEATED not in shown(looks(back_and_forth, every=0.3))


def test_a_covered_lens_is_flat_whether_dark_or_bright() -> None:
    for level in (2, 128, 250):
        assert is_flat(bytes([level] * CELLS))
    assert not is_flat(cells(1))
    assert not is_flat(b"")
