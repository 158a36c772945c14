"""The chain of a log, pure: what is hashed, and that every change shows at its place."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from hashlib import sha256

import pytest

from exams.domain import chain, receipts
from exams.domain.arrivals import Op, Outcome, Sender
from exams.domain.chain import BEFORE_THE_FIRST, Entry, Fault, Finding, Head, Link

NINE = datetime(2026, 11, 26, 9, 0, 0, 5000, tzinfo=UTC)


def entry(question: int = 1, seq: int = 1, *value: str, outcome: Outcome = Outcome.ACCEPTED) -> Entry:
    op = Op(question, seq, value or ("A",), doubtful=False)
    return Entry(Sender("page-1", 1), op, outcome, NINE + timedelta(seconds=seq))


def log_of(*entries: Entry) -> tuple[list[Link], Head]:
    links = list(chain.linked(7, Head(), entries))
    return links, Head(len(links), links[-1].hash if links else BEFORE_THE_FIRST)


def test_anybody_can_compute_the_first_hash_by_hand() -> None:
    links, _head = log_of(entry())
    text = b'[7,1,1,"page-1",1,1,["A"],false,"accepted","2026-11-26T09:00:01.005000Z"]'
    assert links[0].hash == sha256(bytes(32) + text).digest()


def test_a_link_follows_the_one_before() -> None:
    links, head = log_of(entry(1), entry(2))
    assert links[1].hash == chain.hash_of(links[0].hash, 7, 2, links[1].entry) == head.hash
    assert [link.number for link in links] == [1, 2]


def test_the_time_zone_of_a_moment_makes_no_difference() -> None:
    beijing = NINE.astimezone(timezone(timedelta(hours=8)))
    assert chain.moment(beijing) == chain.moment(NINE) == "2026-11-26T09:00:00.005000Z"


def test_a_log_that_nobody_touched_is_whole() -> None:
    links, head = log_of(entry(1), entry(2), entry(1, 2, "B"))
    assert chain.first_break(links, head) is None
    assert chain.first_break([], Head()) is None


CHANGES = {
    "value": lambda link: replace(link, entry=replace(link.entry, op=replace(link.entry.op, value=("D",)))),
    "doubtful": lambda link: replace(link, entry=replace(link.entry, op=replace(link.entry.op, doubtful=True))),
    "question": lambda link: replace(link, entry=replace(link.entry, op=replace(link.entry.op, question=3))),
    "seq": lambda link: replace(link, entry=replace(link.entry, op=replace(link.entry.op, seq=9))),
    "outcome": lambda link: replace(link, entry=replace(link.entry, outcome=Outcome.STALE)),
    "received_at": lambda link: replace(link, entry=replace(link.entry, received_at=NINE)),
    "client": lambda link: replace(link, entry=replace(link.entry, sender=Sender("page-2", 1))),
    "epoch": lambda link: replace(link, entry=replace(link.entry, sender=Sender("page-1", 2))),
    "sitting": lambda link: replace(link, sitting=8),
    "hash": lambda link: replace(link, hash=bytes(32)),
}


@pytest.mark.parametrize("what", CHANGES)
def test_whatever_is_changed_in_an_entry_breaks_the_chain_there(what: str) -> None:
    links, head = log_of(entry(1), entry(2), entry(1, 2))
    links[1] = CHANGES[what](links[1])
    assert chain.first_break(links, head) == Finding(Fault.BROKEN, 2)


def test_a_removed_entry_leaves_a_gap() -> None:
    links, head = log_of(entry(1), entry(2), entry(1, 2))
    assert chain.first_break([links[0], links[2]], head) == Finding(Fault.GAP, 2)


def test_an_entry_that_was_put_in_shows_even_if_what_follows_was_numbered_anew() -> None:
    links, head = log_of(entry(1), entry(2))
    forged = replace(links[0], number=2)
    assert chain.first_break([links[0], forged, replace(links[1], number=3)], head) == Finding(Fault.BROKEN, 2)


def test_a_log_that_was_cut_short_or_hashed_anew_does_not_end_where_it_should() -> None:
    links, head = log_of(entry(1), entry(2), entry(1, 2))
    assert chain.first_break(links[:2], head) == Finding(Fault.CUT, 3)
    anew, _head = log_of(entry(1), entry(2, 1, "D"), entry(1, 2))
    assert chain.first_break(anew, head) == Finding(Fault.CUT, 4)


def test_the_newest_entry_that_counts_is_the_answer() -> None:
    links, _head = log_of(
        entry(1, 1), entry(1, 2, "B"), entry(1, 3, "C", outcome=Outcome.STALE), entry(2, 1, outcome=Outcome.SUPERSEDED)
    )
    assert chain.answers(links) == {1: Op(1, 2, ("B",), doubtful=False)}


def test_an_answer_that_the_log_does_not_know_or_that_is_missing_is_named() -> None:
    logged, stored = {1: Op(1, 1, ("A",), False), 2: Op(2, 1, ("A",), False)}, {1: Op(1, 1, ("B",), False)}
    assert chain.wrong_answers(logged, stored) == [Finding(Fault.ANSWER, 1), Finding(Fault.ANSWER, 2)]
    assert chain.wrong_answers({}, stored) == [Finding(Fault.ANSWER, 1)]
    assert chain.wrong_answers(logged, logged) == []


def test_a_receipt_is_short_and_can_be_computed_by_hand() -> None:
    _links, head = log_of(entry(1))
    text = f'[7,"2026-11-26T09:00:00.005000Z",1,"{head.hash.hex()}",[[1,["A"],false]]]'
    digest = receipts.digest(7, NINE, head, {1: Op(1, 1, ("A",), doubtful=False)})
    assert digest == sha256(text.encode()).digest()
    assert receipts.code(bytes(32)) == "0000-0000-0000"
    assert receipts.code(b"\xff" * 32) == "ZZZZ-ZZZZ-ZZZZ"


def test_a_code_is_read_as_people_type_it() -> None:
    assert receipts.normalise(" 7k2o-il3x 0000") == "7K20-113X-0000"
