"""From looks to incidents: what lasts is written down, what passes is not."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from proctoring.domain import policy
from proctoring.domain.incident_rules import RULES, Kind, Seen
from proctoring.domain.policy import Change, Closed, Confirmed, Opened, Sighting, Watch
from proctoring.models import Incident

NINE = datetime(2026, 1, 19, 9, tzinfo=UTC)


def at(seconds: float) -> datetime:
    return NINE + timedelta(seconds=seconds)


def watched(sights: Iterable[tuple[float, Seen]], watch: Watch | None = None) -> tuple[Watch, list[Change]]:
    watch = watch or Watch()
    changes: list[Change] = []
    for seconds, seen in sights:
        watch, new = policy.look(watch, Sighting(at(seconds), seen, 0.7 if seen is Seen.OTHER else None))
        changes += new
    return watch, changes


def every_second(seen: Seen, start: int, stop: int) -> list[tuple[float, Seen]]:
    return [(float(second), seen) for second in range(start, stop)]


def test_one_frame_opens_nothing() -> None:
    for seen in Seen:
        assert watched([(0, seen)])[1] == []


def test_another_person_for_some_seconds_is_an_incident_since_the_first_look() -> None:
    _watch, changes = watched(every_second(Seen.OTHER, 0, 7))
    assert [type(change) for change in changes] == [Opened]
    opened = changes[0]
    assert isinstance(opened, Opened)
    assert opened.kind is Kind.NOT_THE_PERSON
    assert opened.began_at == at(0)
    assert opened.severity == "serious"
    assert opened.distance == 0.7


def test_it_is_confirmed_once_it_has_lasted() -> None:
    _watch, changes = watched(every_second(Seen.OTHER, 0, 16))
    assert [type(change) for change in changes] == [Opened, Confirmed]
    assert not any(isinstance(change, Confirmed) for change in watched(every_second(Seen.OTHER, 0, 15))[1])


def test_the_return_of_the_person_ends_it_at_the_first_look_that_shows_them() -> None:
    _watch, changes = watched([*every_second(Seen.OTHER, 0, 10), *every_second(Seen.PERSON, 10, 13)])
    assert changes[-1] == Closed(Kind.NOT_THE_PERSON, at(10))


def test_a_single_look_at_the_right_person_in_between_ends_nothing() -> None:
    sights = [*every_second(Seen.OTHER, 0, 8), (8.0, Seen.PERSON), *every_second(Seen.OTHER, 9, 12)]
    assert not any(isinstance(change, Closed) for change in watched(sights)[1])


def test_a_person_near_the_threshold_who_is_mostly_recognised_is_never_accused() -> None:
    wavering = [(float(second), Seen.PERSON if second % 2 else Seen.OTHER) for second in range(60)]
    assert watched(wavering)[1] == []


def test_looks_that_cannot_tell_neither_open_nor_end_a_doubt() -> None:
    sights = [*every_second(Seen.OTHER, 0, 7), *every_second(Seen.UNCLEAR, 7, 60)]
    watch, changes = watched(sights)
    assert len(changes) == 1
    assert Kind.NOT_THE_PERSON in watch.open_kinds


def test_looking_down_for_a_moment_is_nothing() -> None:
    sights = [*every_second(Seen.NOBODY, 0, 8), *every_second(Seen.PERSON, 8, 12)]
    assert watched(sights)[1] == []


def test_an_empty_chair_is_an_incident_after_ten_seconds() -> None:
    _watch, changes = watched(every_second(Seen.NOBODY, 0, 11))
    assert [change.kind for change in changes] == [Kind.NOBODY_THERE]


def test_several_persons_are_an_incident_after_five_seconds() -> None:
    assert [change.kind for change in watched(every_second(Seen.SEVERAL, 0, 6))[1]] == [Kind.SEVERAL_PERSONS]


def test_darkness_takes_long_and_weighs_little() -> None:
    assert watched(every_second(Seen.DARK, 0, 20))[1] == []
    opened = watched(every_second(Seen.DARK, 0, 21))[1][0]
    assert isinstance(opened, Opened)
    assert (opened.kind, opened.severity) == (Kind.TOO_DARK, "info")


def test_a_camera_that_is_gone_for_twenty_seconds_is_an_incident_and_the_first_picture_ends_it() -> None:
    gone = [(float(second), Seen.NO_PICTURE) for second in range(0, 25, 5)]
    _watch, changes = watched([*gone, (26.0, Seen.PERSON)])
    assert [type(change) for change in changes] == [Opened, Closed]
    assert changes[-1] == Closed(Kind.CAMERA_LOST, at(26))


def test_a_pause_ends_what_is_open() -> None:
    watch, _changes = watched(every_second(Seen.NOBODY, 0, 15))
    watch, changes = policy.suspend(watch, at(15))
    assert changes == (Closed(Kind.NOBODY_THERE, at(15)),)
    assert not watch.is_doubtful


def test_a_new_connection_can_end_what_an_earlier_one_opened() -> None:
    watch = policy.resumed({Kind.NOBODY_THERE: (at(0), False)})
    _watch, changes = watched([(100.0, Seen.PERSON), (101.0, Seen.PERSON)], watch)
    assert changes == [Closed(Kind.NOBODY_THERE, at(100))]


def test_doubt_looks_more_often() -> None:
    watch, _changes = watched([(0, Seen.PERSON)])
    assert policy.next_look(watch) == policy.STEADY_INTERVAL
    watch, _changes = watched([(4, Seen.NOBODY)], watch)
    assert policy.next_look(watch) == policy.DOUBTFUL_INTERVAL


def test_the_kinds_are_those_of_the_table() -> None:
    assert {kind.value for kind in Kind} <= set(Incident.Kind.values)
    assert {rule.severity for rule in RULES} <= set(Incident.Severity.values)


@given(st.lists(st.sampled_from(list(Seen)), max_size=80))
def test_incidents_of_a_kind_never_overlap_and_never_end_before_they_begin(seen: list[Seen]) -> None:
    _watch, changes = watched([(float(second), sight) for second, sight in enumerate(seen)])
    began: dict[Kind, datetime] = {}
    for change in changes:
        if isinstance(change, Opened):
            assert change.kind not in began
            began[change.kind] = change.began_at
        elif isinstance(change, Closed):
            assert change.ended_at >= began.pop(change.kind)


def test_a_look_now_and_one_long_after_have_not_lasted_from_the_one_to_the_other() -> None:
    sights = [(0.0, Seen.OTHER), *every_second(Seen.NOBODY, 1, 9), *every_second(Seen.UNCLEAR, 9, 120)]
    _watch, changes = watched([*sights, *every_second(Seen.OTHER, 120, 127)])
    assert [change for change in changes if change.kind is Kind.NOT_THE_PERSON] == [
        Opened(Kind.NOT_THE_PERSON, "serious", at(120), at(124), 5, 0, distance=0.7)
    ]


def test_after_a_reload_one_look_confirms_nothing() -> None:
    watch = policy.resumed({Kind.NOT_THE_PERSON: (at(-300), False)})
    assert watched([(0, Seen.OTHER)], watch)[1] == []
    assert [type(change) for change in watched(every_second(Seen.OTHER, 0, 16), watch)[1]] == [Confirmed]
