"""services.answer_files: a file is opened with the exam's key, and its answers arrive like any others."""

import base64
import json
from getpass import getuser
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.utils import timezone

from exams.models import AnswerFileKey, Sitting, StateChange
from exams.services import answer_file_keys, answer_files, responses, sittings
from exams.services.answer_files import CannotImport
from exams.services.refusals import ReasonMissing
from exams.tests.answers import logged, op, send, stored
from exams.tests.factories import CLIENT, SittingFactory, overdue
from exams.tests.files import made_by, written

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("open_seams")]


@pytest.fixture
def sitting() -> Sitting:
    begun: Sitting = SittingFactory(begun=True)
    return begun


def over(sitting: Sitting, rule: str = "refuse") -> Sitting:
    """Let the deadline have closed a sitting of an exam with this rule for late answers."""
    exam = sitting.enrolment.exam
    exam.late_responses = rule
    exam.save()
    return sittings.close_if_overdue(overdue(sitting), timezone.now())


def bring_in(raw: bytes) -> dict[str, int]:
    return dict(answer_files.bring_in(answer_files.open_file(raw), timezone.now()).outcomes)


# --- what comes of the answers ---------------------------------------------------------------------------------------


def test_while_the_sitting_lasts_its_answers_count(sitting: Sitting) -> None:
    assert bring_in(made_by(sitting, op(1, 1, "B"), op(2, 1, "C"))) == {"accepted": 2}
    assert stored(sitting) == {1: ["B"], 2: ["C"]}


def test_a_second_import_changes_nothing(sitting: Sitting) -> None:
    raw = made_by(sitting, op(1, 1, "B"))
    bring_in(raw)
    before = logged(sitting)
    again = answer_files.bring_in(answer_files.open_file(raw), timezone.now())
    assert (dict(again.outcomes), again.new_entries) == ({"accepted": 1}, 0)
    assert logged(sitting) == before
    assert StateChange.objects.filter(field="responses").count() == 1


def test_an_older_answer_overwrites_nothing(sitting: Sitting) -> None:
    send(sitting, op(1, 5, "A"))
    assert bring_in(made_by(sitting, op(1, 4, "B"))) == {"stale": 1}
    assert stored(sitting) == {1: ["A"]}


@pytest.mark.parametrize(("rule", "outcome"), [("refuse", "late_refused"), ("keep", "late_kept")])
def test_after_the_deadline_the_rule_of_the_exam_decides(sitting: Sitting, rule: str, outcome: str) -> None:
    raw = made_by(sitting, op(1, 1, "B"))
    over(sitting, rule)
    assert bring_in(raw) == {outcome: 1}
    assert stored(sitting) == {}


def test_of_a_page_that_was_superseded_they_are_logged_as_such(sitting: Sitting) -> None:
    raw = made_by(sitting, op(1, 1, "B"))
    sittings.begin(sitting, "another-page", timezone.now())
    assert bring_in(raw) == {"superseded": 1}
    assert stored(sitting) == {}


def test_a_person_may_let_the_rest_count_and_never_what_is_older(sitting: Sitting) -> None:
    send(sitting, op(2, 9, "A"))
    raw = made_by(sitting, op(1, 1, "B"), op(1, 2, "C"), op(2, 8, "D"))
    over(sitting)
    bring_in(raw)
    opened = answer_files.open_file(raw)
    entries = answer_files.waiting(opened)
    assert [(entry.question, entry.value) for entry in entries] == [(1, ["C"])]
    organizer = User.objects.create_user("organizer")
    responses.accept_late(sitting, entries, organizer, "设备断网", timezone.now())
    assert stored(sitting) == {1: ["C"], 2: ["A"]}
    assert answer_files.waiting(opened) == []


def test_it_is_on_record_who_brought_it_in_and_why(sitting: Sitting) -> None:
    organizer = User.objects.create_user("organizer")
    opened = answer_files.open_file(made_by(sitting, op(1, 1, "B")))
    with pytest.raises(ReasonMissing):
        answer_files.bring_in(opened, timezone.now(), organizer, " ")
    answer_files.bring_in(opened, timezone.now(), organizer, "考生U盘交来")
    change = StateChange.objects.get(field="responses")
    assert (change.by, change.reason) == (organizer, "导入作答文件；考生U盘交来")


def test_in_a_pause_it_has_to_wait(sitting: Sitting) -> None:
    raw = made_by(sitting, op(1, 1, "B"))
    sittings.pause(sitting, "停电", timezone.now())
    with pytest.raises(CannotImport, match="暂停"):
        bring_in(raw)


def test_more_answers_than_one_request_may_bring_come_in_portions(sitting: Sitting) -> None:
    many = [op(1, seq, "AB"[seq % 2]) for seq in range(1, 451)]
    bring_in(made_by(sitting, *many))
    assert stored(sitting) == {1: ["A"]}
    assert sitting.entries.count() == 450


def test_it_is_compared_question_by_question_without_what_was_answered(sitting: Sitting) -> None:
    send(sitting, op(1, 1, "A"), op(2, 5, "B"))
    opened = answer_files.open_file(made_by(sitting, op(1, 2, "A"), op(2, 4, "C"), op(3, 1, doubtful=True)))
    lines = [(line.number, line.differs, line.is_newer, line.stored) for line in answer_files.compare(opened)]
    assert lines == [(1, False, True, True), (2, True, False, True), (3, True, True, False)]


