"""Reads a list of pictures for measuring: a CSV with path, person and, where known, group; paths as seen from it."""

import csv
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from proctoring.faces.images import TINY_PHOTO, Unreadable, size

MOST_BYTES = 64 * 1024 * 1024
NEEDED = ("path", "person")
ENCODINGS = ("utf-8-sig", "gb18030")


class Wrong(StrEnum):
    """What is wrong with a list or with one of its lines; the words belong to whoever shows it."""

    UNREADABLE_LIST = "unreadable_list"
    NO_COLUMN = "no_column"
    NO_ROWS = "no_rows"
    EMPTY_CELL = "empty_cell"
    TWO_GROUPS = "two_groups"
    TWICE = "twice"
    MISSING = "missing"
    UNREADABLE = "unreadable"

    @property
    def can_be_skipped(self) -> bool:
        """Tell whether the other pictures can be measured without this one."""
        return self in {Wrong.MISSING, Wrong.UNREADABLE}


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong: the line of the list (0: the list itself), what it names, and the detail."""

    line: int
    wrong: Wrong
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Picture:
    """One line: where the picture is, who is on it, and which group they are counted in (empty: none)."""

    line: int
    path: Path
    person: str
    group: str


def read(source: Path) -> tuple[list[Picture], list[Fault]]:
    """Return the pictures of a list, and everything that is wrong with it; pictures are only looked at from outside."""
    try:
        rows = list(_rows(_text(source)))
    except (OSError, ValueError, csv.Error) as error:
        return [], [Fault(0, Wrong.UNREADABLE_LIST, str(error))]
    if not rows:
        return [], [Fault(0, Wrong.NO_ROWS)]
    absent = [name for name in NEEDED if name not in rows[0][1]]
    if absent:
        return [], [Fault(1, Wrong.NO_COLUMN, ", ".join(absent))]
    faults: list[Fault] = []
    pictures = [one for line, row in rows if (one := _picture(source, line, row, faults)) is not None]
    _fits_together(pictures, faults)
    return pictures, sorted(faults, key=lambda fault: fault.line)


def _text(source: Path) -> str:
    data = source.read_bytes()
    if len(data) > MOST_BYTES:
        raise ValueError(f"{len(data)} bytes, at most {MOST_BYTES}")
    for encoding in ENCODINGS:
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise ValueError("neither UTF-8 nor GB 18030")


def _rows(text: str) -> Iterator[tuple[int, Mapping[str, str]]]:
    """Yield (line, cells by the name of their column) of each line that is not empty."""
    head = text.partition("\n")[0]
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=max(",;\t", key=head.count), strict=True)
    names = [name.strip().lower() for name in next(reader, [])]
    if not any(names):
        return
    found = False
    for cells in reader:
        if any(cell.strip() for cell in cells):
            found = True
            padded = [cell.strip() for cell in cells] + [""] * (len(names) - len(cells))
            yield reader.line_num, dict(zip(names, padded, strict=False))
    if not found and any(name not in names for name in NEEDED):
        yield 1, dict.fromkeys(names, "")  # so that the missing column is named, not the missing lines


def _picture(source: Path, line: int, row: Mapping[str, str], faults: list[Fault]) -> Picture | None:
    empty = [name for name in NEEDED if not row[name]]
    if empty:
        faults.append(Fault(line, Wrong.EMPTY_CELL, ", ".join(empty)))
        return None
    path = source.parent / row["path"]
    if not path.is_file():
        faults.append(Fault(line, Wrong.MISSING, row["path"]))
        return None
    return Picture(line, path, row["person"], row.get("group", ""))


def _fits_together(pictures: list[Picture], faults: list[Fault]) -> None:
    """A person has one group, and a picture stands in one line: else it would be compared with itself."""
    groups: dict[str, str] = {}
    lines: dict[Path, int] = {}
    for picture in pictures:
        if groups.setdefault(picture.person, picture.group) != picture.group:
            faults.append(Fault(picture.line, Wrong.TWO_GROUPS, picture.person))
        first = lines.setdefault(picture.path.resolve(), picture.line)
        if first != picture.line:
            faults.append(Fault(picture.line, Wrong.TWICE, f"{picture.path.name} ({first})"))


def unreadable(picture: Picture) -> Fault | None:
    """Look at the header of a picture: say what is wrong with it before hours are spent on the others."""
    try:
        size(picture.path.read_bytes(), TINY_PHOTO)
    except (OSError, Unreadable) as error:
        return Fault(picture.line, Wrong.UNREADABLE, f"{picture.path.name}: {error}")
    return None
