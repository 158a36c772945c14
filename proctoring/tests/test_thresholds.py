"""Which thresholds a candidate is measured with."""

from proctoring.domain import thresholds
from proctoring.domain.thresholds import Base, Level, Offset, Source

BASE = Base(Source.PLAN, 1e-3, Level(whole=0.5, half=0.48, loose=0.6))
CROWDED = Base(Source.PLAN, 1e-3, Level(0.5, 0.48, 0.6), Offset(whole=-0.06, half=-0.08))


def test_means_lie_nearer_to_everybody_so_their_threshold_is_lower() -> None:
    one, several = BASE.thresholds(1), BASE.thresholds(3)
    assert several.check_in < one.check_in < BASE.level.whole


def test_two_photos_count_as_several_which_is_the_stricter() -> None:
    assert BASE.thresholds(2) == BASE.thresholds(3)


def test_the_exam_gives_each_of_its_two_references_half_of_the_target() -> None:
    before, after = BASE.thresholds(1), BASE.thresholds(1, checked_in=True)
    assert before.exam < before.check_in
    assert after.exam < before.exam


def test_whoever_has_near_neighbours_is_measured_more_strictly() -> None:
    near, far = (CROWDED.thresholds(1, crowding=crowding).check_in for crowding in (0.45, 0.55))
    assert near < far


def test_somebody_unlike_all_others_does_not_get_a_generous_threshold() -> None:
    assert CROWDED.thresholds(1, crowding=0.9).check_in == 0.6 * thresholds.MEAN_ON_ONE_SIDE


def test_a_photo_that_came_after_the_calibration_is_measured_like_everybody() -> None:
    crowding = thresholds.crowding_of([0.45, None])
    assert CROWDED.thresholds(2, crowding=crowding) == BASE.thresholds(2)


def test_several_photos_are_as_crowded_as_they_are_on_average() -> None:
    assert thresholds.crowding_of([0.4, 0.5]) == 0.45
    assert thresholds.crowding_of([]) is None


def test_dlib_in_either_precision_is_in_the_table_and_a_strange_model_is_not() -> None:
    for name in ("dlib-resnet-v1", "dlib-resnet-v1-int8"):
        known = thresholds.from_table(name)
        assert known is not None
        assert known.source is Source.TABLE
        assert known.level.half < known.level.whole < known.level.loose
    assert thresholds.from_table("onnx-of-somebody") is None


def test_an_exam_needs_six_comparisons_over_the_target() -> None:
    assert thresholds.least_comparisons(1e-3) == 6000
