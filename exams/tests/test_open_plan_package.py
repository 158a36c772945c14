"""Folders and zips: what is found in them, and what they may not do."""

import zipfile
from pathlib import Path

import pytest

from exams.importers import archive, package
from exams.importers.normalised import Fault, Refused
from exams.tests import plan_files


def faults_of(path: Path) -> list[Fault]:
    try:
        with package.opened(path) as brought:
            return list(brought.photo_faults)
    except Refused as refused:
        return refused.faults


def photo_owners(path: Path) -> list[tuple[str, int]]:
    with package.opened(path) as brought:
        return sorted((photo.id_number, photo.index) for photo in brought.photos)


PHOTOS = {
    f"{plan_files.FIRST_ID.lower()}.JPG": plan_files.picture(),
    f"{plan_files.FIRST_ID}_2.png": plan_files.picture(kind="PNG"),
}
BOTH = [(plan_files.FIRST_ID, 1), (plan_files.FIRST_ID, 2)]


def test_photos_are_found_by_id_number_in_any_case(tmp_path: Path) -> None:
    assert photo_owners(plan_files.folder(tmp_path / "p", plan_files.workbook(), PHOTOS)) == BOTH


def test_a_photo_may_be_named_in_the_sheet_of_candidates(tmp_path: Path) -> None:
    contents = plan_files.rows()
    contents["考生"][0]["照片文件名"] = "zhang.jpg"
    photos = {"zhang.jpg": plan_files.picture(), "zhang_2.jpg": plan_files.picture()}
    assert photo_owners(plan_files.folder(tmp_path / "p", plan_files.workbook(contents), photos)) == BOTH


def test_a_zip_may_hold_everything_in_one_folder(tmp_path: Path) -> None:
    files = {"考试/plan.xlsx": plan_files.workbook(), "__MACOSX/考试/._plan.xlsx": b"", "考试/.DS_Store": b""}
    files |= {f"考试/photos/{name}": content for name, content in PHOTOS.items()}
    assert photo_owners(plan_files.zipped(tmp_path / "p.zip", files)) == BOTH


def test_names_in_gbk_are_understood(tmp_path: Path) -> None:
    path = tmp_path / "gbk.zip"
    contents = plan_files.rows()
    contents["考生"][0]["照片文件名"] = "张一.jpg"
    with zipfile.ZipFile(path, "w") as made:
        made.writestr("plan.xlsx", plan_files.workbook(contents))
        made.writestr("photos/XXXX.jpg", plan_files.picture())
    path.write_bytes(path.read_bytes().replace(b"XXXX.jpg", "张一".encode("gbk") + b".jpg"))
    assert photo_owners(path) == [(plan_files.FIRST_ID, 1)]


def test_a_workbook_alone_is_a_package(tmp_path: Path) -> None:
    path = tmp_path / "我的计划.xlsx"
    path.write_bytes(plan_files.workbook())
    assert photo_owners(path) == []


@pytest.mark.parametrize("name", ["../evil.jpg", "/etc/evil.jpg", "photos/../../evil.jpg", "C:\\evil.jpg"])
def test_names_that_lead_out_of_the_zip_are_refused(tmp_path: Path, name: str) -> None:
    path = plan_files.zipped(tmp_path / "p.zip", {"plan.xlsx": plan_files.workbook(), name: b"x"})
    assert [fault.sheet for fault in faults_of(path)] == ["文件"]


def test_a_zip_bomb_is_refused_before_it_is_unpacked(tmp_path: Path) -> None:
    bomb = {"plan.xlsx": plan_files.workbook(), "photos/1.jpg": b"\0" * (20 * archive.MEGABYTE)}
    assert "压缩" in faults_of(plan_files.zipped(tmp_path / "p.zip", bomb))[0].reason


def test_a_zip_that_unpacks_to_too_much_is_refused(tmp_path: Path, settings: object) -> None:
    settings.IMPORT_MAX_MEGABYTES = 1  # type: ignore[attr-defined]
    many = {"plan.xlsx": plan_files.workbook(), "photos/1.jpg": b"\0" * (2 * archive.MEGABYTE)}
    assert "1 MB" in faults_of(plan_files.zipped(tmp_path / "p.zip", many))[0].reason


