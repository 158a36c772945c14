"""manage.py verify_sitting and verify_plan: they pass what nobody touched, and name what somebody altered."""

from collections.abc import Callable
from dataclasses import replace
from io import StringIO

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone

from exams.domain import chain
from exams.domain.chain import Head
from exams.models import Receipt, Response, ResponseEntry, ResponseLog, Sitting
from exams.services import receipts, response_log, responses, sittings
from exams.tests.answers import op, send
from exams.tests.factories import SittingFactory, minutes, overdue

pytestmark = pytest.mark.django_db


@pytest.fixture
def sitting() -> Sitting:
    """A sitting with five entries in its log: three answers, one of them changed, and one that came too late."""
    begun: Sitting = SittingFactory(begun=True)
    send(begun, op(1, 1, "A"), op(2, 1, "B"))
    send(begun, op(1, 2, "C", doubtful=True))
    send(begun, op(3, 1, "D"))
    send(overdue(begun, minutes(1)), op(3, 2, "A"))
    return begun


def verify(sitting: Sitting) -> str:
    out = StringIO()
    call_command("verify_sitting", sitting.enrolment.account_number, stdout=out)
    return out.getvalue()


def test_what_nobody_touched_is_whole(sitting: Sitting) -> None:
    assert "作答日志共5条，记录链完整" in verify(sitting)


def test_a_sitting_without_a_paper_is_whole() -> None:
    assert "作答日志共0条" in verify(SittingFactory())


def test_what_a_person_let_count_later_extends_the_chain(sitting: Sitting, admin_user: User) -> None:
    sitting.refresh_from_db()
    late = sitting.entries.filter(outcome="late_refused")
    responses.accept_late(sitting, list(late), admin_user, "网络故障属实", timezone.now())
    assert "作答日志共6条，记录链完整" in verify(sitting)


def entry(sitting: Sitting, number: int) -> ResponseEntry:
    return ResponseEntry.objects.get(sitting=sitting, number=number)


def change(**fields: object) -> Callable[[Sitting], object]:
    return lambda sitting: ResponseEntry.objects.filter(sitting=sitting, number=2).update(**fields)


def insert(sitting: Sitting) -> None:
    forged = entry(sitting, 5)
    forged.pk, forged.number, forged.outcome = None, 6, "late_accepted"
    forged.save()


def swap(sitting: Sitting) -> None:
    one, other = entry(sitting, 2), entry(sitting, 3)
    for row, number in ((one, 99), (other, 2), (one, 3)):
        row.number = number
        row.save()


TAMPERING: dict[str, tuple[Callable[[Sitting], object], str]] = {
    "an altered value": (change(value=["D"]), "第2条与当时写入的内容不符"),
    "an altered mark of doubt": (change(doubtful=True), "第2条与当时写入的内容不符"),
    "an altered outcome": (change(outcome="stale"), "第2条与当时写入的内容不符"),
    "an outcome that does not exist": (change(outcome="fine"), "第2条与当时写入的内容不符"),
    "a value that is none": (change(value=3), "第2条与当时写入的内容不符"),
    "an altered moment": (change(received_at=timezone.now()), "第2条与当时写入的内容不符"),
    "an altered hash": (change(hash=bytes(32)), "第2条与当时写入的内容不符"),
    "a removed entry": (lambda sitting: entry(sitting, 2).delete(), "在第2条处中断"),
    "the newest entry removed": (lambda sitting: entry(sitting, 5).delete(), "自第5条起"),
    "an entry put in": (insert, "第6条与当时写入的内容不符"),
    "two entries in each other's place": (swap, "第2条与当时写入的内容不符"),
    "the whole log removed": (lambda sitting: sitting.entries.all().delete(), "自第1条起"),
    "the head moved": (lambda sitting: ResponseLog.objects.filter(pk=sitting.pk).update(head=b"x" * 32), "自第6条起"),
    "the head removed": (lambda sitting: ResponseLog.objects.filter(pk=sitting.pk).delete(), "自第1条起"),
    "an altered receipt": (
        lambda sitting: Receipt.objects.filter(sitting=sitting).update(code="0000-0000-0000"),
        "按前5条作答日志出具的交卷回执与日志不符",
    ),
    "an altered answer": (
        lambda sitting: Response.objects.filter(sitting=sitting, question=2).update(value=["D"]),
        "第2题保存的作答与作答日志不一致",
    ),
    "a removed answer": (
        lambda sitting: Response.objects.filter(sitting=sitting, question=3).delete(),
        "第3题保存的作答与作答日志不一致",
    ),
}


@pytest.mark.parametrize("what", TAMPERING)
def test_whatever_was_tampered_with_is_named(sitting: Sitting, what: str) -> None:
    tamper, words = TAMPERING[what]
    tamper(sitting)
    with pytest.raises(CommandError) as raised:
        verify(sitting)
    assert words in str(raised.value)


def test_an_answer_that_was_never_sent_is_named() -> None:
    sitting = SittingFactory(begun=True)
    Response.objects.create(sitting=sitting, question=2, value=["A"], seq=1, saved_at=timezone.now())
    with pytest.raises(CommandError, match="第2题保存的作答与作答日志不一致"):
        verify(sitting)


def test_nobody_is_verified_by_a_wrong_number() -> None:
    with pytest.raises(CommandError, match="没有考试账号或回执编号为 123 的答卷"):
        call_command("verify_sitting", "123")


# --- receipts --------------------------------------------------------------------------------------------------------


