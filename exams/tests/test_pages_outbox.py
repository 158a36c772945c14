"""The queue of answers that a page keeps on the device, tried in a real browser with a real IndexedDB."""

import base64
import json
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from playwright.sync_api import Page

OUTBOX = """
const { Outbox, isOurs } = await import("/static/js/lib/outbox.js");
const { Vault, queuesOf, lastPaper, forgetPapers } = await import("/static/js/lib/vault.js");
const { depositOrphans } = await import("/static/js/lib/leftovers.js");
const { claimClient } = await import("/static/js/lib/client.js");
const open = (client = "c", sitting = 7) => Outbox.open({ sitting, client });
const op = (question, seq, ...value) => ({ question, seq, value, doubtful: false });
const kept = async (outbox) => (await outbox.written(), (await open(outbox.client)).all());
const raw = (place) => new Promise((resolve) => {
  indexedDB.open("examplatform").onsuccess = ({ target: { result: db } }) => {
    db.transaction(place).objectStore(place).getAll().onsuccess = ({ target }) => (resolve(target.result), db.close());
  };
});
const outbox = await open();
"""


@pytest.fixture
def run(page: Page) -> Any:
    """Return a function that runs a script in a page of the real site."""
    page.goto("/left/")
    return lambda *parts: page.evaluate("async () => {" + "\n".join(parts) + "}")


def test_what_was_answered_is_there_after_a_crash(run: Any) -> None:
    known = run(OUTBOX, 'outbox.put(op(3, 1, "A")); outbox.put(op(3, 2, "B")); return await kept(outbox);')
    assert [(one["question"], one["seq"], one["value"], one["pending"]) for one in known] == [(3, 2, ["B"], True)]


def test_an_op_leaves_the_queue_on_its_ack_and_the_answer_stays_known(run: Any) -> None:
    pending, known = run(
        OUTBOX,
        'outbox.put(op(3, 1, "A")); outbox.put(op(4, 1, "C")); outbox.settle(3, 1); await outbox.written();',
        "const after = await open(); return [after.pending().map((one) => one.question), after.all().length];",
    )
    assert (pending, known) == ([4], 2)


def test_an_ack_of_an_older_answer_leaves_the_newer_one_in_the_queue(run: Any) -> None:
    assert (
        run(OUTBOX, 'outbox.put(op(3, 1, "A")); outbox.put(op(3, 2, "B")); outbox.settle(3, 1); return outbox.size;')
        == 1
    )


def test_nothing_that_was_answered_lies_open_and_the_key_cannot_be_taken_out(run: Any) -> None:
    answers, papers, exported = run(
        OUTBOX,
        'outbox.put(op(3, 1, "SECRET")); await outbox.keepPaper({ fragment: "SECRET" });',
        "const text = (data) => [...new Uint8Array(data)].map((code) => String.fromCharCode(code)).join('');",
        "const plain = async (place) => text((await raw(place))[0].data);",
        "const [{ key }] = await raw('keys');",
        "const exported = await crypto.subtle.exportKey('raw', key).then(() => true, () => false);",
        "return [await plain('answers') + JSON.stringify(await raw('answers')), await plain('papers'), exported];",
    )
    assert "SECRET" not in answers
    assert "SECRET" not in papers
    assert exported is False


def test_a_row_that_was_moved_to_another_question_does_not_open(run: Any) -> None:
    known = run(
        OUTBOX,
        'outbox.put(op(3, 1, "A")); await outbox.written(); const [row] = await raw("answers");',
        'await new Promise((resolve) => { indexedDB.open("examplatform").onsuccess = ({ target: { result: db } }) => {',
        '  const change = db.transaction("answers", "readwrite");',
        '  change.objectStore("answers").put({ ...row, question: 4 });',
        "  change.oncomplete = () => (db.close(), resolve()); }; });",
        "return (await open()).all().map((one) => one.question);",
    )
    assert known == [3]


STORED = {"seq": 4, "value": ["A"], "doubtful": False}


