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
const { Outbox } = await import("/static/js/lib/outbox.js");
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
  send, store: new Outbox({ sitting: 1, client: "c" }), client: "c", epoch: 3,
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


def test_a_clock_set_from_memory_gives_way_to_the_servers_first_word(run: Any) -> None:
    # The wall clock was put an hour ahead meanwhile; what the server says of the deadline counts all the same.
    assert run(
        CLOCK,
        "ours = 500; clock.suppose(1700000000000 + 3600000, at(3660000)); const supposed = hms(clock.remainingMs);",
        "reply(0, 120000, 900, 1000); return [supposed, hms(clock.remainingMs)];",
    ) == ["00:01:00", "00:02:00"]


def test_a_machine_that_slept_or_whose_clock_was_set_is_noticed(run: Any) -> None:
    assert run(
        'const { wakeWatch } = await import("/static/js/lib/clock.js"); let wall = 0, own = 0, woken = 0;',
        "const look = wakeWatch(() => (woken += 1), { wall: () => wall, own: () => own }); const seen = [];",
        "for (const [w, o] of [[1000, 1000], [600000, 1000], [-3600000, 1000], [1100, 1000], [20000, 20000]]) {",
        "  wall += w; own += o; look(); seen.push(woken); } return seen;",
    ) == [0, 1, 2, 2, 3]


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


def test_a_page_that_was_superseded_goes_on_until_all_it_has_is_logged_and_drops_nothing_before(run: Any) -> None:
    result = run(
        SAVER,
        "const logged = (question) => [{ question, seq: 1, outcome: 'superseded' }];",
        "const refusal = (question) => ({ status: 409, data: { error: 'superseded', acks: logged(question) } });",
        "answers = [1, 2, 0].map(refusal);",
        'for (const question of [1, 2, 3]) saver.change(question, ["A"], false);',
        "for (let tries = 0; tries < 60 && bodies.length < 3; tries += 1) await pause(50);",
        "await pause(100); return [bodies.map((body) => body.ops.length), new Set(stops).size, saver.unsent];",
    )
    assert result == [[3, 2, 1], 1, 1]  # the server did not say what became of the third: it stays


def test_asking_at_once_waits_too_where_the_server_has_named_a_time(run: Any) -> None:
    requests = run(
        SAVER,
        "answers = [{ status: 429, retryAfterMs: 1000 }];",
        'saver.change(1, ["A"], false); await pause(200); saver.retry(); await pause(200);',
        "const early = bodies.length;",
        "await pause(1000); return [early, bodies.length];",
    )
    assert requests == [1, 2]


def test_leaving_the_page_sends_what_is_left_once_more_beside_a_request_that_hangs(run: Any) -> None:
    sent = run(
        SAVER,
        'answers = [{ until: pause(5000) }]; saver.change(1, ["A"], false); await pause(50); saver.leave();',
        "await pause(50); return [bodies.length, saver.unsent];",
    )
    assert sent == [2, 0]


def test_while_nobody_is_signed_in_nothing_is_sent(run: Any) -> None:
    sent = run(
        SAVER,
        'saver.hold(); saver.change(1, ["A"], false); saver.retry(); await pause(50); const held = bodies.length;',
        "saver.release(); await pause(50); return [held, bodies.length, saver.unsent];",
    )
    assert sent == [0, 1, 0]


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


DELIVERY = """
const { Delivery } = await import("/static/js/exam/delivery.js");
const { ApiError } = await import("/static/js/lib/api.js");
const NAMES = ["offline", "offline_long", "signed_out", "superseded", "not_counted", "not_kept"];
const stage = document.createElement("div");
stage.innerHTML = '<p data-saved><span data-saved-text></span></p>' +
  '<p data-offline-text></p><p data-offline-heading></p>' +
  NAMES.map((name) => `<p data-banner="${name}" hidden></p>`).join("");
const texts = document.createElement("div");
const WORDS = ["saved", "saving", "unsent", "offline_unsent", "offline_all_sent", "offline", "busy"];
texts.innerHTML = WORDS.map((name) => `<template data-text="${name}">${name} {count}</template>`).join("");
const delivery = new Delivery({ stage, texts, signal: new AbortController().signal });
const shown = () => [stage.querySelector("[data-saved-text]").textContent,
  ...NAMES.filter((name) => !stage.querySelector(`[data-banner="${name}"]`).hidden)];
"""


def test_an_outage_is_one_quiet_line_then_a_calm_banner_then_a_plain_one(page: Page) -> None:
    page.clock.install()
    page.goto("/left/")
    page.evaluate("async () => {" + DELIVERY + "Object.assign(window, { delivery, ApiError, shown }); }")
    said = [page.evaluate("delivery.draw('unsent', 2), delivery.failed(new ApiError(0)), shown()")]
    for ms in (9000, 2000, 50_000):
        page.clock.run_for(ms)
        said.append(page.evaluate("delivery.failed(new ApiError(0)), shown()"))
    said.append(page.evaluate("delivery.draw('saved', 0), delivery.reached(), shown()"))
    assert said == [
        ["offline_unsent 2"],
        ["offline_unsent 2"],
        ["offline_unsent 2", "offline"],
        ["offline_unsent 2", "offline_long"],
        ["saved 0"],
    ]


def test_a_server_that_is_busy_is_not_called_a_network_that_is_down(run: Any) -> None:
    assert run(DELIVERY, "delivery.draw('unsent', 1); delivery.failed(new ApiError(503)); return shown();") == [
        "unsent 1"
    ]
