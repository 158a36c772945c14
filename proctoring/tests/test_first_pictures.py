"""A photo taken at check-in holds the result back until a person has compared it with the ID card."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from exams.domain.lifecycle import CheckIn, Validity
from exams.models import Enrolment, ReferencePhoto, Result, Sitting
from exams.services import exports, marks, sittings
from exams.tests.factories import browser_of
from proctoring.domain.check_in import Outcome
from proctoring.models import Intervention
from proctoring.services import evidence, identity, interventions
from proctoring.tests import scenes, staff
from proctoring.tests.factories import attempt_of, camera_sitting, decision, give_photo, passed_sitting

pytestmark = pytest.mark.django_db
NOT_COMPARED = "底照为首次采集，尚未与证件比对"
EXPIRED = "首次采集的底照未与证件比对即已到期删除，待裁定"
PAGE = reverse("admin:exams_sitting_photos")


@pytest.fixture
def by() -> User:
    return User.objects.create_user("warden", is_staff=True)


def adopted(name: str = "obama", **fields: Any) -> tuple[Sitting, ReferencePhoto]:
    """Return a sitting handed in whose photo was taken at check-in."""
    sitting = passed_sitting(photo=None, **fields)
    photo = give_photo(sitting, name)
    photo.source, photo.to_compare = ReferencePhoto.Source.FIRST_CHECK_IN.value, True
    photo.save()
    sittings.submit(sitting, Sitting.EndedBy.CANDIDATE, timezone.now())
    return sitting, photo


def validity(sitting: Sitting) -> tuple[str, str]:
    result = Result.objects.get(sitting=sitting)
    return result.validity, result.validity_reason


def words(by: User) -> dict[str, Any]:
    return {"by": by, "reason": "已核对身份证", "now": timezone.now()}


def compare(client: Client, *photos: ReferencePhoto, reason: str = "已核对身份证") -> Any:
    return client.post(PAGE, {"photo": [photo.pk for photo in photos], "reason": reason})


# --- validity --------------------------------------------------------------------------------------------------------


def test_a_result_waits_while_nobody_has_compared_the_picture() -> None:
    sitting, _photo = adopted()
    assert validity(sitting) == (Validity.PENDING_REVIEW, NOT_COMPARED)


def test_it_counts_as_soon_as_the_picture_agrees_with_the_card(by: User) -> None:
    sitting, photo = adopted()
    interventions.compare_photo(photo, same=True, **words(by))
    assert validity(sitting) == (Validity.VALID, "")


def test_it_waits_on_where_something_else_holds_it(by: User) -> None:
    sitting, photo = adopted()
    interventions.reject_identity(sitting, **words(by))
    interventions.compare_photo(photo, same=True, **words(by))
    assert validity(sitting) == (Validity.PENDING_REVIEW, "考务人员否定了考生身份")


def test_it_waits_where_the_picture_shows_somebody_else(by: User) -> None:
    sitting, photo = adopted()
    interventions.compare_photo(photo, same=False, **words(by))
    photo.refresh_from_db()
    assert photo.comparison == ReferencePhoto.Comparison.DIFFERENT
    assert validity(sitting) == (Validity.PENDING_REVIEW, "考务人员否定了考生身份")


def test_another_photo_in_its_place_does_not_let_the_first_one_off(by: User) -> None:
    sitting, photo = adopted()
    interventions.replace_photo(sitting.enrolment, image=scenes.photo("obama2"), **words(by))
    assert validity(sitting) == (Validity.PENDING_REVIEW, NOT_COMPARED)
    shown = staff.invigilator().get(reverse("admin:exams_sitting_change", args=[sitting.pk])).content.decode()
    assert f'name="photo" value="{photo.pk}"' in shown
    interventions.compare_photo(photo, same=True, **words(by))
    photo.refresh_from_db()
    assert photo.retired_at is not None
    assert photo.comparison == ReferencePhoto.Comparison.SAME
    assert validity(sitting) == (Validity.VALID, "")


def test_what_a_person_has_decided_stands(by: User) -> None:
    sitting, photo = adopted()
    interventions.set_validity(Result.objects.get(sitting=sitting), Validity.INVALID, **words(by))
    interventions.compare_photo(photo, same=True, **words(by))
    assert validity(sitting)[0] == Validity.INVALID


# --- seen by organizers ----------------------------------------------------------------------------------------------


def test_the_results_name_it_and_are_filtered_by_it(by: User) -> None:
    waiting, _photo = adopted(enrolment__name="待比对者")
    _done, photo = adopted(enrolment__name="已比对者")
    interventions.compare_photo(photo, same=True, **words(by))
    client, results = staff.organizer(), reverse("admin:exams_result_changelist")
    shown = client.get(results, {"first_picture": "waiting"}).content.decode()
    assert "待比对者" in shown
    assert "已比对者" not in shown
    assert reverse("admin:exams_sitting_change", args=[waiting.pk]) + "#identity" in shown
    shown = client.get(results, {"first_picture": "done"}).content.decode()
    assert "已比对者" in shown
    assert "待比对者" not in shown


def test_exports_have_a_column_for_it(by: User) -> None:
    _waiting, _photo = adopted(enrolment__account_number="1")
    _same, photo = adopted(enrolment__account_number="2")
    interventions.compare_photo(photo, same=True, **words(by))
    _other, photo = adopted(enrolment__account_number="3")
    interventions.compare_photo(photo, same=False, **words(by))
    passed_sitting(enrolment__account_number="4")
    table = exports.results(Enrolment.objects.all())
    told = [dict(zip(table.columns, row, strict=True)) for row in table.rows]
    assert {row["考试账号"]: row["首次采集的底照"] for row in told} == {
        "1": "待与证件比对",
        "2": "与证件一致",
        "3": "与证件不一致",
        "4": "",
    }


# --- many on one page ------------------------------------------------------------------------------------------------


def test_many_are_compared_on_one_page_each_on_the_record() -> None:
    chosen = [adopted()[1], adopted()[1]]
    left, _photo = adopted(enrolment__name="留待处理者")
    client = staff.invigilator()
    answer = compare(client, *chosen)
    assert answer.status_code == 302
    assert Intervention.objects.filter(kind="compare_photo", reason="已核对身份证").count() == 2
    assert LogEntry.objects.filter(change_message__contains="底照与证件比对").count() == 2
    assert [validity(photo.enrolment.sitting)[0] for photo in chosen] == [Validity.VALID] * 2
    assert validity(left)[0] == Validity.PENDING_REVIEW
    shown = client.get(PAGE).content.decode()
    assert "已记录2张底照与证件一致" in shown
    assert "留待处理者" in shown


def test_nothing_is_noted_without_a_choice_or_a_reason_and_the_choice_is_kept() -> None:
    _sitting, photo = adopted()
    client = staff.organizer()
    assert "请先勾选" in compare(client).content.decode()
    shown = compare(client, photo, reason=" ").content.decode()
    assert "请填写原因" in shown
    assert f'value="{photo.pk}" checked' in shown
    assert not Intervention.objects.exists()


def test_what_somebody_else_has_compared_meanwhile_is_told(by: User) -> None:
    _sitting, photo = adopted()
    interventions.compare_photo(photo, same=True, **words(by))
    client = staff.invigilator()
    compare(client, photo)
    assert "1张已由其他人处理" in client.get(PAGE).content.decode()
    assert Intervention.objects.count() == 1


def test_a_photo_that_was_imported_is_not_compared_here() -> None:
    sitting = passed_sitting()
    compare(staff.invigilator(), sitting.enrolment.photos.get())
    assert not Intervention.objects.exists()


def test_the_page_is_narrowed_to_an_exam_and_a_name() -> None:
    first, _photo = adopted(enrolment__name="甲")
    adopted(enrolment__name="乙")
    client = staff.invigilator()
    for narrowed in ({"exam": first.enrolment.exam_id}, {"q": "甲"}):
        shown = client.get(PAGE, narrowed).content.decode()
        assert ">甲</a>" in shown
        assert ">乙</a>" not in shown
    assert client.get(PAGE, {"exam": "9" * 5000, "page": "x"}).status_code == 404


def test_the_page_is_closed_to_others_and_kept_by_no_cache() -> None:
    sitting, photo = adopted()
    assert compare(staff.staff_without_group(), photo).status_code == 403
    assert browser_of(sitting).get(PAGE).status_code == 302
    assert "no-store" in staff.organizer().get(PAGE).headers["Cache-Control"]
    assert not Intervention.objects.exists()


def test_a_first_picture_that_expires_before_anybody_compared_it_holds_the_result_back_until_a_person_decides(
    by: User,
) -> None:
    sitting = camera_sitting(photo=None)
    sitting = identity.adopt(sitting, attempt_of("obama"), decision(Outcome.ADOPTED), now=timezone.now())
    sittings.begin(sitting, "page-1", timezone.now())
    sittings.submit(sitting, Sitting.EndedBy.CANDIDATE, timezone.now())
    evidence.purge(timezone.now() + timedelta(days=4000))
    assert not ReferencePhoto.objects.exists()
    marks.mark_sitting(sitting, timezone.now())
    result = Result.objects.get()
    assert (result.validity, result.validity_reason) == (Validity.PENDING_REVIEW.value, EXPIRED)
    interventions.clear_identity(sitting, **words(by))
    result.refresh_from_db()
    assert (sitting.check_in, result.validity) == (CheckIn.PASSED, Validity.PENDING_REVIEW.value)
    interventions.set_validity(result, Validity.VALID.value, **words(by))
    result.refresh_from_db()
    assert result.validity == Validity.VALID.value


def test_a_first_picture_that_was_compared_may_expire(by: User) -> None:
    sitting = camera_sitting(photo=None)
    sitting = identity.adopt(sitting, attempt_of("obama"), decision(Outcome.ADOPTED), now=timezone.now())
    interventions.compare_photo(ReferencePhoto.objects.get(), same=True, **words(by))
    sittings.begin(sitting, "page-1", timezone.now())
    evidence.purge(timezone.now() + timedelta(days=4000))
    sittings.submit(sitting, Sitting.EndedBy.CANDIDATE, timezone.now())
    assert Result.objects.get().validity == Validity.VALID.value
