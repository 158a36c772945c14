"""A folder or a zip as one flat list of files, with everything that a hostile or broken zip can do held off."""

import stat
import unicodedata
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path, PurePosixPath

from django.conf import settings
from django.utils.translation import gettext as _

from exams.importers.columns import PACKAGE_TITLE
from exams.importers.normalised import Fault, Refused

MEGABYTE = 1024 * 1024
WORKBOOK_MEGABYTES = 50
WORKBOOK_UNPACKED_MEGABYTES = 400  # an .xlsx is a zip itself
PHOTO_MEGABYTES = 10
MOST_FILES = 100_000
LARGEST_RATIO = 200  # of a large file; pictures shrink by a few per cent, texts by some tens
RATIO_COUNTS_FROM = 5 * MEGABYTE
UTF8_NAME = 0x800
ENCRYPTED = 0x1


@dataclass(frozen=True)
class Entry:
    """One file of a package; `path` is relative, with forward slashes."""

    path: str
    size: int
    load: Callable[[], bytes] = field(repr=False, compare=False)


def _fault(name: str, reason: str) -> Fault:
    return Fault(PACKAGE_TITLE, None, name, reason)


def _refuse(name: str, reason: str) -> Refused:
    return Refused([_fault(name, reason)])


@contextmanager
def opened(path: Path) -> Iterator[list[Entry]]:
    """Yield the files of a folder, a zip or a single workbook, which can be read until the block ends."""
    if path.is_dir():
        yield list(_folder(path))
    elif not path.is_file():
        raise _refuse(str(path), _("没有这个文件或文件夹，请检查路径。"))
    elif path.suffix.lower() == ".xlsx":
        yield [Entry("plan.xlsx", path.stat().st_size, path.read_bytes)]
    else:
        try:
            with zipfile.ZipFile(path) as archive:
                yield _zip(archive)
        except zipfile.BadZipFile:
            raise _refuse(path.name, _("文件不是完好的 zip 压缩包，请重新打包（不要用 rar 或 7z）。")) from None


def _folder(root: Path) -> Iterator[Entry]:
    home = root.resolve()
    for file in sorted(root.rglob("*")):
        name = file.relative_to(root).as_posix()
        if file.is_file() and not _is_clutter(name):
            if not file.resolve().is_relative_to(home):
                raise _refuse(name, _("这个文件是指向文件夹以外的链接，请换成文件本身。"))
            yield Entry(name, file.stat().st_size, file.read_bytes)


def _zip(archive: zipfile.ZipFile) -> list[Entry]:
    """Check the whole list of a zip before anything is unpacked, and never unpack to the disk."""
    members = [member for member in archive.infolist() if not member.is_dir()]
    limit = settings.IMPORT_MAX_MEGABYTES
    if len(members) > MOST_FILES:
        raise _refuse("", _("压缩包内文件过多，请分开导入。"))
    if sum(member.file_size for member in members) > limit * MEGABYTE:
        raise _refuse("", _("压缩包解开后超过 %(limit)s MB，请缩小照片或分开导入。") % {"limit": limit})
    faults: list[Fault] = []
    entries: dict[str, Entry] = {}
    for member in members:
        name = _member_name(member)
        if _is_clutter(name):
            continue
        if reason := _wrong_member(member, name, entries):
            faults.append(_fault(name, reason))
        entries[name] = Entry(name, member.file_size, _loader(archive, member, name))
    if faults:
        raise Refused(faults)
    return list(entries.values())


def _loader(archive: zipfile.ZipFile, member: zipfile.ZipInfo, name: str) -> Callable[[], bytes]:
    def load() -> bytes:
        try:
            return archive.read(member)  # stops at the declared size, and then the checksum tells
        except (zipfile.BadZipFile, NotImplementedError, EOFError, OSError, ValueError) as error:
            raise _refuse(name, _("压缩包中的这个文件已损坏，请重新打包。")) from error

    return load


def _member_name(member: zipfile.ZipInfo) -> str:
    """Return the name as its writer meant it: many Chinese tools write GBK without saying so."""
    name = member.filename
    if not member.flag_bits & UTF8_NAME:
        raw = name.encode("cp437", errors="replace")
        for encoding in ("utf-8", "gb18030"):
            try:
                name = raw.decode(encoding)
                break
            except UnicodeDecodeError:
                continue
    return unicodedata.normalize("NFC", name.replace("\\", "/"))


def _wrong_member(member: zipfile.ZipInfo, name: str, known: dict[str, Entry]) -> str:
    parts = PurePosixPath(name).parts
    if name.startswith("/") or ".." in parts or ":" in name or "\x00" in name:
        return _("文件名指向压缩包以外的位置，已拒绝；请重新打包。")
    if stat.S_ISLNK(member.external_attr >> 16):
        return _("压缩包内含有链接，请换成文件本身后重新打包。")
    if member.flag_bits & ENCRYPTED:
        return _("压缩包设有密码，请去掉密码后再导入。")
    if name in known:
        return _("压缩包内有两个同名文件，请只保留一个。")
    if member.file_size > RATIO_COUNTS_FROM and member.file_size > LARGEST_RATIO * max(member.compress_size, 1):
        return _("压缩率异常（疑似压缩炸弹），已拒绝；请重新打包。")
    return ""


def _is_clutter(name: str) -> bool:
    """Tell whether a file is what systems leave behind: nobody put it there on purpose."""
    parts = PurePosixPath(name).parts
    return (
        bool({"__MACOSX", "@eaDir"} & set(parts))
        or parts[-1].startswith((".", "~$"))
        or (parts[-1].lower() in {"thumbs.db", "desktop.ini"})
    )


def read_workbook(entry: Entry) -> bytes:
    """Return the bytes of a workbook whose size, packed and unpacked, is bearable; raise `Refused` otherwise."""
    if entry.size > WORKBOOK_MEGABYTES * MEGABYTE:
        raise _refuse(entry.path, _("工作簿超过 %(limit)s MB，请分开导入。") % {"limit": WORKBOOK_MEGABYTES})
    data = entry.load()
    try:
        with zipfile.ZipFile(BytesIO(data)) as inner:
            limit = WORKBOOK_UNPACKED_MEGABYTES * MEGABYTE
            if sum(member.file_size for member in inner.infolist()) > limit:
                raise _refuse(entry.path, _("工作簿解开后过大，已拒绝；请删去多余的内容后重新另存。"))
            if inner.testzip() is not None:
                raise _refuse(entry.path, _("工作簿已损坏，请重新另存后再导入。"))
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError):
        raise _refuse(
            entry.path, _("文件不是可以读取的 Excel 工作簿（.xlsx），请去掉密码并重新另存后再导入。")
        ) from None
    return data
