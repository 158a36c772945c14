"""What is wrong with photos is said in the same round as what is wrong with rows."""

from io import StringIO
from pathlib import Path
from threading import get_ident

import pytest
from django.core.management import CommandError, call_command
from django.utils import translation

from exams import seams
from exams.models import Plan, ReferencePhoto
from exams.services.photos import normalised
from exams.tests import plan_files
from exams.tests.plan_imports import Import, begin

pytestmark = pytest.mark.django_db
FIRST, SECOND = f"{plan_files.FIRST_ID}.jpg", f"{plan_files.SECOND_ID}.jpg"
WITHOUT_FACE, WITH_FACE = plan_files.picture("red"), plan_files.picture()


@pytest.fixture(autouse=True)
def faces(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let red pictures have no face; the real check has tests of its own."""

    def check(picture: bytes) -> str | None:
        return translation.gettext("照片中未检测到人脸。") if picture == normalised(WITHOUT_FACE) else None

    monkeypatch.setattr(seams.photo_checks, "checks", [check])
    monkeypatch.setattr(seams.photo_stored, "checks", [])


def refused(path: Path) -> list[str]:
    """Return the lines of faults that the command prints."""
    out = StringIO()
    with pytest.raises(CommandError):
        call_command("import_plan", str(path), stdout=out, verbosity=0)
    assert not Plan.objects.exists()
    return out.getvalue().splitlines()[1:]


def test_a_wrong_row_a_wrong_file_and_a_missing_face_are_named_together(tmp_path: Path) -> None:
    contents = plan_files.rows()
    contents["考试科目"][0]["时长（分钟）"] = 90
    photos = {FIRST: WITHOUT_FACE, SECOND: b"no picture", "nobody.jpg": WITH_FACE}
    lines = refused(plan_files.folder(tmp_path / "p", plan_files.workbook(contents), photos))
    words = ["超过了考试窗口", "未检测到人脸", "不是可以打开的", "不属于考生表"]
    assert len(lines) == len(words)
    assert all(word in line for word, line in zip(words, lines, strict=True))


def test_a_wrong_file_hides_no_missing_face_where_all_rows_are_right(tmp_path: Path) -> None:
    photos = {FIRST: WITHOUT_FACE, SECOND: b"no picture"}
    lines = refused(plan_files.folder(tmp_path / "p", plan_files.workbook(), photos))
    assert ["未检测到人脸" in lines[0], "不是可以打开的" in lines[1]] == [True, True]


def test_pictures_that_may_belong_to_an_unreadable_number_are_named_and_looked_at(tmp_path: Path) -> None:
    contents = plan_files.rows()
    contents["考生"][0]["证件号"] = ""
    path = plan_files.folder(tmp_path / "p", plan_files.workbook(contents), {FIRST: WITHOUT_FACE, SECOND: WITH_FACE})
    lines = refused(path)
    assert len(lines) == 3
    assert "必填" in lines[0]
    assert "第 2 行的证件号无法读取" in lines[1]
    assert FIRST in lines[1]
    assert "未检测到人脸" in lines[2]
    assert FIRST in lines[2]


def test_photos_are_looked_at_side_by_side_and_in_the_readers_language(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[tuple[int, str | None]] = []

    def note(picture: bytes) -> None:
        seen.append((get_ident(), translation.get_language()))

    monkeypatch.setattr(seams.photo_checks, "checks", [note])
    path = plan_files.folder(tmp_path / "p", plan_files.workbook(), {FIRST: WITH_FACE, SECOND: WITHOUT_FACE})
    with translation.override("en"):
        call_command("import_plan", str(path), stdout=StringIO(), verbosity=0)
    assert {language for _thread, language in seen} == {"en"}
    assert get_ident() not in {thread for thread, _language in seen}


def test_a_photo_of_somebody_who_sits_is_named_together_with_a_row_that_may_not_change(tmp_path: Path) -> None:
    bring = Import(tmp_path)
    bring()
    begin()
    contents = plan_files.rows()
    contents["考试科目"][0]["时长（分钟）"] = 40
    faults = bring.faults(contents, {FIRST: WITH_FACE, SECOND: WITH_FACE})
    assert [(fault.sheet, fault.row, fault.column) for fault in faults] == [
        ("考试科目", 2, "时长（分钟）"),
        ("考生", 2, "照片文件名"),
    ]
    assert not ReferencePhoto.objects.exists()
