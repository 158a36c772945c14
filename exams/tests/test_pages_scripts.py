"""The clock and the saver of the exam page, tried in a real browser with networks that misbehave."""

from typing import Any

import pytest
from playwright.sync_api import Page

CLOCK = """
const { Clock, hms } = await import("/static/js/lib/clock.js");
let ours = 1000;                                 // our own clock, in milliseconds
const clock = new Clock(() => ours);
const at = (ms) => new Date(1700000000000 + ms).toISOString();
const reply = (serverMs, deadlineMs, sentAt, receivedAt) => {
  ours = receivedAt;
  clock.sync(at(serverMs), deadlineMs === null ? null : at(deadlineMs), { sentAt, receivedAt });
};
"""
SAVER = """
const { Saver } = await import("/static/js/lib/saver.js");
const { MemoryStore } = await import("/static/js/lib/memory_store.js");
const { ApiError } = await import("/static/js/lib/api.js");
const bodies = [], states = [], stops = [];
let answers = [];
const send = async (body) => {
  bodies.push(structuredClone(body));
  const answer = answers.shift() ?? {};
  await (answer.until ?? null);
  if (answer.status !== undefined) {
    throw new ApiError(answer.status, answer.data ?? {}, answer.retryAfterMs ?? 0);
  }
  return { data: { acks: body.ops.map(({ question, seq }) => ({ question, seq, outcome: "accepted" })) }, times: {} };
};
const saver = new Saver({
  send, store: new MemoryStore(), client: "c", epoch: 3,
  onState: (state, count) => states.push([state, count]), onStop: (error) => stops.push(error.code),
});
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
"""


@pytest.fixture
def run(page: Page) -> Any:
    """Return a function that runs a script in a page of the real site."""
    page.goto("/left/")
    return lambda *parts: page.evaluate("async () => {" + "\n".join(parts) + "}")


def test_the_clock_counts_from_the_servers_time(run: Any) -> None:
    assert run(CLOCK, "reply(0, 60000, 1000, 1000); ours += 15000; return hms(clock.remainingMs);") == "00:00:45"


def test_a_slow_reply_does_not_make_the_countdown_jump(run: Any) -> None:
    left = run(
        CLOCK,
        "reply(0, 60000, 1000, 1020);",
        # The server answered at once; the reply took four seconds to come.
        "reply(10010, 60000, 11010, 15010); return clock.remainingMs;",
    )
    assert abs(left - (60000 - 14000)) < 30


def test_a_machine_that_slept_is_set_right_by_the_next_reply(run: Any) -> None:
    # Our clock stood still for an hour while the lid was closed.
    assert run(
        CLOCK, "reply(0, 7200000, 1000, 1020); reply(3600000, 7200000, 1040, 1060); return hms(clock.remainingMs);"
    ) == ("01:00:00")


def test_extra_time_arrives_with_the_reply_that_brings_it(run: Any) -> None:
    assert (
        run(CLOCK, "reply(0, 60000, 1000, 1000); reply(0, 360000, 1000, 1000); return hms(clock.remainingMs);")
        == "00:06:00"
    )


def test_a_reply_that_was_overtaken_does_not_take_the_extra_time_back(run: Any) -> None:
    left = run(CLOCK, "reply(1000, 360000, 2000, 2000); reply(900, 60000, 1900, 2100); return hms(clock.remainingMs);")
    assert left == "00:05:59"


def test_the_countdown_stands_still_while_paused_and_goes_on_where_it_stood(run: Any) -> None:
    paused, resumed = run(
        CLOCK,
        "reply(0, 60000, 1000, 1000); reply(10000, null, 11000, 11000); ours += 30000;",
        "const paused = hms(clock.remainingMs); reply(40000, 90000, 41000, 41000);",
        "return [paused, hms(clock.remainingMs)];",
    )
    assert (paused, resumed) == ("00:00:50", "00:00:50")


