"""Calibrating a plan: by command and in the admin, what is stored, and what becomes of exams without any threshold."""

import json
from io import StringIO
from pathlib import Path

import numpy as np
import pytest
from asgiref.sync import async_to_sync
from django.core.management import CommandError, call_command
from django.urls import reverse
from django.utils import timezone

from exams import seams
from exams.models import Exam, Plan, ReferencePhoto, StateChange
from exams.tests.factories import EnrolmentFactory, ExamFactory
from proctoring import calibrations, checks, queries
from proctoring.consumers.check_in import CheckInDesk
from proctoring.domain import thresholds
from proctoring.domain.thresholds import Source
from proctoring.models import FaceCalibration, FaceTemplate
from proctoring.services import identity
from proctoring.tests import scenes, staff
from proctoring.tests.factories import camera_sitting

pytestmark = pytest.mark.django_db


def plan_of(candidates: int, *, photos: int = 1, seed: int = 5) -> Plan:
    """Return a camera exam's plan whose candidates have faces drawn by lot."""
    exam = ExamFactory(face_rule=Exam.FaceRule.CONTINUOUS.value)
    lot = np.random.default_rng(seed)
    for _ in range(candidates):
        enrolment = EnrolmentFactory(exam=exam)
        middle = lot.normal(0, 0.6 / np.sqrt(256), 128)
        for position in range(photos):
            photo = ReferencePhoto.objects.create(
                enrolment=enrolment,
                position=position + 1,
                data=b"x",
                digest=f"{enrolment.pk}-{position}",
                reason="test",
                expires_at=timezone.now(),
            )
            identity.store_template(photo, middle + lot.normal(0, 0.3 / np.sqrt(256), 128))
    plan: Plan = exam.plan
    return plan


def calibrated(plan: Plan, *options: str) -> str:
    out = StringIO()
    call_command("calibrate_faces", "--plan", plan.code, *options, stdout=out, stderr=out, verbosity=0)
    return out.getvalue()


@pytest.fixture
def strange_model(monkeypatch: pytest.MonkeyPatch) -> None:
    """A face model that no table knows."""
    monkeypatch.setattr(thresholds, "TABLE", ())


# --- by command ------------------------------------------------------------------------------------------------------


def test_a_plan_gets_thresholds_of_its_own_people() -> None:
    plan = plan_of(120)
    told = calibrated(plan, "--yes")
    base = calibrations.base_of(plan)
    assert base is not None
    assert base.source is Source.PLAN
    assert "7,140" in told
    assert "已保存" in told
    stored = FaceCalibration.objects.get()
    assert (stored.plan, stored.persons, stored.impostor, stored.made_by) == (plan, 120, 7140, None)
    assert plan.name not in json.dumps(stored.figures)


def test_each_candidate_is_measured_by_how_near_their_nearest_others_are() -> None:
    plan = plan_of(120)
    calibrated(plan, "--yes")
    templates = list(FaceTemplate.objects.order_by("crowding"))
    found = [queries.thresholds_of(plan, [template]) for template in (templates[0], templates[-1])]
    assert found[0] is not None
    assert found[1] is not None
    assert found[0].check_in < found[1].check_in


def test_a_dry_run_says_what_would_change_and_stores_nothing() -> None:
    plan = plan_of(120)
    told = calibrated(plan, "--dry-run")
    assert "现在" in told
    assert "改为" in told
    assert not FaceCalibration.objects.exists()
    assert not FaceTemplate.objects.filter(crowding__isnull=False).exists()


def test_without_a_yes_nothing_is_stored() -> None:
    assert "--yes" in calibrated(plan_of(120))
    assert not FaceCalibration.objects.exists()


def test_too_few_candidates_keep_the_table_and_are_told_how_many_pairs_are_missing() -> None:
    plan = plan_of(20)
    told = calibrated(plan, "--yes")
    assert "190" in told
    assert "6,000" in told
    base = calibrations.base_of(plan)
    assert base is not None
    assert base.source is Source.TABLE


