from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exams.domain.flow import Facts, Step, next_step
from exams.domain.lifecycle import State
from exams.domain.timing import Window

NINE = datetime(2026, 1, 19, 9, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
WINDOW = Window(NINE - 30 * MINUTE, NINE, NINE + 120 * MINUTE, NINE + 15 * MINUTE)
READY = Facts(State.READY, WINDOW, confirmed=True, consent_needed=False, held_back=False)
RUNNING = replace(READY, state=State.IN_PROGRESS, deadline_at=NINE + 60 * MINUTE)


def test_details_are_confirmed_first() -> None:
    lost = replace(READY, confirmed=False, consent_needed=True, held_back=True)
    assert next_step(lost, NINE - 60 * MINUTE) is Step.CONFIRM


def test_consent_comes_before_the_camera() -> None:
    assert next_step(replace(READY, consent_needed=True, held_back=True), NINE) is Step.CONSENT


def test_before_check_in_opens_one_is_told_when_to_come_back() -> None:
    assert next_step(replace(READY, held_back=True), NINE - 31 * MINUTE) is Step.TOO_EARLY


def test_a_gate_leads_to_the_check_in() -> None:
    assert next_step(replace(READY, held_back=True), NINE - 30 * MINUTE) is Step.CHECK_IN


def test_whoever_is_ready_waits_also_after_the_opening() -> None:
    assert next_step(READY, NINE - MINUTE) is next_step(READY, NINE + MINUTE) is Step.WAITING


def test_after_the_last_entry_it_is_too_late() -> None:
    assert next_step(READY, NINE + 15 * MINUTE) is Step.MISSED
    assert next_step(replace(READY, confirmed=False), NINE + 15 * MINUTE) is Step.MISSED


def test_time_held_moves_the_last_entry() -> None:
    assert next_step(replace(READY, held=5 * MINUTE), NINE + 19 * MINUTE) is Step.WAITING


def test_nobody_misses_the_exam_while_waiting_for_a_person() -> None:
    waiting = replace(READY, held_back=True, held_since=NINE + 14 * MINUTE)
    assert next_step(waiting, NINE + 90 * MINUTE) is Step.CHECK_IN


def test_whoever_came_too_late_is_not_saved_by_a_later_wait() -> None:
    assert next_step(replace(READY, held_since=NINE + 16 * MINUTE), NINE + 20 * MINUTE) is Step.MISSED


def test_a_running_sitting_leads_to_its_paper() -> None:
    assert next_step(RUNNING, NINE + 30 * MINUTE) is Step.PAPER


def test_a_gate_holds_a_running_sitting_back() -> None:
    assert next_step(replace(RUNNING, held_back=True), NINE + 30 * MINUTE) is Step.CHECK_IN


def test_a_paused_sitting_stays_with_its_paper_however_late_it_is() -> None:
    assert next_step(replace(RUNNING, state=State.PAUSED, deadline_at=None), NINE + 999 * MINUTE) is Step.PAPER


def test_a_passed_deadline_ends_the_sitting_though_nobody_wrote_it_down() -> None:
    assert next_step(RUNNING, NINE + 60 * MINUTE) is Step.FINISHED


@pytest.mark.parametrize("state", [State.SUBMITTED, State.TERMINATED])
def test_what_has_ended_leads_to_the_end(state: State) -> None:
    assert next_step(replace(READY, state=state, confirmed=False, held_back=True), NINE - 60 * MINUTE) is Step.FINISHED


@given(
    state=st.sampled_from(State),
    confirmed=st.booleans(),
    consent_needed=st.booleans(),
    held_back=st.booleans(),
    late=st.integers(-600, 600),
)
def test_no_paper_is_reached_past_a_gate(
    state: State, confirmed: bool, consent_needed: bool, held_back: bool, late: int
) -> None:
    facts = Facts(state, WINDOW, confirmed, consent_needed, held_back, deadline_at=NINE + 60 * MINUTE)
    step = next_step(facts, NINE + late * MINUTE)
    if held_back or (state is State.READY and (not confirmed or consent_needed)):
        assert step not in {Step.WAITING, Step.PAPER}
