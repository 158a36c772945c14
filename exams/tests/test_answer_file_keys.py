"""The key pairs of answer files: one for each exam, its private part sealed and never handed out."""

import base64
import json
import re

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_der_private_key, load_der_public_key
from django.db import connection
from django.urls import reverse
from django.utils import timezone
from pytest_django.fixtures import DjangoAssertNumQueries

from exams import sweeper
from exams.models import AnswerFileKey, Exam, Sitting
from exams.services import answer_file_keys
from exams.tests.factories import CLIENT, ExamFactory, SittingFactory, browser_of, hours
from tests.fixtures.keys import make_a_key_pair

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("open_seams")]


@pytest.fixture
def exam() -> Exam:
    made: Exam = ExamFactory()
    return made


def test_a_key_pair_belongs_together_and_has_2048_bits() -> None:
    private, public = make_a_key_pair()
    known = load_der_public_key(base64.b64decode(public))
    assert isinstance(known, RSAPublicKey)
    assert known.key_size == 2048
    assert load_der_private_key(private, None).public_key() == known


def test_an_exam_keeps_its_key(exam: Exam) -> None:
    assert answer_file_keys.public_key(exam) == answer_file_keys.public_key(Exam.objects.get(pk=exam.pk))
    assert AnswerFileKey.objects.count() == 1


def test_every_exam_has_a_key_of_its_own(exam: Exam) -> None:
    assert answer_file_keys.public_key(exam).name != answer_file_keys.public_key(ExamFactory()).name


def test_a_known_key_costs_no_query(exam: Exam, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    answer_file_keys.public_key(exam)
    with django_assert_num_queries(0):
        answer_file_keys.public_key(exam)


def test_the_private_key_is_sealed_in_the_database(exam: Exam) -> None:
    answer_file_keys.public_key(exam)
    with connection.cursor() as cursor:
        cursor.execute("SELECT private FROM exams_answerfilekey")
        stored = bytes(cursor.fetchone()[0])
    private = AnswerFileKey.objects.get().private
    assert load_der_private_key(private, None)
    assert private not in stored


def test_the_sweeper_makes_the_keys_of_exams_that_are_near() -> None:
    near, far = ExamFactory(), ExamFactory(opens_at=timezone.now() + hours(30))
    sweeper.sweep()
    assert list(AnswerFileKey.objects.values_list("exam", flat=True)) == [near.pk]
    assert far.pk != near.pk


def test_a_page_is_given_the_public_key_alone() -> None:
    sitting: Sitting = SittingFactory(begun=True)
    body = json.dumps({"client": CLIENT})
    page = browser_of(sitting).post(reverse("exams:begin"), body, content_type="application/json")
    found = re.search(r'id="paper-data"[^>]*>(.*?)</script>', page.content.decode())
    assert found is not None
    key = AnswerFileKey.objects.get()
    assert json.loads(found.group(1))["answer_key"] == {"id": key.name, "spki": key.public}
    assert base64.b64encode(key.private).decode() not in page.content.decode()