def test_json_is_a_list_and_nothing_else() -> None:
    out = StringIO()
    call_command("calibrate_faces", "--plan", plan_of(60).code, "--json", "--dry-run", stdout=out, stderr=StringIO())
    rows = json.loads(out.getvalue())
    assert [(row["photos"], row["frames"]) for row in rows] == [(1, 1), (3, 1), (3, 3)]
    single = rows[0]
    assert (single["group"], single["genuine"], single["impostor"]) == ("all", 0, 1770)
    assert set(single["threshold_at"]) == set(single["fnmr_at"]) == {"0.01", "0.001", "0.0001"}
    assert single["threshold_at"]["0.01"] is not None
    assert single["threshold_at"]["0.001"] is None
    assert single["fnmr_at"]["0.01"] is None


def test_the_terminal_does_not_show_whole_names() -> None:
    plan = plan_of(30)
    one, other = FaceTemplate.objects.order_by("pk")[:2]
    FaceTemplate.objects.filter(pk=other.pk).update(descriptor=one.descriptor)
    name = one.photo.enrolment.name
    told = calibrated(plan, "--dry-run")
    assert "0.000" in told
    assert name not in told
    assert name[0] + "*" in told


def test_one_person_in_two_exams_is_one_person() -> None:
    plan = plan_of(3)
    first = FaceTemplate.objects.select_related("photo__enrolment").order_by("pk")[0]
    again = EnrolmentFactory(exam=ExamFactory(plan=plan), candidate=first.photo.enrolment.candidate)
    photo = ReferencePhoto.objects.create(
        enrolment=again, data=b"x", digest=first.photo.digest, reason="test", expires_at=timezone.now()
    )
    identity.store_template(photo, queries.unpacked(first.descriptor))
    faces = calibrations.faces_of(plan)
    assert (len(faces.candidates), len(faces.templates)) == (3, 3)


def test_an_unknown_plan_and_an_impossible_target_are_refused() -> None:
    with pytest.raises(CommandError, match="没有编号"):
        call_command("calibrate_faces", "--plan", "none")
    with pytest.raises(CommandError):
        call_command("calibrate_faces", "--plan", "none", "--target", "2")


def test_faults_of_a_list_are_named_and_nothing_is_measured(tmp_path: Path) -> None:
    path = tmp_path / "pairs.csv"
    (tmp_path / "a.jpg").write_bytes(b"GIF89a")
    path.write_text("path,person\na.jpg,a\nnone.jpg,b\n")
    told = StringIO()
    with pytest.raises(CommandError, match="2"):
        call_command("calibrate_faces", "--pairs", str(path), stderr=told)
    assert "第 2 行：图片无法读取" in told.getvalue()
    assert "第 3 行：文件不存在：none.jpg" in told.getvalue()