def test_an_answer_is_sent_at_once_with_the_next_seq(run: Any) -> None:
    body = run(SAVER, 'saver.expect(7, 4); saver.change(7, ["B"], true); await saver.flush(1000); return bodies[0];')
    assert body == {"client": "c", "epoch": 3, "ops": [{"question": 7, "seq": 4, "value": ["B"], "doubtful": True}]}


def test_one_request_is_under_way_at_a_time_and_the_newest_answer_follows(run: Any) -> None:
    sent = run(
        SAVER,
        "let go; answers = [{ until: new Promise((resolve) => (go = resolve)) }];",
        'saver.change(1, ["A"], false); await pause(20);',
        'saver.change(1, ["B"], false); saver.change(1, ["C"], false); saver.change(2, ["A"], false); await pause(20);',
        "const meanwhile = bodies.length; go(); await saver.flush(1000);",
        "return [meanwhile, bodies.map((body) => body.ops.map((op) => [op.question, op.seq, op.value]))];",
    )
    assert sent == [1, [[[1, 1, ["A"]]], [[1, 3, ["C"]], [2, 1, ["A"]]]]]


@pytest.mark.parametrize("status", [0, 429, 500, 503, 401, 400])
def test_whatever_goes_wrong_the_answer_stays_until_it_is_acknowledged(run: Any, status: int) -> None:
    said, seqs, left = run(
        SAVER,
        f"answers = [{{ status: {status}, retryAfterMs: 1 }}];",
        'saver.change(1, ["A"], false); await saver.flush(3000);',
        "return [states.map(String), bodies.map((body) => body.ops[0].seq), saver.unsent];",
    )
    assert "unsent,1" in said
    assert seqs == [1, 1]  # the same op again: the server takes it once
    assert left == 0


def test_retry_after_is_obeyed(run: Any) -> None:
    requests = run(
        SAVER,
        "answers = [{ status: 503, retryAfterMs: 1500 }];",
        'saver.change(1, ["A"], false); await pause(1300); return bodies.length;',
    )
    assert requests == 1


def test_a_page_that_was_superseded_stops_and_drops_only_what_was_logged(run: Any) -> None:
    result = run(
        SAVER,
        'const acks = [{ question: 1, seq: 1, outcome: "superseded" }];',
        'answers = [{ status: 409, data: { error: "superseded", acks } }];',
        'saver.change(1, ["A"], false); saver.change(2, ["A"], false); await pause(50);',
        'saver.change(3, ["A"], false); await pause(50); return [bodies.length, stops, saver.unsent];',
    )
    assert result == [1, ["superseded"], 2]


def test_flushing_gives_up_when_its_time_is_up(run: Any) -> None:
    assert (
        run(SAVER, 'answers = [{ until: pause(5000) }]; saver.change(1, ["A"], false); return saver.flush(100);')
        is False
    )


COUNTDOWN = """
const { countDown } = await import("/static/js/exam/countdown.js");
const clock = { remainingMs: null, running: true };
const warnings = [], tab = new AbortController();
const pass = async (...lefts) => {
  for (const left of lefts) {
    clock.remainingMs = left * 1000;
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
};
const begin = (left) => {
  clock.remainingMs = left * 1000;
  const onWarning = (minutes) => warnings.push(minutes);
  countDown({ clock, signal: tab.signal, shown: () => [], onWarning, onOver: () => {} });
};
"""


def test_an_exam_of_fifteen_minutes_does_not_begin_with_a_warning(run: Any) -> None:
    assert run(COUNTDOWN, "begin(900.2); await pass(899, 880, 301, 299, 59); return warnings;") == [5, 1]


def test_every_warning_is_given_once_and_again_when_time_was_added(run: Any) -> None:
    assert run(COUNTDOWN, "begin(1000); await pass(899, 898, 299, 1000, 899, 0); return warnings;") == [15, 5, 15]
