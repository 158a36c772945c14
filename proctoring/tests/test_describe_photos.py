"""After a change of the face model every photo in force is described again, and no other."""

from io import StringIO

import pytest
from django.core.management import call_command
from django.utils import timezone

from proctoring import queries, verifier
from proctoring.faces import engine
from proctoring.models import FaceTemplate
from proctoring.tests.factories import camera_sitting

pytestmark = pytest.mark.django_db


def describe(*arguments: str) -> str:
    out = StringIO()
    call_command("describe_photos", *arguments, stdout=out, stderr=out)
    verifier.shutdown()
    return out.getvalue()


def test_photos_of_another_model_are_described_again() -> None:
    sitting = camera_sitting()
    FaceTemplate.objects.update(embedder="an-older-one", descriptor=b"")
    assert not queries.has_reference(sitting.enrolment)
    assert f"Described 1 reference photos by {engine.embedder_name()}" in describe()
    assert len(queries.references(sitting.enrolment)) == 1


def test_photos_of_the_model_in_use_and_retired_ones_are_left_alone() -> None:
    camera_sitting()
    retired = camera_sitting()
    retired.enrolment.photos.update(retired_at=timezone.now())
    FaceTemplate.objects.filter(photo__enrolment=retired.enrolment).delete()
    before = list(FaceTemplate.objects.values_list("pk", "created_at"))
    assert "Described 0" in describe()
    assert list(FaceTemplate.objects.values_list("pk", "created_at")) == before


def test_a_dry_run_only_counts() -> None:
    camera_sitting()
    FaceTemplate.objects.all().delete()
    assert describe("--dry-run").startswith("1 reference photos are not described")
    assert not FaceTemplate.objects.exists()


def test_a_photo_that_shows_nobody_is_named_in_the_count() -> None:
    sitting = camera_sitting()
    FaceTemplate.objects.all().delete()
    sitting.enrolment.photos.update(data=b"no picture")
    assert "1 photos show no face" in describe()
