"""同意书: a versioned yes or no before the camera."""

import pytest
from django.template.loader import get_template, render_to_string
from pytest_django import Settings

from exams import seams
from exams.domain.consent import VERSION
from exams.models import Consent, Exam
from exams.tests.factories import SittingFactory, browser_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("open_seams")]


@pytest.fixture(autouse=True)
def _asked(open_seams: None) -> None:
    """Ask every sitting that has not answered."""
    seams.consent.register(lambda sitting: not Consent.objects.filter(enrolment=sitting.enrolment).exists())


def test_the_text_in_force_exists() -> None:
    assert get_template(f"exams/consent/{VERSION}.html")


def test_the_page_says_how_long_pictures_are_kept(settings: Settings) -> None:
    settings.EVIDENCE_DAYS, settings.REFERENCE_PHOTO_DAYS = 31, 62
    shown = browser_of(SittingFactory()).get("/consent/").content.decode()
    assert "保存31天" in shown
    assert "保存62天" in shown
    assert VERSION in shown


def test_the_page_says_whether_the_camera_stays_on() -> None:
    throughout = SittingFactory(exam__face_rule=Exam.FaceRule.CONTINUOUS.value)
    at_entry = SittingFactory(exam__face_rule=Exam.FaceRule.CHECK_IN.value)
    assert "考试期间的摄像头画面" in browser_of(throughout).get("/consent/").content.decode()
    assert "考试期间不使用摄像头" in browser_of(at_entry).get("/consent/").content.decode()


@pytest.mark.parametrize(("answer", "given"), [("yes", True), ("no", False)])
def test_an_answer_is_recorded_with_its_version(answer: str, given: bool) -> None:
    sitting = SittingFactory()
    went = browser_of(sitting).post("/consent/", {"version": VERSION, "answer": answer})
    assert went["Location"] == "/waiting/"
    consent = Consent.objects.get(enrolment=sitting.enrolment)
    assert (consent.version, consent.given) == (VERSION, given)


@pytest.mark.parametrize("body", [{"version": "2020-01", "answer": "yes"}, {"version": VERSION}, {}])
def test_an_answer_to_another_text_or_none_is_asked_for_again(body: dict[str, str]) -> None:
    assert browser_of(SittingFactory()).post("/consent/", body).status_code == 200
    assert not Consent.objects.exists()


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ("off", None),
        ("optional", "您还可以用手机作为第二摄像头"),
        ("required", "本场考试还要求用您的手机作为第二摄像头"),
    ],
)
def test_the_text_names_the_phone_where_the_exam_asks_for_one(rule: str, said: str | None) -> None:
    shown = render_to_string(
        f"exams/consent/{VERSION}.html",
        {
            "continuous": True,
            "second_camera": rule != "off",
            "second_camera_required": rule == "required",
            "evidence_days": 180,
            "thumbnail_days": 30,
            "photo_days": 180,
        },
    )
    assert ("第二摄像头" in shown) is (said is not None)
    assert said is None or said in shown
    assert "约每分钟一张的缩略图，保存30天" in shown
