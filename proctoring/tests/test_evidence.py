"""Pictures: who may see them, who did, and when they go."""

from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone, translation

from exams.models import ReferencePhoto
from proctoring.models import CheckInTemplate, FaceTemplate, PictureViewing, Snapshot
from proctoring.services import evidence
from proctoring.tests.factories import camera_sitting, staff

pytestmark = pytest.mark.django_db
PICTURE = b"\xff\xd8\xff picture"


def snapshot() -> Snapshot:
    kept = evidence.keep(camera_sitting(photo=None).pk, PICTURE, reason="测试", taken_at=timezone.now())
    assert kept is not None
    return kept


def address(picture: Snapshot | ReferencePhoto) -> str:
    kind = "snapshot" if isinstance(picture, Snapshot) else "reference"
    return reverse("proctoring:picture", args=[kind, picture.pk])


def test_a_picture_is_kept_with_a_reason_and_a_last_day() -> None:
    kept = snapshot()
    assert kept.reason == "测试"
    assert kept.expires_at - kept.taken_at == timedelta(days=180)
    assert evidence.keep(kept.sitting_id, b"", reason="x", taken_at=timezone.now()) is None


def test_staff_who_may_see_a_picture_see_it_and_no_cache_keeps_it() -> None:
    kept, user, browser = snapshot(), staff("proctoring.view_snapshot"), Client()
    browser.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    response = browser.get(address(kept))
    assert response.status_code == 200
    assert response.content == PICTURE
    assert response["Content-Type"] == "image/jpeg"
    assert "no-store" in response["Cache-Control"]


def test_who_looked_is_on_record() -> None:
    kept, user, browser = snapshot(), staff("proctoring.view_snapshot"), Client()
    browser.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    browser.get(address(kept))
    viewing = PictureViewing.objects.get()
    assert (viewing.by, viewing.picture, viewing.kind) == (user, kept.pk, "snapshot")
    assert viewing.enrolment == kept.sitting.enrolment


def test_nobody_else_sees_it() -> None:
    kept = snapshot()
    assert Client().get(address(kept)).status_code == 302
    browser = Client()
    browser.force_login(staff("exams.view_referencephoto"), backend="django.contrib.auth.backends.ModelBackend")
    assert browser.get(address(kept)).status_code == 403
    assert browser.get(reverse("proctoring:picture", args=["selfie", kept.pk])).status_code == 404
    assert not PictureViewing.objects.exists()


def purge(*options: str) -> str:
    out = StringIO()
    call_command("purge_evidence", *options, stdout=out, verbosity=0)
    return out.getvalue()


def test_what_has_expired_is_deleted_with_its_template() -> None:
    sitting, kept = camera_sitting(), snapshot()
    Snapshot.objects.filter(pk=kept.pk).update(expires_at=timezone.now() - timedelta(seconds=1))
    ReferencePhoto.objects.filter(enrolment=sitting.enrolment).update(expires_at=timezone.now())
    staying = camera_sitting(photo="biden")
    assert "已永久删除：1张监考图片、1张底照、1个人脸模板。" in purge()
    assert not Snapshot.objects.exists()
    assert [photo.enrolment_id for photo in ReferencePhoto.objects.all()] == [staying.enrolment_id]
    assert FaceTemplate.objects.count() == 1


def test_a_dry_run_deletes_nothing() -> None:
    kept = snapshot()
    Snapshot.objects.update(expires_at=timezone.now())
    told = purge("--dry-run")
    assert "已到期：1张监考图片。" in told
    assert "没有删除任何内容" in told
    assert Snapshot.objects.filter(pk=kept.pk).exists()


def test_the_face_of_somebody_who_checked_in_and_never_began_is_deleted_after_the_exam() -> None:
    yesterday = timezone.now() - timedelta(days=1, hours=1)
    gone = camera_sitting(check_in="passed", exam__opens_at=yesterday - timedelta(hours=4), exam__closes_at=yesterday)
    waiting = camera_sitting(check_in="passed")
    for sitting in (gone, waiting):
        CheckInTemplate.objects.create(sitting=sitting, embedder="x", descriptor=b"x", made_at=timezone.now())
    purge()
    assert [kept.sitting for kept in CheckInTemplate.objects.all()] == [waiting]


def test_nothing_to_delete_is_said() -> None:
    snapshot()
    assert purge() == "没有到期的图片，无需删除。\n"


def test_the_purge_speaks_the_language_it_runs_in_and_counts_rightly() -> None:
    camera_sitting(photo="obama")
    for taken in (snapshot(), snapshot()):
        Snapshot.objects.filter(pk=taken.pk).update(expires_at=timezone.now())
    ReferencePhoto.objects.update(expires_at=timezone.now())
    with translation.override("en"):
        assert "Deleted for good: 2 snapshots, 1 reference photo, 1 face template." in purge()