def test_what_is_missing_can_be_skipped_but_not_what_makes_no_sense(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(scenes.photo("obama"))
    path = tmp_path / "pairs.csv"
    path.write_text("path,person\na.jpg,a\nnone.jpg,b\n")
    with pytest.raises(CommandError, match="至少需要两个人"):
        call_command("calibrate_faces", "--pairs", str(path), "--skip-unreadable", stderr=StringIO(), verbosity=0)
    path.write_text("path,person\na.jpg,a\na.jpg,b\n")
    with pytest.raises(CommandError, match="没有测量"):
        call_command("calibrate_faces", "--pairs", str(path), "--skip-unreadable", stderr=StringIO(), verbosity=0)


def test_pictures_of_a_list_go_through_the_engine_and_curves_are_drawn(tmp_path: Path) -> None:
    lines = ["path,person,group"]
    for name, person in (("obama", "o"), ("obama2", "o"), ("biden", "b")):
        (tmp_path / f"{name}.jpg").write_bytes(scenes.photo(name))
        lines.append(f"{name}.jpg,{person},x")
    (tmp_path / "wall.jpg").write_bytes(scenes.jpeg(scenes.room()))
    (tmp_path / "pairs.csv").write_text("\n".join([*lines, "wall.jpg,w,x"]))
    out = StringIO()
    arguments = ("--pairs", str(tmp_path / "pairs.csv"), "--json", "--curves", str(tmp_path / "drawn"))
    call_command("calibrate_faces", *arguments, stdout=out, stderr=StringIO(), verbosity=0)
    row = json.loads(out.getvalue())[0]
    assert (row["pictures"], row["failed_to_acquire"], row["failed"]) == (4, 1, {"no_face": 1})
    assert (row["genuine"], row["impostor"]) == (1, 2)
    assert (tmp_path / "drawn" / "error-rates.svg").read_text().startswith("<svg")


# --- exams on nothing ------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("strange_model")
def test_a_camera_exam_that_nothing_is_known_for_is_refused_with_what_to_run() -> None:
    plan = plan_of(2)
    (found,) = checks.every_camera_exam_has_a_threshold()
    assert plan.code in found.msg
    assert f"calibrate_faces --plan {plan.code}" in str(found.hint)
    assert f"calibrate_faces --plan {plan.code}" in seams.advice_on(plan)[0]


@pytest.mark.usefixtures("strange_model")
def test_a_calibration_of_the_plan_is_enough_for_a_strange_model() -> None:
    plan = plan_of(120)
    calibrated(plan, "--yes")
    assert checks.every_camera_exam_has_a_threshold() == []
    assert seams.advice_on(plan) == []


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("strange_model")
def test_its_candidates_wait_for_a_person_and_the_reason_is_kept() -> None:
    sitting = camera_sitting()
    facts = queries.camera_facts(sitting, timezone.now())
    desk = CheckInDesk(facts, timezone.now())
    async_to_sync(desk.greet)(timezone.now())
    sitting.refresh_from_db()
    assert sitting.check_in == "held"
    assert "尚未校准" in StateChange.objects.get(sitting=sitting, field="check_in").reason


@pytest.mark.usefixtures("strange_model")
def test_without_a_threshold_nobody_in_the_exam_is_called_a_stranger() -> None:
    facts = queries.camera_facts(camera_sitting(check_in="passed", begun=True), timezone.now())
    assert facts.known_faces == ()


def test_a_known_model_needs_nothing_but_is_advised_to_calibrate() -> None:
    plan = plan_of(2)
    assert checks.every_camera_exam_has_a_threshold() == []
    assert "建议运行" in seams.advice_on(plan)[0]


# --- in the admin ----------------------------------------------------------------------------------------------------


def page_of(plan: Plan) -> str:
    return reverse("admin:proctoring_facecalibration_plan", args=[plan.pk])


def test_an_organizer_calibrates_with_one_click_and_sees_the_curves() -> None:
    plan, client = plan_of(120, photos=2), staff.organizer()
    before = client.get(page_of(plan)).content.decode()
    assert "保守阈值表" in before
    assert client.post(page_of(plan)).status_code == 302
    after = client.get(page_of(plan)).content.decode()
    assert "本计划考生底照的校准结果" in after
    assert after.count("<svg xmlns") >= 2
    assert FaceCalibration.objects.get().made_by is not None


def test_an_invigilator_looks_but_does_not_calibrate() -> None:
    plan, client = plan_of(2), staff.invigilator()
    assert client.get(page_of(plan)).status_code == 200
    assert client.post(page_of(plan)).status_code == 403


def test_nobody_else_gets_in() -> None:
    assert staff.staff_without_group().get(page_of(plan_of(2))).status_code == 403


def test_look_alikes_are_named_with_links_to_their_enrolments() -> None:
    plan = plan_of(3)
    one, other = FaceTemplate.objects.order_by("pk")[:2]
    FaceTemplate.objects.filter(pk=other.pk).update(descriptor=one.descriptor)
    shown = staff.organizer().get(page_of(plan)).content.decode()
    for template in (one, other):
        assert reverse("admin:exams_enrolment_change", args=[template.photo.enrolment_id]) in shown


@pytest.mark.parametrize("page", ["plan", "exam"])
def test_the_pages_of_plan_and_exam_say_what_the_face_check_rests_on(page: str) -> None:
    plan = plan_of(2)
    row = plan if page == "plan" else plan.exams.get()
    address = reverse(f"admin:exams_{page}_change", args=[row.pk])
    assert "保守阈值表" in staff.organizer().get(address).content.decode()


@pytest.mark.usefixtures("strange_model")
def test_they_say_it_loudly_where_there_is_nothing() -> None:
    plan = plan_of(2)
    shown = staff.organizer().get(reverse("admin:exams_plan_change", args=[plan.pk])).content.decode()
    assert "notice--danger" in shown
    assert f"calibrate_faces --plan {plan.code}" in shown
