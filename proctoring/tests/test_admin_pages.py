"""What the pages of the back office show, and to whom."""

import re
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone, translation
from pytest_django.fixtures import DjangoAssertNumQueries

from exams.domain.lifecycle import CheckIn
from exams.models import Exam, Sitting
from exams.services import enrolments, responses, sittings
from exams.tests.factories import CLIENT, EnrolmentFactory, ExamFactory, SittingFactory, overdue
from proctoring.admin import overview, words
from proctoring.models import IdentityCheck, Incident, PictureViewing, Snapshot
from proctoring.services import incidents, interventions, messages
from proctoring.tests import staff
from proctoring.tests.factories import camera_sitting, passed_sitting

pytestmark = pytest.mark.django_db


def page(client: Client, name: str, *args: Any, **query: Any) -> str:
    answer = client.get(reverse(f"admin:{name}", args=args), query)
    assert answer.status_code == 200
    return answer.content.decode()


def answered(sitting: Sitting, value: str = "B") -> None:
    sitting = Sitting.objects.select_related("enrolment__exam__plan", "paper").get(pk=sitting.pk)
    ops = [{"question": 1, "seq": 1, "value": [value], "doubtful": True}]
    responses.save(sitting, {"client": CLIENT, "epoch": sitting.epoch, "ops": ops})


def with_picture(sitting: Sitting, **fields: Any) -> IdentityCheck:
    now = timezone.now()
    picture = Snapshot.objects.create(sitting=sitting, data=b"x", reason="x", expires_at=now, taken_at=now)
    told = {"occasion": "check_in", "verdict": "match", "distance": 0.31, "threshold": 0.45, **fields}
    return IdentityCheck.objects.create(sitting=sitting, snapshot=picture, began_at=now, decided_at=now, **told)


# --- one sitting -----------------------------------------------------------------------------------------------------


def test_the_reference_photo_stands_beside_the_picture_of_the_check_in() -> None:
    sitting = passed_sitting()
    check = with_picture(sitting)
    shown = page(staff.invigilator(), "exams_sitting_change", sitting.pk)
    photo = sitting.enrolment.photos.get()
    assert reverse("proctoring:picture", args=["reference", photo.pk]) in shown
    assert reverse("proctoring:picture", args=["snapshot", check.snapshot_id]) in shown
    assert "人脸距离 0.31，在阈值 0.45 以内，与底照相符" in shown


def test_looking_at_a_picture_is_on_record() -> None:
    sitting = passed_sitting()
    check = with_picture(sitting)
    staff.invigilator().get(reverse("proctoring:picture", args=["snapshot", check.snapshot_id]))
    assert PictureViewing.objects.get().enrolment == sitting.enrolment


def test_right_answers_and_points_are_for_organizers_only() -> None:
    sitting = passed_sitting()
    answered(sitting)
    sittings.submit(sitting, Sitting.EndedBy.CANDIDATE, timezone.now())
    seen = page(staff.organizer(), "exams_sitting_change", sitting.pk)
    hidden = page(staff.invigilator(), "exams_sitting_change", sitting.pk)
    assert "正确答案" in seen
    assert "得分" in seen
    assert "正确答案" not in hidden
    assert "得分" not in hidden
    assert 'class="score"' not in hidden


def test_the_id_number_is_masked_on_every_page() -> None:
    sitting = passed_sitting()
    number, client = sitting.enrolment.candidate.id_number, staff.organizer()
    pages = [
        page(client, "exams_sitting_change", sitting.pk),
        page(client, "exams_sitting_room", sitting.enrolment.exam_id),
        page(client, "exams_enrolment_change", sitting.enrolment_id),
        page(client, "exams_enrolment_changelist"),
        page(client, "exams_sitting_changelist"),
    ]
    assert not [shown for shown in pages if number in shown]


def test_the_story_tells_what_happened_who_did_it_and_why() -> None:
    sitting = passed_sitting()
    client = staff.invigilator()
    url = reverse("admin:exams_sitting_act", args=[sitting.pk])
    client.post(url, {"kind": "extend", "minutes": 5, "reason": "网络中断耽误作答"})
    messages.call_for_help(sitting, "鼠标坏了", now=timezone.now())
    incidents.note(sitting, Incident.Kind.SECOND_DEVICE, severity="info", at=timezone.now())
    shown = page(client, "exams_sitting_change", sitting.pk)
    story = shown[shown.index('id="history"') :]
    for words_of_it in (
        "延长时间（5分钟）",
        "加时 5分钟",
        "网络中断耽误作答",
        "鼠标坏了",
        "异常：另一设备登录",
        "候考 → 答题中",
    ):
        assert words_of_it in story


