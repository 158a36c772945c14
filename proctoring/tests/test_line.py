"""The line in which pictures wait: fair, short, and only of what is fresh."""

from dataclasses import dataclass

import pytest

from proctoring.faces.line import Job, Line, Offenders, VerifierBusy, VerifierFailed


@dataclass
class Clock:
    now: float = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def line(clock: Clock) -> Line:
    return Line(3, clock)


def job(key: str, until: float = 105.0) -> Job:
    return Job(key, "observe", b"", None, until)


def put(line: Line, *keys: str) -> list[Job]:
    jobs = [job(key) for key in keys]
    for one in jobs:
        line.put(one)
    return jobs


def error_of(one: Job) -> BaseException | None:
    return one.answer.exception(0)


def test_first_come_first_served(line: Line) -> None:
    first, second = put(line, "a", "b")
    assert [line.take(0), line.take(0), line.take(0)] == [first, second, None]


def test_the_newest_picture_of_a_camera_takes_the_place_of_the_older(line: Line) -> None:
    older, other, newer = put(line, "a", "b", "a")
    assert isinstance(error_of(older), VerifierBusy)
    assert [line.take(0), line.take(0)] == [newer, other]


def test_of_one_camera_one_picture_is_looked_at_at_a_time(line: Line) -> None:
    first, second, other = job("a"), job("a"), job("b")
    line.put(first)
    assert line.take(0) is first
    line.put(second)
    line.put(other)
    assert [line.take(0), line.take(0)] == [other, None]
    line.done(first)
    assert line.take(0) is second


def test_the_line_has_an_end(line: Line) -> None:
    put(line, "a", "b", "c")
    with pytest.raises(VerifierBusy):
        put(line, "d")
    put(line, "c")


def test_what_has_waited_too_long_is_not_looked_at(line: Line, clock: Clock) -> None:
    (old,) = put(line, "a")
    clock.now = 105.0
    assert line.take(0) is None
    assert isinstance(error_of(old), VerifierBusy)
    assert len(line) == 0


def test_what_nobody_waits_for_any_more_is_not_looked_at(line: Line) -> None:
    given_up, wanted = put(line, "a", "b")
    given_up.answer.cancel()
    assert line.take(0) is wanted


def test_a_picture_that_nobody_looked_at_goes_back_to_the_front(line: Line) -> None:
    first, second = put(line, "a", "b")
    assert line.take(0) is first
    line.put_back(first)
    assert [line.take(0), line.take(0)] == [first, second]


def test_a_picture_does_not_go_back_over_a_newer_one(line: Line) -> None:
    (older,) = put(line, "a")
    line.take(0)
    (newer,) = put(line, "a")
    line.put_back(older)
    assert isinstance(error_of(older), VerifierFailed)
    assert line.take(0) is newer


def test_a_closed_line_lets_nothing_wait(line: Line) -> None:
    (waiting,) = put(line, "a")
    line.close()
    assert isinstance(error_of(waiting), VerifierFailed)
    assert line.take() is None
    with pytest.raises(VerifierFailed, match="closed"):
        put(line, "b")


def test_a_camera_whose_pictures_end_workers_waits_and_nobody_else(line: Line, clock: Clock) -> None:
    for _ in range(2):
        put(line, "poison")
        poison = line.take(0)
        assert poison is not None
        line.done(poison, offended=True)
    with pytest.raises(VerifierFailed, match="ended workers"):
        put(line, "poison")
    put(line, "other")
    clock.now += Offenders.FIRST_WAIT
    put(line, "poison")


def test_offenders_wait_longer_each_time_and_are_forgotten() -> None:
    offenders = Offenders()
    waits = []
    for _ in range(8):
        offenders.note("a", 100.0)
        waits.append(offenders.wait("a", 100.0))
    assert waits == [0, 10, 20, 40, 80, 120, 120, 120]
    assert offenders.wait("a", 100 + Offenders.FORGOTTEN_AFTER + 1) == 0
    assert offenders.wait("b", 100) == 0


def test_the_memory_for_offenders_is_bounded() -> None:
    offenders = Offenders()
    for number in range(Offenders.MOST_KNOWN + 500):
        offenders.note(str(number), 100.0)
    assert len(offenders._known) == Offenders.MOST_KNOWN
    offenders.note("late", 100 + Offenders.FORGOTTEN_AFTER + 1)
    assert list(offenders._known) == ["late"]