def test_a_file_that_lies_about_its_size_is_refused(tmp_path: Path) -> None:
    path = plan_files.zipped(tmp_path / "p.zip", {"plan.xlsx": plan_files.workbook()})
    data = bytearray(path.read_bytes())
    at = data.index(b"PK\x01\x02") + 24
    data[at : at + 4] = (100).to_bytes(4, "little")
    path.write_bytes(data)
    assert faults_of(path)[0].column == "plan.xlsx"


def test_a_link_in_a_zip_is_refused(tmp_path: Path) -> None:
    path = plan_files.zipped(tmp_path / "p.zip", {"plan.xlsx": plan_files.workbook()})
    with zipfile.ZipFile(path, "a") as made:
        link = zipfile.ZipInfo("photos/1.jpg")
        link.external_attr = 0o120777 << 16
        made.writestr(link, "/etc/passwd")
    assert "链接" in faults_of(path)[0].reason


def test_a_link_out_of_the_folder_is_refused(tmp_path: Path) -> None:
    path = plan_files.folder(tmp_path / "p", plan_files.workbook(), PHOTOS)
    (tmp_path / "secret.jpg").write_bytes(plan_files.picture())
    (path / "photos" / "link.jpg").symlink_to(tmp_path / "secret.jpg")
    assert "链接" in faults_of(path)[0].reason


@pytest.mark.parametrize("content", [b"", b"not a zip", b"Rar!\x1a\x07\x00"])
def test_what_is_no_zip_is_named(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "p.zip"
    path.write_bytes(content)
    assert "zip" in faults_of(path)[0].reason


def test_a_missing_path_and_a_missing_workbook_are_named(tmp_path: Path) -> None:
    assert faults_of(tmp_path / "nowhere")[0].sheet == "文件"
    (tmp_path / "p").mkdir()
    (tmp_path / "p" / "考试.xlsx").write_bytes(plan_files.workbook())
    assert "考试.xlsx" in faults_of(tmp_path / "p")[0].reason


def test_a_workbook_that_is_none_is_named(tmp_path: Path) -> None:
    assert faults_of(plan_files.folder(tmp_path / "p", b"PK nonsense"))[0].column == "plan.xlsx"


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("someone-else.jpg", plan_files.picture(), "不属于"),
        (f"{plan_files.FIRST_ID}.jpg", b"no picture", "图片"),
        (f"{plan_files.FIRST_ID}.jpg", plan_files.picture()[:-200], "图片"),
        (f"{plan_files.FIRST_ID}.gif", plan_files.picture(), "格式"),
        (f"{plan_files.FIRST_ID}.jpg", plan_files.picture(size=(60, 80)), "太小"),
    ],
)
def test_a_photo_that_cannot_be_used_is_named(tmp_path: Path, name: str, content: bytes, words: str) -> None:
    (fault,) = faults_of(plan_files.folder(tmp_path / "p", plan_files.workbook(), {name: content}))
    assert words in fault.reason
    assert name in (fault.column, fault.reason.split(":")[0])


def test_two_photos_for_one_place_are_named(tmp_path: Path) -> None:
    photos = {
        f"{plan_files.FIRST_ID}.jpg": plan_files.picture(),
        f"{plan_files.FIRST_ID}.png": plan_files.picture(kind="PNG"),
    }
    assert "同一序号" in faults_of(plan_files.folder(tmp_path / "p", plan_files.workbook(), photos))[0].reason


def test_a_photo_the_sheet_names_but_nobody_brought_is_a_fault_of_its_row(tmp_path: Path) -> None:
    contents = plan_files.rows()
    contents["考生"][1]["照片文件名"] = "li.jpg"
    (fault,) = faults_of(plan_files.folder(tmp_path / "p", plan_files.workbook(contents)))
    assert (fault.sheet, fault.row, fault.column) == ("考生", 3, "照片文件名")