def test_only_what_fits_the_state_is_offered() -> None:
    client = staff.invigilator()
    running = page(client, "exams_sitting_change", passed_sitting().pk)
    assert 'value="pause"' in running
    assert 'value="reopen"' not in running
    ended = passed_sitting()
    sittings.submit(ended, Sitting.EndedBy.CANDIDATE, timezone.now())
    shown = page(client, "exams_sitting_change", ended.pk)
    assert 'value="reopen"' in shown
    assert 'value="pause"' not in shown


def test_a_sitting_without_a_camera_has_nothing_about_faces() -> None:
    shown = page(staff.invigilator(), "exams_sitting_change", SittingFactory(begun=True).pk)
    assert "底照" not in shown
    assert 'value="pass_check_in"' not in shown


def test_an_answer_that_was_not_taken_in_is_offered_once() -> None:
    sitting = overdue(SittingFactory(begun=True, exam__late_responses=Exam.LateResponses.KEEP.value))
    answered(sitting)
    client = staff.organizer()
    shown = page(client, "exams_sitting_change", sitting.pk)
    assert "迟到，待人工裁定" in shown
    entry = re.search(r'name="entries" value="(\d+)"', shown)
    assert entry
    data = {"kind": "accept_late", "entries": entry[1], "reason": "网络中断导致迟到"}
    client.post(reverse("admin:exams_sitting_act", args=[sitting.pk]), data)
    assert 'name="entries"' not in page(client, "exams_sitting_change", sitting.pk)


def test_the_head_of_the_page_tells_when_there_is_something_new() -> None:
    sitting, client = passed_sitting(), staff.invigilator()
    before = page(client, "exams_sitting_live", sitting.pk)
    messages.call_for_help(sitting, "", now=timezone.now())
    after = page(client, "exams_sitting_live", sitting.pk)
    version = re.compile(r'data-version="(\w+)"')
    assert version.findall(before) != version.findall(after)


def test_what_a_candidate_writes_is_never_markup() -> None:
    sitting = passed_sitting()
    messages.call_for_help(sitting, "<script>alert(1)</script>", now=timezone.now())
    enrolments.record_correction(sitting.enrolment, "<img src=x onerror=alert(1)>", timezone.now())
    client = staff.organizer()
    for shown in (
        page(client, "exams_sitting_change", sitting.pk),
        page(client, "exams_sitting_room", sitting.enrolment.exam_id),
        page(client, "exams_enrolment_change", sitting.enrolment_id),
        page(client, "exams_correction_changelist"),
    ):
        assert "<script>alert" not in shown
        assert "<img src=x" not in shown


# --- the room --------------------------------------------------------------------------------------------------------


def room_of_everybody() -> Exam:
    """Return an exam with one candidate at each place."""
    exam: Exam = ExamFactory(with_paper=True, face_rule=Exam.FaceRule.CONTINUOUS.value)
    EnrolmentFactory(exam=exam, name="未到者")
    camera_sitting(enrolment__name="候考者", exam=exam)
    passed_sitting(enrolment__name="答题者", exam=exam)
    held = camera_sitting(enrolment__name="等候者", exam=exam)
    sittings.move_check_in(held, CheckIn.HELD, timezone.now())
    done = passed_sitting(enrolment__name="交卷者", exam=exam)
    sittings.submit(done, Sitting.EndedBy.CANDIDATE, timezone.now())
    return exam


def test_everybody_is_in_exactly_one_list() -> None:
    exam = room_of_everybody()
    room = overview.room(exam, timezone.now())
    names = {
        name: [row.enrolment.name for row in getattr(room, name)]
        for name in ("held", "sitting", "ready", "done", "absent")
    }
    assert names == {
        "held": ["等候者"],
        "sitting": ["答题者"],
        "ready": ["候考者"],
        "done": ["交卷者"],
        "absent": ["未到者"],
    }
    counts = room.counts
    assert (counts.enrolled, counts.held, counts.sitting, counts.ready, counts.done, counts.absent) == (
        5,
        1,
        1,
        1,
        1,
        1,
    )


def test_who_waits_for_a_person_comes_first() -> None:
    shown = page(staff.invigilator(), "exams_sitting_room", room_of_everybody().pk)
    assert shown.index("等候者") < shown.index("答题者") < shown.index("未到者")


def test_the_room_is_found_by_name() -> None:
    exam = room_of_everybody()
    part = page(staff.invigilator(), "exams_sitting_room", exam.pk, q="答题者", part="1")
    assert "答题者" in part
    assert "交卷者" not in part
    assert "<html" not in part


