"""A plan package: plan.xlsx and photos/, in a folder or a zip, as one normalised plan."""

import re
import unicodedata
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from io import BytesIO
from pathlib import Path, PurePosixPath

from django.utils.translation import gettext as _
from PIL import Image, UnidentifiedImageError

from accounts.domain import id_card
from exams.importers import archive, workbook
from exams.importers.archive import MEGABYTE, PHOTO_MEGABYTES, Entry
from exams.importers.columns import CANDIDATES, PACKAGE_TITLE, PHOTOS_TITLE
from exams.importers.normalised import Fault, Photo, PlanPackage, Refused
from exams.importers.sheets import Row

WORKBOOK_NAME = "plan.xlsx"
PHOTO_FOLDERS = frozenset({"photos", "photo", "照片"})
PHOTO_SUFFIXES = frozenset({".jpg", ".jpeg", ".png"})
MOST_PHOTOS_OF_ONE = 9
ROWS_NAMED = 10
MOST_PIXELS = 50_000_000
LEAST_SIDE = 100  # pixels; below, no face in it can be compared

Progress = Callable[[int, int], None]
Look = Callable[[Sequence[Photo]], list[Fault]]
_NUMBERED = re.compile(r"(.+)_([1-9])$")


@contextmanager
def opened(path: Path, progress: Progress | None = None, look: Look | None = None) -> Iterator[PlanPackage]:
    """Yield the plan of a package, with the faults of its photos; raise `Refused` if the workbook has faults.

    What is wrong with the photos never hides behind the rows: `look` is asked about them before the refusal. Where
    the rows are right, whoever takes the plan in looks at the photos.
    """
    with archive.opened(path) as entries:
        home, entry = _find_workbook(entries)
        package, faults, candidates = workbook.read(archive.read_workbook(entry))
        photos, photo_faults = _photos(_photo_entries(entries, home), candidates, progress)
        if package is None:
            raise Refused([*faults, *photo_faults, *(look(photos) if look else [])])
        yield replace(package, photos=tuple(photos), photo_faults=tuple(photo_faults))


def workbook_bytes(path: Path) -> bytes:
    """Return the bytes of the workbook of a package, to hand it back with its faults."""
    with archive.opened(path) as entries:
        return archive.read_workbook(_find_workbook(entries)[1])


def _find_workbook(entries: list[Entry]) -> tuple[PurePosixPath, Entry]:
    """Return plan.xlsx and the folder it lies in: the package itself, or its only folder."""
    for entry in sorted(entries, key=lambda one: len(PurePosixPath(one.path).parts)):
        path = PurePosixPath(entry.path)
        if path.name.lower() == WORKBOOK_NAME and len(path.parts) <= 2:
            return path.parent, entry
    found = "、".join(entry.path for entry in entries if entry.path.lower().endswith((".xlsx", ".xls")))[:200]
    reason = _("没有找到 plan.xlsx；请把考试计划工作簿命名为 plan.xlsx，放在文件夹或压缩包的最外层。")
    if found:
        reason += _("（找到的是：%(found)s）") % {"found": found}
    raise Refused([Fault(PACKAGE_TITLE, None, WORKBOOK_NAME, reason)])


def _photo_entries(entries: list[Entry], home: PurePosixPath) -> list[Entry]:
    def is_photo(path: PurePosixPath) -> bool:
        inside = path.relative_to(home).parts if path.is_relative_to(home) else ()
        return len(inside) > 1 and inside[0].lower() in PHOTO_FOLDERS

    return [entry for entry in entries if is_photo(PurePosixPath(entry.path))]


def _photos(entries: list[Entry], candidates: list[Row], progress: Progress | None) -> tuple[list[Photo], list[Fault]]:
    """Match every picture to its candidate, and look at each: is it a picture, and of a bearable size?"""
    owners = _Owners(candidates)
    faults = [*owners.faults_of_missing_files(entries)]
    photos: dict[tuple[str, int], Photo] = {}
    for done, entry in enumerate(sorted(entries, key=lambda one: one.path), start=1):
        owner, index = owners.of(entry)
        wrong = _wrong_file(entry)
        reasons = [wrong, "" if owner or not _is_picture(entry) else owners.missing()]
        key = (owner.values["id_number"] if owner else entry.path, index)
        if owner and key in photos:
            reasons.append(_("这位考生已有同一序号的照片，请只保留一张，或在文件名后加 _2、_3。"))
        elif not wrong and (owner or owners.unread):  # may be right once the number can be read
            photos[key] = Photo(key[0] if owner else "", index, entry.path, owner.number if owner else None, entry.load)
        faults += [_photo_fault(entry, owner, reason) for reason in reasons if reason]
        if progress:
            progress(done, len(entries))
    return list(photos.values()), faults


