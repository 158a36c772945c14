"""enrolments: what candidates declare, and the photo that staff replace."""

from io import BytesIO

import pytest
from django.contrib.auth.models import User
from django.utils import timezone
from PIL import Image

from exams import seams
from exams.models import Consent, Correction, ReferencePhoto, StateChange
from exams.services import enrolments
from exams.services.refusals import ReasonMissing, Refused
from exams.tests.factories import EnrolmentFactory, SittingFactory

pytestmark = pytest.mark.django_db


def picture(colour: str = "grey", kind: str = "JPEG") -> bytes:
    out = BytesIO()
    Image.new("RGB", (60, 80), colour).save(out, kind)
    return out.getvalue()


def test_what_is_wrong_is_noted_for_the_organizer() -> None:
    enrolment = EnrolmentFactory()
    note = enrolments.record_correction(enrolment, "  姓名应为李铭 ", timezone.now())
    assert (note.enrolment, note.text, note.settled_at) == (enrolment, "姓名应为李铭", None)


def test_the_same_note_twice_is_one() -> None:
    enrolment = EnrolmentFactory()
    for _time in range(2):
        enrolments.record_correction(enrolment, "姓名应为李铭", timezone.now())
    assert Correction.objects.count() == 1


def test_an_empty_note_is_refused() -> None:
    with pytest.raises(Refused):
        enrolments.record_correction(EnrolmentFactory(), "  ", timezone.now())


def test_every_change_of_mind_about_consent_is_kept() -> None:
    enrolment = EnrolmentFactory()
    for given in (False, False, True):
        enrolments.answer_consent(enrolment, "2026-11", given, timezone.now())
    assert list(Consent.objects.order_by("pk").values_list("given", flat=True)) == [False, True]


def test_another_version_of_the_text_is_answered_anew() -> None:
    enrolment = EnrolmentFactory()
    for version in ("2026-11", "2026-12"):
        enrolments.answer_consent(enrolment, version, True, timezone.now())
    assert Consent.objects.count() == 2


def test_a_new_photo_takes_the_place_of_the_old_ones_which_stay_on_record(open_seams: None, admin_user: User) -> None:
    sitting = SittingFactory()
    first, second = (
        enrolments.replace_photo(sitting.enrolment, picture(colour), admin_user, "底照陈旧", timezone.now())
        for colour in ("grey", "white")
    )
    first.refresh_from_db()
    assert first.retired_at is not None
    assert (second.source, second.retired_at) == (ReferencePhoto.Source.STAFF, None)
    change = StateChange.objects.filter(sitting=sitting, field="photo").last()
    assert change is not None
    assert (change.by, change.reason) == (admin_user, "底照陈旧")


def test_a_photo_is_kept_as_jpeg_until_its_day(open_seams: None, admin_user: User) -> None:
    enrolment = EnrolmentFactory()
    photo = enrolments.replace_photo(enrolment, picture(kind="PNG"), admin_user, "底照陈旧", timezone.now())
    assert photo.data.startswith(b"\xff\xd8")
    assert photo.expires_at > enrolment.exam.closes_at


def test_a_photo_with_a_fault_is_refused_with_its_words(open_seams: None, admin_user: User) -> None:
    seams.photo_checks.register(lambda image: "照片中没有人脸。")
    with pytest.raises(Refused, match="没有人脸"):
        enrolments.replace_photo(EnrolmentFactory(), picture(), admin_user, "底照陈旧", timezone.now())
    assert not ReferencePhoto.objects.exists()


@pytest.mark.parametrize("image", [b"", b"not a picture", b"x" * (10 * 1024 * 1024 + 1)])
def test_what_is_no_picture_is_refused(open_seams: None, admin_user: User, image: bytes) -> None:
    with pytest.raises(Refused):
        enrolments.replace_photo(EnrolmentFactory(), image, admin_user, "底照陈旧", timezone.now())


def test_replacing_a_photo_needs_a_reason(admin_user: User) -> None:
    with pytest.raises(ReasonMissing):
        enrolments.replace_photo(EnrolmentFactory(), picture(), admin_user, "", timezone.now())
