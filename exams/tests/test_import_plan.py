"""Importing a plan: what it makes, what a second import changes, and keys that are taken."""

import hashlib
from datetime import UTC, datetime
from pathlib import Path

import pytest

from accounts.models import Credential
from exams.models import Enrolment, Exam, Plan, Revision, Section, SectionItem
from exams.tests import plan_files
from exams.tests.plan_imports import Import, begin, tables

pytestmark = pytest.mark.django_db


@pytest.fixture
def bring(tmp_path: Path) -> Import:
    return Import(tmp_path)


# --- what is made ----------------------------------------------------------------------------------------------------


def test_a_package_makes_plan_exam_paper_and_enrolments(bring: Import) -> None:
    ledger = bring()
    exam = Exam.objects.get(plan__code="T1", code="E1")
    assert [section.items.count() for section in exam.sections.all()] == [1, 1, 1]
    assert [one.account_number for one in exam.enrolments.all()] == ["2112241199996600001", "2112241199996600002"]
    assert exam.enrolments.first().phone == "13800001111"  # type: ignore[union-attr]
    assert ledger.counts["考生"] == {"created": 2}


def test_options_and_keys_are_kept_by_letter(bring: Import) -> None:
    bring()
    multiple = Revision.objects.get(question__external_id="M1")
    assert [option["id"] for option in multiple.options] == ["A", "B", "C"]
    assert multiple.key == ["A", "C"]
    statement = Revision.objects.get(question__external_id="T1")
    assert ([option["id"] for option in statement.options], statement.key) == (["T", "F"], ["T"])


def test_a_question_that_names_an_exam_is_drawn_by_that_exam_alone(bring: Import) -> None:
    contents = plan_files.rows()
    contents["考试科目"].append({**contents["考试科目"][0], "科目编号": "E2"})
    contents["大题"].append({"科目编号": "E2", "题型": "单选", "每题分值": 3})
    contents["试题"].append({**contents["试题"][0], "题号": "S2", "科目编号": "E2", "分值": 5})
    bring(contents)
    pools = {
        code: sorted(
            SectionItem.objects.filter(section__exam__code=code, section__kind="single").values_list(
                "revision__question__external_id", "points"
            )
        )
        for code in ("E1", "E2")
    }
    assert pools == {"E1": [("S1", None)], "E2": [("S1", None), ("S2", 5)]}


def test_the_last_four_of_the_id_sign_in_from_a_day_before_check_in(bring: Import) -> None:
    bring()
    credential = Credential.objects.get(candidate__enrolments__account_number="2112241199996600001")
    assert credential.scope == "T1"
    assert credential.valid_from == datetime(2030, 1, 18, 7, 30, tzinfo=UTC)
    assert credential.valid_until == datetime(2030, 1, 20, 9, tzinfo=UTC)


@pytest.mark.parametrize(
    ("kind", "more", "secret"),
    [("证件号后四位", {}, "002X"), ("手机后四位", {}, "1111"), ("密码", {"校验码": "pass-7788"}, "pass-7788")],
)
def test_each_kind_of_check_code_signs_in(
    bring: Import, monkeypatch: pytest.MonkeyPatch, kind: str, more: dict[str, str], secret: str
) -> None:
    given: list[str] = []
    monkeypatch.setattr(
        "exams.services.rosters.accounts.set_credential", lambda _, **named: given.append(named["secret"])
    )
    contents = plan_files.rows()
    contents["考试计划"][0]["校验码方式"] = kind
    contents["考生"] = [{**contents["考生"][0], **more}]
    bring(contents)
    assert given == [secret]


def test_a_quit_password_is_kept_as_the_digest_the_exam_client_asks_for(bring: Import) -> None:
    bring()
    stored = Exam.objects.get(code="E1").seb_quit_password_hash
    assert stored == hashlib.sha256(b"let-me-out").hexdigest()


# --- again -----------------------------------------------------------------------------------------------------------