def test_a_page_that_nobody_knows_is_named_as_such(sitting: Sitting) -> None:
    assert answer_files.open_file(made_by(sitting, op())).is_known
    assert not answer_files.open_file(made_by(sitting, op(), inside={"client": "stranger"})).is_known


# --- what is turned away ---------------------------------------------------------------------------------------------


def changed(raw: bytes, name: str) -> bytes:
    """Return a file of which one byte was changed."""
    file = json.loads(raw)
    data = bytearray(base64.b64decode(file[name]))
    data[-1] ^= 1
    return json.dumps(file | {name: base64.b64encode(data).decode()}).encode()


@pytest.mark.parametrize("name", ["wrapped", "iv", "data"])
def test_a_file_that_was_changed_is_turned_away(sitting: Sitting, name: str) -> None:
    with pytest.raises(CannotImport, match="不完整或已被改动"):
        bring_in(changed(made_by(sitting, op()), name))
    assert logged(sitting) == []


def test_a_file_of_another_sitting_is_turned_away(sitting: Sitting) -> None:
    other: Sitting = SittingFactory(begun=True, exam=sitting.enrolment.exam)
    with pytest.raises(CannotImport, match="不完整或已被改动"):  # what is inside names whose it is
        bring_in(made_by(sitting, op(), sitting=other.pk))


def test_a_file_for_the_sitting_of_another_exam_is_turned_away(sitting: Sitting) -> None:
    other: Sitting = SittingFactory(begun=True)
    with pytest.raises(CannotImport, match="不在本科目中"):
        bring_in(made_by(sitting, op(), inside={"sitting": other.pk}, sitting=other.pk))


@pytest.mark.parametrize(
    ("outside", "said"),
    [({"exam": "OTHER"}, "与密钥不符"), ({"key": "0" * 16}, "没有打开此文件的密钥"), ({"format": "zip"}, "不是本系统")],
)
def test_a_file_that_says_otherwise_outside_is_turned_away(
    sitting: Sitting, outside: dict[str, Any], said: str
) -> None:
    with pytest.raises(CannotImport, match=said):
        bring_in(made_by(sitting, op(), **outside))


@pytest.mark.parametrize(
    "bad", [op(99), op(1, 1, "Z"), {**op(), "seq": 0}, {**op(), "doubtful": "yes"}, {"question": 1}, {"ops": []}]
)
def test_answers_that_fit_no_paper_are_turned_away(sitting: Sitting, bad: dict[str, Any]) -> None:
    with pytest.raises(CannotImport, match="与该考生的试卷不符"):
        bring_in(made_by(sitting, op(2), bad))
    assert logged(sitting) == []


def test_a_file_closed_with_the_key_of_another_exam_is_turned_away(
    sitting: Sitting, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tests.fixtures.keys import make_a_key_pair

    monkeypatch.setattr(answer_file_keys, "key_pair", make_a_key_pair)
    other: Sitting = SittingFactory(begun=True)
    answer_file_keys.public_key(other.enrolment.exam)
    names = {key.exam_id: key.name for key in AnswerFileKey.objects.all()}
    answer_file_keys.public_key(sitting.enrolment.exam)
    raw = made_by(sitting, op(), key=names[other.enrolment.exam_id], exam=other.enrolment.exam.code)
    with pytest.raises(CannotImport, match="不完整或已被改动"):
        bring_in(raw)


# --- the command -----------------------------------------------------------------------------------------------------


def test_the_command_says_whose_a_file_is_and_what_came_of_it(
    sitting: Sitting, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    raw = made_by(sitting, op(1, 1, "B"), op(2, 1, "C"))
    over(sitting)
    call_command("import_answers", written(tmp_path, "answers.json", raw), reason="考生断网")
    said = capsys.readouterr().out
    assert f"导入作答文件；命令行，系统账户 {getuser()}；考生断网" == sitting.changes.get(field="responses").reason
    assert sitting.enrolment.account_number in said
    assert "文件含2题，其中2题与已保存的不同。" in said
    assert "迟到，未采用: 2" in said
    assert "2题未被采用，可在答卷页由人工采用。" in said


def test_the_command_asks_why(sitting: Sitting, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="--reason"):
        call_command("import_answers", written(tmp_path, "answers.json", made_by(sitting, op())))
    assert logged(sitting) == []


def test_a_dry_run_writes_nothing(sitting: Sitting, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("import_answers", written(tmp_path, "answers.json", made_by(sitting, op())), dry_run=True)
    assert "试运行" in capsys.readouterr().out
    assert logged(sitting) == []


def test_one_bad_file_keeps_no_other_out(sitting: Sitting, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    good = written(tmp_path, "good.json", made_by(sitting, op(1, 1, "B")))
    with pytest.raises(CommandError, match="2个文件没有导入"):
        call_command(
            "import_answers", written(tmp_path, "bad.json", b"PK"), tmp_path / "missing.json", good, reason="断网"
        )
    assert "不是本系统的作答文件。" in capsys.readouterr().out
    assert stored(sitting) == {1: ["B"]}
    assert sitting.client == CLIENT
