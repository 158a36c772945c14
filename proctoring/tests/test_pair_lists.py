"""Lists of pictures that other people bring: everything wrong is named, no picture is dropped silently."""

from collections import Counter
from pathlib import Path

import cv2
import numpy as np
import pytest

from proctoring.faces import gathering, images, pairs
from proctoring.faces.engine import Hint, PhotoReport
from proctoring.faces.pairs import Wrong
from proctoring.tests import scenes


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("a1", "a2", "b1"):
        (tmp_path / f"{name}.jpg").write_bytes(scenes.photo("obama"))
    return tmp_path


def listed(folder: Path, text: str, encoding: str = "utf-8") -> Path:
    path = folder / "pairs.csv"
    path.write_bytes(text.encode(encoding))
    return path


def test_paths_are_seen_from_the_list(folder: Path) -> None:
    pictures, faults = pairs.read(listed(folder, "path,person,group\na1.jpg,a,x\na2.jpg,a,x\nb1.jpg,b,y\n"))
    assert faults == []
    assert [(one.path, one.person, one.group) for one in pictures][2] == (folder / "b1.jpg", "b", "y")


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("\ufeffPath;Person\r\na1.jpg;甲\r\n", "utf-8"),
        ("person,note,path\n甲,x,a1.jpg\n\n", "gb18030"),
        ("path\tperson\na1.jpg\t甲", "utf-8"),
    ],
)
def test_lists_of_other_programs_are_read(folder: Path, text: str, encoding: str) -> None:
    pictures, faults = pairs.read(listed(folder, text, encoding))
    assert faults == []
    assert [(one.path.name, one.person, one.group) for one in pictures] == [("a1.jpg", "甲", "")]


@pytest.mark.parametrize(
    ("text", "line", "wrong", "detail"),
    [
        ("", 0, Wrong.NO_ROWS, ""),
        ("path,person\n", 0, Wrong.NO_ROWS, ""),
        ("path,name\na1.jpg,a\n", 1, Wrong.NO_COLUMN, "person"),
        ("path,person\na1.jpg,\n", 2, Wrong.EMPTY_CELL, "person"),
        ("path,person\na1.jpg\n", 2, Wrong.EMPTY_CELL, "person"),
        ("path,person\nnone.jpg,a\n", 2, Wrong.MISSING, "none.jpg"),
        ("path,person,group\na1.jpg,a,x\na2.jpg,a,y\n", 3, Wrong.TWO_GROUPS, "a"),
        ("path,person\na1.jpg,a\n./a1.jpg,b\n", 3, Wrong.TWICE, "a1.jpg (2)"),
    ],
)
def test_what_is_wrong_is_named_with_its_line(folder: Path, text: str, line: int, wrong: Wrong, detail: str) -> None:
    _pictures, faults = pairs.read(listed(folder, text))
    assert [(one.line, one.wrong, one.detail) for one in faults] == [(line, wrong, detail)]


def test_a_list_that_is_not_there_is_a_fault(tmp_path: Path) -> None:
    _pictures, faults = pairs.read(tmp_path / "none.csv")
    assert faults[0].wrong is Wrong.UNREADABLE_LIST


def test_a_picture_that_is_none_is_noticed_before_anything_is_measured(folder: Path) -> None:
    (folder / "b1.jpg").write_bytes(b"GIF89a")
    pictures, _faults = pairs.read(listed(folder, "path,person\na1.jpg,a\nb1.jpg,b\n"))
    found = [pairs.unreadable(picture) for picture in pictures]
    assert found[0] is None
    assert found[1] is not None
    assert (found[1].line, found[1].wrong) == (3, Wrong.UNREADABLE)


def test_a_tiny_picture_is_enlarged_to_what_a_photo_must_be(folder: Path) -> None:
    tiny = cv2.imencode(".png", np.full((70, 58, 3), 128, np.uint8))[1].tobytes()
    (folder / "b1.jpg").write_bytes(tiny)
    pictures, _faults = pairs.read(listed(folder, "path,person\nb1.jpg,b\n"))
    assert pairs.unreadable(pictures[0]) is None
    assert images.size(images.enlarged(tiny), images.PHOTO) == (80, 97)
    assert images.enlarged(scenes.photo("obama")) == scenes.photo("obama")


def test_a_picture_without_a_face_is_counted_in_its_group(folder: Path) -> None:
    (folder / "b1.jpg").write_bytes(scenes.photo("biden"))
    pictures, _faults = pairs.read(listed(folder, "path,person,group\na1.jpg,a,x\na2.jpg,a,x\nb1.jpg,b,y\n"))

    def describe(image: bytes) -> PhotoReport:
        seen = image == scenes.photo("obama")
        return PhotoReport(1, 1, Hint.OK if seen else Hint.NO_FACE, None, int(seen), np.ones(4) if seen else None)

    gathered = gathering.gather(pictures, describe, 2, lambda _count: None)
    assert gathered.pictures == Counter({"x": 2, "y": 1})
    assert gathered.failures == {"x": Counter(), "y": Counter({"no_face": 1})}
    assert (gathered.faces.count, gathered.groups) == (1, ("x",))