def test_the_same_package_again_changes_nothing(bring: Import) -> None:
    bring()
    before = tables()
    ledger = bring()
    assert tables() == before
    assert all(set(counts) == {"unchanged"} for counts in ledger.counts.values())


def test_the_same_package_again_is_accepted_after_the_exam_has_begun(bring: Import) -> None:
    bring()
    begin()
    before = tables()
    bring()
    assert tables() == before


def test_what_changed_is_updated_and_never_doubled(bring: Import) -> None:
    bring()
    contents = plan_files.rows()
    contents["考试计划"][0]["名称"] = "改名的计划"
    contents["考试科目"][0]["时长（分钟）"] = 45
    contents["大题"] = contents["大题"][:2]
    contents["考生"][0]["座位"] = "12"
    contents["考试科目"][0]["及格线"] = 2
    ledger = bring(contents)
    assert (Plan.objects.get().name, Exam.objects.get().duration_minutes) == ("改名的计划", 45)
    assert Section.objects.count() == 2
    assert Enrolment.objects.get(account_number="2112241199996600001").seat == "12"
    assert ledger.counts["考生"] == {"updated": 1, "unchanged": 1}


def test_a_new_wording_is_a_new_revision_and_the_old_one_stays(bring: Import) -> None:
    bring()
    contents = plan_files.rows()
    contents["试题"][0]["题干"] = "一加一等于多少？"
    bring(contents)
    revisions = Revision.objects.filter(question__external_id="S1").order_by("number")
    assert [one.stem for one in revisions] == ["一加一等于几？", "一加一等于多少？"]
    assert SectionItem.objects.get(section__kind="single").revision.number == 2


def test_a_corrected_id_number_moves_the_enrolment_to_the_right_person(bring: Import) -> None:
    bring()
    contents = plan_files.rows()
    contents["考生"][0] |= {"证件类型": "护照", "证件号": "E12345678"}
    bring(contents)
    assert Enrolment.objects.get(account_number="2112241199996600001").candidate.id_number == "E12345678"


# --- keys that are taken ---------------------------------------------------------------------------------------------


def test_an_account_number_of_another_plan_is_refused(bring: Import) -> None:
    bring()
    contents = plan_files.rows()
    contents["考试计划"][0]["计划编号"] = "T2"
    faults = bring.faults(contents)
    assert [(fault.row, fault.column) for fault in faults] == [(2, "考试账号"), (3, "考试账号")]
    assert not Plan.objects.filter(code="T2").exists()


def test_a_second_account_number_for_the_same_exam_is_refused(bring: Import) -> None:
    bring()
    contents = plan_files.rows()
    contents["考生"][0]["考试账号"] = "9"
    assert "2112241199996600001" in bring.faults(contents)[0].reason


def test_an_id_number_known_under_another_kind_of_document_is_refused(bring: Import) -> None:
    bring()
    contents = plan_files.rows()
    contents["考生"][0]["证件类型"] = "其他证件"
    assert bring.faults(contents)[0].column == "证件类型"


def test_a_corrected_phone_number_gives_a_new_check_code(bring: Import) -> None:
    contents = plan_files.rows()
    contents["考试计划"][0]["校验码方式"] = "手机后四位"
    contents["考生"][1]["手机号"] = "13800002222"
    bring(contents)
    before = dict(Credential.objects.values_list("candidate", "digest"))
    contents["考生"][1]["手机号"] = "13800003333"
    bring(contents)
    after = dict(Credential.objects.values_list("candidate", "digest"))
    changed = Enrolment.objects.get(account_number="2112241199996600002").candidate_id
    assert {candidate for candidate in before if before[candidate] != after[candidate]} == {changed}


def test_another_kind_of_check_code_gives_everybody_a_new_one(bring: Import) -> None:
    contents = plan_files.rows()
    contents["考生"][1]["手机号"] = "13800002222"
    bring(contents)
    before = set(Credential.objects.values_list("digest", flat=True))
    contents["考试计划"][0]["校验码方式"] = "手机后四位"
    bring(contents)
    assert not before & set(Credential.objects.values_list("digest", flat=True))
