"""The decision at check-in, without camera, clock or database."""

from datetime import UTC, datetime, timedelta

import numpy as np

from proctoring.domain.check_in import Attempt, GoodFrame, Outcome, Rules, decide, typical
from proctoring.domain.matching import Descriptor, Rolling

NINE = datetime(2026, 1, 19, 9, tzinfo=UTC)
RULES = Rules(threshold=0.45, steady=0.4)


def face(place: float) -> Descriptor:
    """A descriptor on a line: two of them are as far apart as their places."""
    numbers = np.zeros(128)
    numbers[0] = place
    return numbers


REFERENCE = face(0.0)


def attempt(*places: float, apart: float = 0.5) -> Attempt:
    """Good frames at these places, `apart` seconds after each other."""
    gathered = Attempt(NINE)
    for index, place in enumerate(places):
        at = NINE + timedelta(seconds=index * apart)
        gathered = gathered.with_frame(GoodFrame(at, face(place), str(place).encode()), RULES)
    return gathered


def outcome(gathered: Attempt, seconds: float = 3.0, references: tuple[Descriptor, ...] = (REFERENCE,)) -> Outcome:
    return decide(gathered, references, RULES, NINE + timedelta(seconds=seconds)).outcome


def test_five_frames_of_the_registered_person_pass() -> None:
    assert outcome(attempt(0.30, 0.31, 0.29, 0.35, 0.30)) is Outcome.PASSED


def test_one_frame_beyond_the_threshold_does_not_fail_a_mean_below_it() -> None:
    assert outcome(attempt(0.30, 0.31, 0.55, 0.35, 0.30)) is Outcome.PASSED


def test_a_mean_beyond_the_threshold_fails() -> None:
    decision = decide(attempt(0.7, 0.72, 0.68, 0.71, 0.7), (REFERENCE,), RULES, NINE + timedelta(seconds=3))
    assert decision.outcome is Outcome.FAILED
    assert round(decision.distance or 0, 2) == 0.70
    assert decision.threshold == 0.45
    assert decision.frames == 5


def test_nothing_is_decided_on_too_few_frames() -> None:
    assert outcome(attempt(0.7, 0.7, 0.7, 0.7)) is Outcome.LOOKING


def test_three_frames_are_enough_once_more_have_not_come() -> None:
    assert outcome(attempt(0.3, 0.3, 0.3), seconds=9) is Outcome.PASSED
    assert outcome(attempt(0.3, 0.3), seconds=9) is Outcome.LOOKING


def test_frames_of_one_moment_do_not_decide() -> None:
    assert outcome(attempt(0.3, 0.3, 0.3, 0.3, 0.3, apart=0.1)) is Outcome.LOOKING


def test_an_attempt_without_good_frames_gives_up_and_never_fails() -> None:
    assert outcome(Attempt(NINE), seconds=39) is Outcome.LOOKING
    assert outcome(Attempt(NINE), seconds=40) is Outcome.GAVE_UP


def test_frames_of_two_faces_start_over() -> None:
    assert outcome(attempt(0.1, 0.1, 1.1, 1.1, 0.1)) is Outcome.UNSTEADY


def test_without_a_reference_steady_frames_are_adopted() -> None:
    assert outcome(attempt(0.9, 0.9, 0.91, 0.9, 0.9), references=()) is Outcome.ADOPTED
    assert outcome(attempt(0.1, 0.1, 1.1, 1.1, 0.1), references=()) is Outcome.UNSTEADY


def test_several_reference_photos_count_by_their_mean() -> None:
    frames = attempt(0.5, 0.5, 0.5, 0.5, 0.5)
    assert outcome(frames, references=(face(0.0),)) is Outcome.FAILED
    assert outcome(frames, references=(face(0.0), face(0.4))) is Outcome.PASSED


def test_old_frames_are_forgotten() -> None:
    gathered = attempt(0.3, 0.3, 0.3, apart=5)
    late = gathered.with_frame(GoodFrame(NINE + timedelta(seconds=16), face(0.3)), RULES)
    assert len(late.frames) == 3


def test_the_picture_that_is_kept_is_the_one_most_like_the_others() -> None:
    assert typical(attempt(0.2, 0.3, 0.31, 0.32, 0.42)).picture == b"0.31"


def test_the_rolling_mean_wavers_less_than_a_frame() -> None:
    rolling = Rolling(another=0.5)
    for index, place in enumerate((0.4, 0.5, 0.4, 0.5, 0.4)):
        rolling = rolling.with_frame(NINE + timedelta(seconds=index), face(place))
    assert round(rolling.nearest([REFERENCE]) or 0, 2) == 0.44


def test_another_face_is_not_averaged_with_the_one_before() -> None:
    rolling = Rolling(another=0.5)
    for index, place in enumerate((0.1, 0.1, 0.1, 0.9)):
        rolling = rolling.with_frame(NINE + timedelta(seconds=index), face(place))
    assert round(rolling.nearest([REFERENCE]) or 0, 2) == 0.90


def test_the_nearest_of_several_known_faces_counts() -> None:
    rolling = Rolling(another=0.5).with_frame(NINE, face(0.6))
    assert round(rolling.nearest([REFERENCE, face(0.5)]) or 0, 2) == 0.10
    assert rolling.nearest([]) is None
