"""Error rates of drawn faces: persons as points in space, pictures scattered around them."""

import numpy as np
import pytest

from proctoring.faces.calibration import EVERYBODY, Measured, measure
from proctoring.faces.comparisons import ONE_ONE, SHAPES, THREE_ONE, THREE_THREE, Comparisons, Faces, Shape, distances
from proctoring.faces.proposals import TooFew, crowding, look_alikes, propose

SIZE = 32


def drawn(persons: int, pictures: int = 6, *, apart: float = 1.0, scatter: float = 0.35, seed: int = 1) -> Faces:
    lot = np.random.default_rng(seed)
    middles = lot.normal(0, apart / np.sqrt(2 * SIZE), (persons, SIZE))
    vectors = np.repeat(middles, pictures, axis=0)
    vectors += lot.normal(0, scatter / np.sqrt(2 * SIZE), vectors.shape)
    return Faces(vectors.astype(np.float32), np.repeat(np.arange(persons), pictures))


def row_of(rows: list[Measured], group: str = EVERYBODY, shape: Shape = ONE_ONE) -> Measured:
    return next(row for row in rows if (row.group, row.shape) == (group, shape))


def test_rates_are_those_that_counting_by_hand_gives() -> None:
    faces = drawn(30)
    row = row_of(measure(faces))
    apart = distances(faces.vectors, faces.vectors)
    above = np.triu_indices(len(apart), 1)
    same = (faces.persons[:, None] == faces.persons[None, :])[above]
    genuine, impostor = apart[above][same], apart[above][~same]
    point = row.at[1e-2]
    assert point is not None
    assert (row.genuine, row.impostor) == (len(genuine), len(impostor))
    assert (impostor <= point.threshold).mean() <= 1e-2
    assert (impostor <= point.threshold + 2e-3).mean() > 1e-2
    assert point.fnmr == pytest.approx((genuine > point.threshold).mean())


def test_nothing_is_claimed_below_three_over_the_number_of_comparisons() -> None:
    row = row_of(measure(drawn(20, 2)))  # 760 impostor pairs: 3 / N is 0.4 %
    assert row.at[1e-2] is not None
    assert row.at[1e-3] is None
    assert row.least_claim == 3 / 760


def test_averaging_pictures_brings_fewer_errors_at_a_lower_threshold() -> None:
    rows = measure(drawn(120, scatter=0.6))
    points = [row_of(rows, shape=shape).at[1e-2] for shape in SHAPES]
    assert all(point is not None for point in points)
    fnmr = [point.fnmr for point in points if point is not None and point.fnmr is not None]
    limits = [point.threshold for point in points if point is not None]
    assert fnmr == sorted(fnmr, reverse=True)
    assert limits == sorted(limits, reverse=True)


def test_no_picture_is_compared_with_itself() -> None:
    faces = drawn(5)
    for shape in SHAPES:
        for person in range(faces.count):
            assert all(not set(one) & set(other) for one, other in Comparisons(faces, shape)._splits(person))


def test_persons_with_too_few_pictures_are_left_out_of_means_alone() -> None:
    rows = measure(drawn(40, 3))
    assert row_of(rows, shape=THREE_ONE).genuine == 0
    assert row_of(rows, shape=THREE_ONE).impostor == 40 * 39 * 3
    assert row_of(rows, shape=THREE_THREE).impostor == 40 * 39


def test_a_plan_with_one_photo_each_has_false_matches_but_no_false_rejects() -> None:
    row = row_of(measure(drawn(100, 1)))
    point = row.at[1e-2]
    assert (row.genuine, row.impostor, row.eer) == (0, 4950, None)
    assert point is not None
    assert (point.fnmr, point.fnmr_bounds) == (None, None)


