"""When a phone that should show the room and does not becomes an incident, and when it is over."""

from datetime import UTC, datetime, timedelta

import pytest

from proctoring.domain.second_camera import Absence, Close, Kind, Link, Open, Phone, Rule, look

NINE = datetime(2026, 1, 19, 9, tzinfo=UTC)
GRACE = timedelta(seconds=45)
HERE, AWAY = Phone(is_paired=True, was_paired=True), Phone(is_paired=True, was_paired=True, cause="hidden")
NEVER, SENT_AWAY = Phone(cause="disconnected"), Phone(was_paired=True, cause="disconnected")


def story(rule: Rule, *looks: tuple[int, Phone]) -> list[tuple[int, Open | Close]]:
    """Return what is written down, with the second at which it was."""
    absence, written = Absence(may_be_open=False), []
    for second, phone in looks:
        absence, change = look(absence, rule, phone, NINE + timedelta(seconds=second), GRACE)
        if change is not None:
            written.append((second, change))
    return written


@pytest.mark.parametrize(
    ("phone", "link"), [(NEVER, Link.UNPAIRED), (SENT_AWAY, Link.UNPAIRED), (HERE, Link.CONNECTED), (AWAY, Link.LOST)]
)
def test_how_a_phone_stands(phone: Phone, link: Link) -> None:
    assert phone.link is link


def test_a_required_phone_that_never_comes_is_noted_after_the_grace() -> None:
    [(second, change)] = story(Rule.REQUIRED, (0, NEVER), (44, NEVER), (46, NEVER), (100, NEVER))
    assert second == 46
    assert change == Open(Kind.MISSING, "warning", NINE, "never_paired")


def test_a_phone_that_falls_silent_is_noted_after_the_grace_and_its_return_ends_it() -> None:
    written = story(Rule.REQUIRED, (0, HERE), (5, AWAY), (50, AWAY), (55, AWAY), (60, HERE), (65, HERE))
    assert written == [
        (50, Open(Kind.LOST, "warning", NINE + timedelta(seconds=5), "hidden")),
        (60, Close(NINE + timedelta(seconds=60))),
    ]


def test_a_short_absence_is_nobodys_business() -> None:
    assert story(Rule.REQUIRED, (0, HERE), (5, AWAY), (45, AWAY), (48, HERE), (60, AWAY), (90, HERE)) == []


def test_a_phone_that_came_late_and_was_lost_is_two_incidents() -> None:
    written = story(Rule.REQUIRED, (0, NEVER), (50, NEVER), (60, AWAY), (65, AWAY), (110, AWAY))
    assert [change.kind if isinstance(change, Open) else "over" for _, change in written] == [
        Kind.MISSING,
        "over",
        Kind.LOST,
    ]


def test_a_required_phone_that_the_candidate_sends_away_is_lost() -> None:
    [(_second, change)] = story(Rule.REQUIRED, (0, HERE), (5, SENT_AWAY), (51, SENT_AWAY))
    assert (change.kind, change.cause) == (Kind.LOST, "unpaired")  # type: ignore[union-attr]


def test_an_optional_phone_may_stay_away_and_only_its_failure_is_noted_for_information() -> None:
    assert story(Rule.OPTIONAL, (0, NEVER), (100, NEVER)) == []
    written = story(Rule.OPTIONAL, (0, HERE), (5, AWAY), (51, AWAY), (60, SENT_AWAY), (200, SENT_AWAY))
    assert [(change.severity if isinstance(change, Open) else "over") for _, change in written] == ["info", "over"]


def test_nothing_is_asked_of_an_exam_without_it() -> None:
    assert story(Rule.OFF, (0, NEVER), (100, NEVER), (200, AWAY)) == []


def test_what_an_earlier_connection_may_have_left_open_is_closed_by_the_first_sight() -> None:
    assert look(Absence(), Rule.REQUIRED, HERE, NINE, GRACE)[1] == Close(NINE)