@pytest.mark.parametrize(
    ("change", "ours"),
    [
        ({"seq": 5, "base": 4, "value": ["B"]}, True),  # nobody has touched it since
        ({"seq": 9, "base": 3, "value": ["B"]}, False),  # somebody has, though our seq is higher
        ({"seq": 4, "base": 3, "value": ["A"]}, True),  # it arrived and the ack was lost
        ({"seq": 4, "base": 3, "value": ["B"]}, False),  # another page used the same seq
        ({"seq": 5, "base": 3, "value": ["B"], "earlier": [STORED]}, True),  # an older version of ours arrived
        ({"seq": 5, "base": 3, "value": ["B"], "earlier": [STORED | {"doubtful": True}]}, False),
    ],
)
def test_an_op_survives_unless_somebody_else_has_answered_since(run: Any, change: dict[str, Any], ours: bool) -> None:
    given = {"question": 1, "doubtful": False, "earlier": [], **change}
    assert run(OUTBOX, f"return isOurs({json.dumps(given)}, {json.dumps(STORED)});") is ours


def test_a_new_epoch_takes_the_queue_along_and_parks_what_has_lost_its_place(run: Any) -> None:
    lost, pending, bodies, left = run(
        OUTBOX,
        "outbox.adopt(2, new Map([[1, op(1, 1)], [2, op(2, 0)]]));",
        'outbox.put(op(1, 2, "B")); outbox.put(op(2, 1, "C"));',
        "const elsewhere = new Map([[1, op(1, 2, 'D')], [2, op(2, 0)]]);",
        "const lost = outbox.adopt(4, elsewhere).map((one) => [one.question, one.epoch]);",
        'outbox.put(op(1, 3, "A")); await outbox.written();',  # answered anew before the old op was logged
        "const bodies = []; const ack = ({ question, seq }) => ({ question, seq, outcome: 'superseded' });",
        "const send = async (body) => (bodies.push(body), { data: { acks: body.ops.map(ack) } });",
        "const { left } = await depositOrphans({ sitting: 7, send, own: 'c' });",
        "const after = await open();",
        "const pending = after.pending().map(({ question, seq, epoch }) => [question, seq, epoch]);",
        "return [lost, pending, bodies, (await queuesOf(7)).length];",
    )
    assert lost == [[1, 2]]
    assert pending == [[1, 3, 4], [2, 1, 4]]
    assert [(body["client"], body["epoch"], [one["value"] for one in body["ops"]]) for body in bodies] == [
        ("c", 2, [["B"]])
    ]
    assert left == 1  # our own


def test_what_the_server_could_not_be_told_stays(run: Any) -> None:
    assert run(
        OUTBOX,
        'const dead = await open("dead"); dead.adopt(1, new Map()); dead.put(op(1, 1, "B")); await dead.written();',
        "const { left } = await depositOrphans({ sitting: 7, own: 'c', send: async () => ({ data: { acks: [] } }) });",
        "return [left, (await open('dead')).size];",
    ) == [1, 1]


def test_the_end_leaves_nothing_behind_and_touches_no_other_sitting(run: Any) -> None:
    left = run(
        OUTBOX,
        'const other = await open("c", 8); other.put(op(1, 1, "A")); await other.written();',
        'outbox.put(op(1, 1, "A")); await outbox.keepPaper({}); await outbox.wipe(); outbox.put(op(2, 1, "A"));',
        "await outbox.written(); const rows = await Promise.all(['keys', 'answers', 'queues', 'papers'].map(raw));",
        "return rows.map((some) => some.map(({ sitting }) => sitting));",
    )
    assert left == [[8], [8], [], []]


def test_queues_of_other_sittings_are_forgotten_after_a_week(run: Any) -> None:
    sittings = run(
        OUTBOX,
        'const other = await open("c", 8); other.adopt(1, new Map()); other.put(op(1, 1, "A")); await other.written();',
        "const now = Date.now(); Date.now = () => now + 8 * 24 * 3600 * 1000; await open();",
        "return (await raw('answers')).concat(await raw('keys')).map(({ sitting }) => sitting);",
    )
    assert sittings == [7]