def test_a_group_is_counted_within_itself() -> None:
    faces = drawn(40, 2)
    rows = measure(faces, ["a"] * 10 + ["b"] * 30)
    assert row_of(rows, "a").impostor == 20 * 19 // 2 - 10
    assert row_of(rows, "b").genuine == 30
    assert row_of(rows).impostor == 80 * 79 // 2 - 40


def test_bounds_hold_the_truth_of_a_larger_crowd() -> None:
    point = row_of(measure(drawn(150, 2, seed=3), shapes=(ONE_ONE,))).at[1e-2]
    truth = row_of(measure(drawn(600, 2, seed=4), shapes=(ONE_ONE,))).at[1e-2]
    assert point is not None
    assert truth is not None
    assert point.threshold_bounds[0] < truth.threshold < point.threshold_bounds[1]


def test_without_an_error_the_bound_is_that_of_the_rule_of_three() -> None:
    point = row_of(measure(drawn(60, 2, scatter=0.05))).at[1e-2]
    assert point is not None
    assert point.fnmr == 0
    assert point.fnmr_bounds == (0, 3 / 60)


@pytest.mark.parametrize("persons", [0, 1, 2, 3])
def test_next_to_nobody_is_measured_without_a_stumble(persons: int) -> None:
    for normalised in (False, True):
        rows = measure(drawn(persons, 2), normalised=normalised)
        assert all(point is None for row in rows for point in row.at.values())


# --- a threshold of their own for each person ------------------------------------------------------------------------


def two_crowds() -> tuple[Faces, list[str]]:
    """A dense crowd of 60 and a sparse one of 240: one threshold for all lets strangers of the dense one pass."""
    dense, sparse = drawn(60, 2, apart=0.8, scatter=0.4), drawn(240, 2, apart=1.2, scatter=0.4, seed=2)
    vectors = np.concatenate([dense.vectors, sparse.vectors])
    vectors[: len(dense.vectors), 0] += 1
    persons = np.concatenate([dense.persons, sparse.persons + 60])
    return Faces(vectors, persons), ["dense"] * 60 + ["sparse"] * 240


def test_looking_at_neighbours_narrows_the_gap_between_groups() -> None:
    faces, groups = two_crowds()
    plain, own = (row_of(measure(faces, groups, shapes=(ONE_ONE,), normalised=way), "dense") for way in (False, True))
    rates = [row.fmr_at_common[1e-3] for row in (plain, own)]
    assert rates[0] is not None
    assert rates[1] is not None
    assert rates[1] < rates[0] / 2


def test_a_face_among_similar_ones_is_more_crowded() -> None:
    faces, _groups = two_crowds()
    values = crowding(faces)
    assert values[faces.persons < 60].mean() < values[faces.persons >= 60].mean()


# --- what is proposed ------------------------------------------------------------------------------------------------


def test_the_group_that_needs_the_lowest_threshold_decides() -> None:
    faces, groups = two_crowds()
    proposal = propose(faces, groups, 1e-3)
    assert proposal.group == "dense"
    assert proposal.level.half <= proposal.level.whole <= proposal.level.loose


def test_for_other_people_the_lower_end_of_the_interval_counts_and_nobody_has_neighbours() -> None:
    faces = drawn(120, 2)
    ours, others = propose(faces, (), 1e-3), propose(faces, (), 1e-3, cautious=True)
    assert others.level.whole < ours.level.whole
    assert ours.offset is not None
    assert others.offset is None


def test_too_few_faces_propose_nothing_and_say_how_many_are_missing() -> None:
    with pytest.raises(TooFew) as wrong:
        propose(drawn(50, 1), (), 1e-3)
    assert (wrong.value.impostor, wrong.value.needed) == (1225, 6000)


def test_look_alikes_are_named_once_nearest_first() -> None:
    faces = drawn(30, 1)
    faces.vectors[7] = faces.vectors[3]
    faces.vectors[9] = faces.vectors[5] + 0.01
    assert [(pair.one, pair.other) for pair in look_alikes(faces, 0.1)] == [(3, 7), (5, 9)]