def receipt_of(sitting: Sitting) -> Receipt:
    receipt = receipts.newest(sitting)
    assert receipt is not None
    return receipt


def test_every_end_gives_a_receipt_of_what_was_logged_until_then(sitting: Sitting) -> None:
    """The late answer of the fixture was logged before anybody wrote the end down."""
    assert (receipt_of(sitting).entries, sitting.receipts.count()) == (5, 1)


def test_a_receipt_is_found_by_its_code_and_compared_however_it_was_typed(sitting: Sitting) -> None:
    code = receipt_of(sitting).code
    out = StringIO()
    call_command("verify_sitting", code, receipt=code.lower().replace("-", " "), stdout=out)
    assert "与交卷时的前5条日志相符" in out.getvalue()
    assert "又追加" not in out.getvalue()


def test_what_was_let_in_later_leaves_the_old_receipt_true(sitting: Sitting, admin_user: User) -> None:
    code = receipt_of(sitting).code
    late = sitting.entries.filter(outcome="late_refused")
    sitting.refresh_from_db()
    responses.accept_late(sitting, list(late), admin_user, "网络故障属实", timezone.now())
    out = StringIO()
    call_command("verify_sitting", sitting.enrolment.account_number, receipt=code, stdout=out)
    assert "交卷后又追加了1条记录" in out.getvalue()
    assert sitting.receipts.count() == 1


def test_a_receipt_proves_its_content_even_where_its_own_row_was_removed(sitting: Sitting) -> None:
    code = receipt_of(sitting).code
    sitting.receipts.all().delete()
    out = StringIO()
    call_command("verify_sitting", sitting.enrolment.account_number, receipt=code, stdout=out)
    assert "相符" in out.getvalue()


def test_a_log_that_was_written_anew_does_not_fit_the_receipt_that_the_candidate_has(sitting: Sitting) -> None:
    """Somebody with the database in their hands alters an answer and computes everything after it again."""
    code = receipt_of(sitting).code
    links = [
        replace(link, entry=replace(link.entry, op=replace(link.entry.op, value=("D",)))) if link.number == 2 else link
        for link in response_log.links_of(sitting.pk)
    ]
    head = Head()
    for link in chain.linked(sitting.pk, Head(), [link.entry for link in links]):
        sitting.entries.filter(number=link.number).update(value=list(link.entry.op.value), hash=link.hash)
        head = Head(link.number, link.hash)
    ResponseLog.objects.filter(pk=sitting.pk).update(head=head.hash)
    sitting.responses.filter(question=2).update(value=["D"])
    sitting.receipts.all().delete()
    assert "记录链完整" in verify(sitting)
    with pytest.raises(CommandError, match=f"回执 {code} 与这份答卷的作答日志不符"):
        call_command("verify_sitting", sitting.enrolment.account_number, receipt=code, stdout=StringIO())


def test_a_reopened_sitting_gets_another_receipt_when_it_ends_again(admin_user: User) -> None:
    sitting = SittingFactory(begun=True)
    send(sitting, op(1, 1, "A"))
    sittings.submit(sitting, "candidate", timezone.now())
    sittings.reopen(sitting, 5, timezone.now(), by=admin_user, reason="误交")
    sittings.submit(sitting, "staff", timezone.now())
    assert len(set(sitting.receipts.values_list("code", flat=True))) == 2
    assert "记录链完整" in verify(sitting)


def test_a_sitting_that_never_began_has_no_receipt(admin_user: User) -> None:
    sitting = SittingFactory()
    sittings.terminate(sitting, timezone.now(), by=admin_user, reason="缺考")
    assert receipts.newest(sitting) is None


def test_a_plan_is_verified_sitting_by_sitting(sitting: Sitting) -> None:
    exam = sitting.enrolment.exam
    other = SittingFactory(enrolment__exam=exam)
    sittings.begin(other, "page-2", timezone.now())
    send(other, op(1, 1, "A"), client="page-2")
    out = StringIO()
    call_command("verify_plan", exam.plan.code, verbosity=0, stdout=out)
    assert "共2份答卷、6条作答日志" in out.getvalue()
    other.responses.update(value=["B"])
    with pytest.raises(CommandError) as raised:
        call_command("verify_plan", exam.plan.code, verbosity=0)
    assert str(raised.value) == f"{other.enrolment.account_number}: 第1题保存的作答与作答日志不一致：作答被改动过。"


def test_a_plan_that_does_not_exist_is_said_so() -> None:
    with pytest.raises(CommandError, match="没有编号为 NONE 的考试计划"):
        call_command("verify_plan", "NONE")


@pytest.mark.django_db(transaction=True)
def test_the_migration_chains_the_entries_that_are_there_and_can_be_undone(sitting: Sitting) -> None:
    before = list(sitting.entries.order_by("pk").values_list("question", "seq", "outcome", "received_at"))
    hashes = [bytes(one) for one in sitting.entries.order_by("pk").values_list("hash", flat=True)]
    call_command("migrate", "exams", "0006", verbosity=0)
    with connection.cursor() as cursor:
        cursor.execute("SELECT COUNT(*) FROM exams_responseentry")
        assert cursor.fetchone()[0] == 5
    call_command("migrate", "exams", verbosity=0)
    rows = sitting.entries.order_by("number")
    assert list(rows.values_list("question", "seq", "outcome", "received_at")) == before
    assert [bytes(row.hash) for row in rows] == hashes
    assert "作答日志共5条，记录链完整" in verify(sitting)