def test_a_database_that_is_deleted_in_the_middle_is_made_again_with_all_that_is_known(run: Any) -> None:
    known, lost = run(
        OUTBOX,
        "let lost = 0; outbox.onLost = () => (lost += 1);",
        'outbox.put(op(1, 1, "A")); await outbox.keepPaper({ fragment: "x" });',
        "await new Promise((resolve) => (indexedDB.deleteDatabase('examplatform').onsuccess = resolve));",
        'outbox.put(op(2, 1, "B")); const known = await kept(outbox);',
        "return [[known.map((one) => one.question), (await outbox.paper()).paper], lost];",
    )
    assert known == [[1, 2], {"fragment": "x"}]
    assert lost == 0


def test_a_browser_that_keeps_nothing_says_so_and_goes_on_in_memory(run: Any) -> None:
    assert run(
        "IDBFactory.prototype.open = () => { throw new DOMException('denied', 'SecurityError'); };",
        OUTBOX,
        'outbox.put(op(1, 1, "A")); await outbox.written(); return [outbox.isDurable, outbox.reason, outbox.size];',
    ) == [False, "denied", 1]


def test_papers_are_forgotten_when_somebody_else_may_sit_down(run: Any) -> None:
    assert run(
        OUTBOX,
        'await outbox.keepPaper({ fragment: "x" }); const before = await lastPaper(); await forgetPapers();',
        "return [before, await lastPaper()];",
    ) == [7, None]


def test_two_tabs_are_two_clients_and_the_next_one_takes_over_from_the_dead(page: Page) -> None:
    claim = "const { claimClient } = await import('/static/js/lib/client.js'); return claimClient(7);"
    page.goto("/left/")
    first = page.evaluate(
        "async () => {"
        + OUTBOX
        + "const id = await claimClient(7); const own = await open(id);"
        + "own.adopt(1, new Map()); await own.written(); return id; }"
    )
    second_page = page.context.new_page()
    second_page.goto("/left/")
    # As where a tab is duplicated: what the tab remembers is copied with it.
    second_page.evaluate("id => sessionStorage.setItem('examplatform.client.7', id)", first)
    second = second_page.evaluate("async () => {" + claim + "}")
    assert second != first
    page.reload()
    assert page.evaluate("async () => {" + claim + "}") == first
    page.close()
    third_page = second_page.context.new_page()
    third_page.goto("/left/")
    assert third_page.evaluate("async () => {" + claim + "}") == first


def test_a_file_of_answers_is_opened_by_the_key_of_the_exam_only(run: Any) -> None:
    private = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    public = private.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    key = {"id": "k1", "spki": base64.b64encode(public).decode()}
    text = run(
        'const { answerFile } = await import("/static/js/lib/answer_file.js");',
        f'const given = {{ key: {json.dumps(key)}, exam: "E1", sitting: 7, client: "c", epoch: 3 }};',
        "const at = '2026-11-26T08:59:00Z';",
        "const op = { question: 2, seq: 5, value: ['B'], doubtful: true, changed_at: at, pending: true };",
        "return (await answerFile({ ...given, madeAt: '2026-11-26T09:00:00Z', ops: [op] })).text();",
    )
    file = json.loads(text)
    assert {name: file[name] for name in ("format", "version", "exam", "sitting", "key")} == {
        "format": "examplatform-answers",
        "version": 1,
        "exam": "E1",
        "sitting": 7,
        "key": "k1",
    }
    unwrapped = private.decrypt(
        base64.b64decode(file["wrapped"]),
        padding.OAEP(mgf=padding.MGF1(hashes.SHA256()), algorithm=hashes.SHA256(), label=None),
    )
    opened = AESGCM(unwrapped).decrypt(base64.b64decode(file["iv"]), base64.b64decode(file["data"]), None)
    assert json.loads(opened) == {
        "sitting": 7,
        "client": "c",
        "epoch": 3,
        "made_at": "2026-11-26T09:00:00Z",
        "ops": [{"question": 2, "seq": 5, "value": ["B"], "doubtful": True, "changed_at": "2026-11-26T08:59:00Z"}],
    }