def _photo_fault(entry: Entry, owner: Row | None, reason: str) -> Fault:
    name = PurePosixPath(entry.path).name
    if owner is None:
        return Fault(PHOTOS_TITLE, None, name, reason)
    return Fault(CANDIDATES.title, owner.number, "照片文件名", f"{name}: {reason}")


def _key(name: str) -> str:
    return unicodedata.normalize("NFKC", name).strip().lower()


class _Owners:
    """Who a picture belongs to: the candidate who names its file, else the one with that ID number."""

    def __init__(self, candidates: list[Row]) -> None:
        self.by_number: dict[str, Row] = {}
        self.by_file: dict[str, Row] = {}
        self.named: list[tuple[str, Row]] = []
        self.unread = [row.number for row in candidates if not row.values["id_number"]]
        for row in candidates:
            if number := row.values["id_number"]:
                self.by_number.setdefault(id_card.normalise(number), row)
            if file := row.get("photo_file"):
                self.named.append((_key(file), row))
                self.by_file.setdefault(_key(PurePosixPath(file).stem), row)

    def of(self, entry: Entry) -> tuple[Row | None, int]:
        """Return the candidate of a picture and its number, from 1."""
        stem = PurePosixPath(entry.path).stem
        numbered = _NUMBERED.match(stem)
        for name, index in ((stem, 1), (numbered[1], int(numbered[2])) if numbered else ("", 1)):
            owner = self.by_file.get(_key(name)) or self.by_number.get(id_card.normalise(name)) if name else None
            if owner:
                return owner, index
        return None, 1

    def missing(self) -> str:
        """Say why a picture has no owner; it may be the one of a row whose number cannot be read."""
        if not self.unread:
            return _("这张照片不属于考生表中的任何人，请核对文件名或删去。")
        rows = "、".join(map(str, self.unread[:ROWS_NAMED])) + ("…" if len(self.unread) > ROWS_NAMED else "")
        reason = _(
            "没有找到这张照片的考生。考生表第 %(rows)s 行的证件号无法读取，请先更正；若照片不是其中的人，请核对文件名。"
        )
        return reason % {"rows": rows}

    def faults_of_missing_files(self, entries: list[Entry]) -> Iterator[Fault]:
        there = {_key(PurePosixPath(entry.path).name) for entry in entries}
        there |= {_key(PurePosixPath(entry.path).stem) for entry in entries}
        for file, row in self.named:
            if _key(PurePosixPath(file).name) not in there:
                yield row.fault("photo_file", _("photos 文件夹中没有这个文件，请补上照片或更正文件名。"))


def _is_picture(entry: Entry) -> bool:
    return PurePosixPath(entry.path).suffix.lower() in PHOTO_SUFFIXES


def _wrong_file(entry: Entry) -> str:
    """Say why a file cannot be a reference photo, or return an empty text."""
    if not _is_picture(entry):
        return _("照片应为 jpg 或 png 格式。")
    if entry.size > PHOTO_MEGABYTES * MEGABYTE:
        return _("照片超过 %(limit)s MB，请缩小后再导入。") % {"limit": PHOTO_MEGABYTES}
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            with Image.open(BytesIO(entry.load()), formats=("JPEG", "PNG")) as picture:
                if picture.width * picture.height > MOST_PIXELS:
                    return _("照片的像素过多，请缩小后再导入。")
                if min(picture.size) < LEAST_SIDE:
                    return _("照片太小，短边至少 %(least)s 像素，请更换。") % {"least": LEAST_SIDE}
                picture.load()
    except Refused as refused:
        return refused.faults[0].reason
    except (UnidentifiedImageError, Image.DecompressionBombError, OSError, ValueError, SyntaxError):
        return _("这个文件不是可以打开的 jpg 或 png 图片，请更换。")
    return ""
