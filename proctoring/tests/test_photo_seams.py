"""What an import is told about photos, and what becomes of those that are stored."""

from collections.abc import Iterator

import cv2
import numpy as np
import pytest

from exams import seams
from exams.models import ReferencePhoto
from proctoring import queries, verifier
from proctoring.domain import matching
from proctoring.models import FaceTemplate
from proctoring.tests import scenes
from proctoring.tests.factories import camera_sitting, described, give_photo


@pytest.fixture(scope="module", autouse=True)
def one_verifier() -> Iterator[None]:
    yield
    verifier.shutdown()


def png(side: int) -> bytes:
    return cv2.imencode(".png", np.full((side, side, 3), 200, np.uint8))[1].tobytes()


def test_a_portrait_is_fine() -> None:
    assert seams.faults_of_photo(scenes.photo("obama")) == []


@pytest.mark.parametrize(
    ("image", "word"),
    [
        (png(300), "未检测到人脸"),
        (png(20), "尺寸过小"),
        (b"GIF89a", "不是 JPG"),
        (scenes.photo("obama")[:2000], "损坏"),
        (scenes.frame("obama", "biden", tall=260), "多张人脸"),
    ],
)
def test_what_is_wrong_is_said_in_words(image: bytes, word: str) -> None:
    faults = seams.faults_of_photo(image)
    assert len(faults) == 1
    assert word in faults[0]


@pytest.mark.django_db
def test_a_stored_photo_gets_its_template() -> None:
    photo = give_photo(camera_sitting(photo=None), "obama")
    FaceTemplate.objects.all().delete()
    for told in seams.photo_stored.checks:
        told(ReferencePhoto.objects.get(pk=photo.pk))
    stored = queries.references(photo.enrolment)
    assert len(stored) == 1
    assert matching.distance(stored[0], described("obama")) < 1e-5


@pytest.mark.django_db
def test_a_retired_photo_is_no_reference_any_more() -> None:
    photo = give_photo(camera_sitting(photo=None), "obama")
    photo.retired_at = photo.created_at
    photo.save()
    assert queries.references(photo.enrolment) == ()
    assert not queries.has_reference(photo.enrolment)
