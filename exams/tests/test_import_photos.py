"""Reference photos of an import: looked at, stored with an end, replaced but never overwritten."""

from collections.abc import Callable
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from exams import seams
from exams.models import Plan, ReferencePhoto
from exams.tests import plan_files
from exams.tests.plan_imports import Import, begin, tables

pytestmark = pytest.mark.django_db
PORTRAITS = Path(__file__).resolve().parents[2] / "proctoring" / "tests" / "faces"


@pytest.fixture
def bring(tmp_path: Path) -> Import:
    return Import(tmp_path)


@pytest.fixture
def checks(monkeypatch: pytest.MonkeyPatch) -> list[Callable[[bytes], str | None]]:
    """Leave the faces to the one test that is about them."""
    checks: list[Callable[[bytes], str | None]] = []
    monkeypatch.setattr(seams.photo_checks, "checks", checks)
    monkeypatch.setattr(seams.photo_stored, "checks", [])
    return checks


def portraits_side_by_side() -> bytes:
    """Return a picture of two persons."""
    out = BytesIO()
    with Image.open(PORTRAITS / "obama.jpg") as left, Image.open(PORTRAITS / "biden.jpg") as right:
        height = 400
        halves = [one.convert("RGB").resize((one.width * height // one.height, height)) for one in (left, right)]
    both = Image.new("RGB", (sum(one.width for one in halves), height))
    both.paste(halves[0], (0, 0))
    both.paste(halves[1], (halves[0].width, 0))
    both.save(out, "JPEG")
    return out.getvalue()


def test_one_face_is_taken_and_none_or_two_are_faults(bring: Import) -> None:
    first, second = plan_files.FIRST_ID, plan_files.SECOND_ID
    wrong = {f"{first}.jpg": plan_files.picture(size=(480, 640)), f"{second}.jpg": portraits_side_by_side()}
    faults = bring.faults(plan_files.rows(), wrong)
    assert [(fault.row, fault.column) for fault in faults] == [(2, "照片文件名"), (3, "照片文件名")]
    assert faults[0].reason.split(": ")[1] != faults[1].reason.split(": ")[1]
    bring(
        photos={
            f"{first}.jpg": (PORTRAITS / "obama.jpg").read_bytes(),
            f"{second}.jpg": (PORTRAITS / "biden.jpg").read_bytes(),
        }
    )
    assert ReferencePhoto.objects.count() == 2


def test_the_same_photos_again_change_nothing(bring: Import, checks: list[Callable[[bytes], str | None]]) -> None:
    photos = {f"{plan_files.FIRST_ID}.jpg": plan_files.picture()}
    bring(photos=photos)
    before = tables()
    checks.append(lambda _picture: "looked at again")
    assert bring(photos=photos).counts["照片"] == {"unchanged": 1}
    assert tables() == before


def test_photos_are_stored_with_a_reason_and_a_last_day(bring: Import, checks: object, settings: Any) -> None:
    bring(
        photos={
            f"{plan_files.FIRST_ID}.jpg": plan_files.picture(),
            f"{plan_files.FIRST_ID}_2.png": plan_files.picture("red", kind="PNG"),
        }
    )
    first, second = ReferencePhoto.objects.all()
    assert (first.position, second.position, first.enrolment.name) == (1, 2, "张一")
    assert first.reason
    assert first.expires_at == first.enrolment.exam.closes_at + timedelta(days=settings.REFERENCE_PHOTO_DAYS)
    assert second.data.startswith(b"\xff\xd8")  # always kept as JPEG


def test_another_photo_takes_the_place_of_the_old_one_which_is_kept(bring: Import, checks: object) -> None:
    bring(photos={f"{plan_files.FIRST_ID}.jpg": plan_files.picture()})
    bring(photos={f"{plan_files.FIRST_ID}.jpg": plan_files.picture("red")})
    assert ReferencePhoto.objects.filter(retired_at=None).count() == 1
    assert ReferencePhoto.objects.count() == 2


def test_a_photo_is_not_exchanged_while_its_candidate_sits(bring: Import, checks: object) -> None:
    bring(photos={f"{plan_files.FIRST_ID}.jpg": plan_files.picture()})
    begin()
    (fault,) = bring.faults(plan_files.rows(), {f"{plan_files.FIRST_ID}.jpg": plan_files.picture("red")})
    assert (fault.row, fault.column) == (2, "照片文件名")


def test_what_the_photo_checks_say_is_a_fault_of_the_row(
    bring: Import, checks: list[Callable[[bytes], str | None]]
) -> None:
    checks.append(lambda _picture: "照片中没有找到人脸。")
    (fault,) = bring.faults(plan_files.rows(), {f"{plan_files.SECOND_ID}.jpg": plan_files.picture()})
    assert (fault.sheet, fault.row, fault.column) == ("考生", 3, "照片文件名")
    assert "没有找到人脸" in fault.reason
    assert not Plan.objects.exists()