def test_the_room_asks_the_database_as_often_for_many_as_for_one(
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    exam = room_of_everybody()
    for _time in range(5):
        passed_sitting(exam=exam)
    with django_assert_max_num_queries(16):
        overview.room(exam, timezone.now())


def test_the_first_page_counts_what_waits() -> None:
    exam = room_of_everybody()
    sitting = Sitting.objects.get(enrolment__name="答题者")
    messages.call_for_help(sitting, "", now=timezone.now())
    incidents.note(sitting, Incident.Kind.SECOND_DEVICE, severity="info", at=timezone.now())
    incidents.note(sitting, Incident.Kind.NOBODY_THERE, severity="warning", at=timezone.now())
    shown = page(staff.invigilator(), "index")
    assert exam.name in shown
    numbers = re.findall(r'figure-card__number">(\d+)</span>\s*<span class="figure-card__label">([^<]+)', shown)
    told = {label: int(number) for number, label in numbers}
    assert told["待人工核验"] == 1
    assert told["待答复的求助"] == 1
    assert told["待处理异常"] == 1  # what is for information waits for nobody
    assert "待处理的信息有误" not in told


def test_the_first_page_of_staff_without_a_group_says_whom_to_ask() -> None:
    shown = page(staff.staff_without_group(), "index")
    assert "联系系统管理员" in shown
    assert "figure-card__number" not in shown


def test_exam_and_sittings_lead_to_each_other() -> None:
    sitting = passed_sitting()
    exam, client = sitting.enrolment.exam, staff.organizer()
    room = reverse("admin:exams_sitting_room", args=[exam.pk])
    assert room in page(client, "exams_exam_changelist")
    assert f"exam__id__exact={exam.pk}" in page(client, "exams_exam_changelist")
    its_page = reverse("admin:exams_sitting_change", args=[sitting.pk])
    assert its_page in page(client, "exams_sitting_room", exam.pk)
    assert its_page in page(client, "exams_enrolment_changelist")
    shown = page(client, "exams_sitting_change", sitting.pk)
    for address in (room, reverse("admin:exams_plan_change", args=[exam.plan_id])):
        assert address in shown


# --- lists -----------------------------------------------------------------------------------------------------------


def test_results_show_points_and_whether_they_count() -> None:
    sitting = passed_sitting(identity="in_doubt")
    answered(sitting, "A")
    sittings.submit(sitting, Sitting.EndedBy.CANDIDATE, timezone.now())
    shown = page(staff.organizer(), "exams_result_changelist")
    assert "待人工裁定" in shown
    assert "身份存疑，待人工核验" in shown
    assert re.search(r"<strong[^>]*>2</strong>", shown)


def test_a_result_leads_to_the_page_of_its_sitting() -> None:
    sitting = passed_sitting()
    sittings.submit(sitting, Sitting.EndedBy.CANDIDATE, timezone.now())
    answer = staff.organizer().get(reverse("admin:exams_result_change", args=[sitting.result.pk]))
    assert answer.headers["Location"] == f"{reverse('admin:exams_sitting_change', args=[sitting.pk])}#result"


@pytest.mark.parametrize(
    "name", ["exams_sitting", "proctoring_incident", "proctoring_identitycheck", "exams_enrolment"]
)
def test_lists_find_by_name_and_account(name: str) -> None:
    sitting = passed_sitting(enrolment__name="欧阳明月")
    incidents.note(sitting, Incident.Kind.SECOND_DEVICE, severity="info", at=timezone.now())
    with_picture(sitting)
    client = staff.invigilator()
    for wanted in ("欧阳", sitting.enrolment.account_number):
        assert "欧阳明月" in page(client, f"{name}_changelist", q=wanted)
    assert "欧阳明月" not in page(client, f"{name}_changelist", q="无此人")


def test_every_staff_page_speaks_english_too() -> None:
    sitting = passed_sitting()
    with translation.override("en"):
        client = staff.invigilator()
        client.cookies["django_language"] = "en"
        assert page(client, "exams_sitting_change", sitting.pk)
        assert page(client, "exams_sitting_room", sitting.enrolment.exam_id)


# --- words -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("found", "threshold", "said"),
    [
        (0.31, 0.45, "与底照相符"),
        (0.62, 0.45, "差异明显"),
        (0.46, 0.45, "请以人工比对为准"),
        (0.44, 0.45, "请以人工比对为准"),
        (None, 0.45, "没有与底照比对"),
    ],
)
def test_a_distance_is_told_in_words(found: float | None, threshold: float, said: str) -> None:
    assert said in words.distance(found, threshold)


def test_an_intervention_that_a_person_left_behind_is_told_after_the_sitting_has_ended() -> None:
    sitting, client = passed_sitting(), staff.invigilator()
    user = client.session["_auth_user_id"]
    assert user
    interventions.terminate(sitting, by=_user(user), reason="违反考场纪律", now=timezone.now())
    assert "违反考场纪律" in page(client, "exams_sitting_change", sitting.pk)


def _user(pk: str) -> Any:
    from django.contrib.auth.models import User

    return User.objects.get(pk=pk)


def test_who_has_signed_out_sees_no_menu_and_a_way_back() -> None:
    page = staff.organizer().post(reverse("admin:logout")).content.decode()
    assert "您已退出考务后台。" in page
    assert "重新登录" in page
    assert "nav-sidebar" not in page
