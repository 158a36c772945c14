"""The static files as a browser gets them: every reference resolves, every ES-module import carries its hash."""

import json
import os
import re
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.contrib.staticfiles import finders

from examplatform import static_files

ROOT = Path(settings.BASE_DIR)
TAG = re.compile(r"""\{%\s*static\s+["']([^"']+)["']""")
IMPORT = re.compile(
    r"""^\s*(?:import\s+(?:[^;'"()]*?\sfrom\s*)?|export\s+[^;'"()]*?\sfrom\s*)["'](\.{1,2}/[^"']+)["'](;?)""",
    re.MULTILINE,
)
LATE_IMPORT = re.compile(r"""\bawait import\(["'](\.{1,2}/[^"']+)["']\)""")


def test_everything_can_be_collected_under_hashed_names(collected_static: Path) -> None:
    manifest = json.loads((collected_static / "staticfiles.json").read_text())
    assert len(manifest["paths"]) > 100


def test_what_templates_refer_to_is_there() -> None:
    found = [
        f"{page.relative_to(ROOT)}: {name}"
        for page in sorted((ROOT / "templates").rglob("*.html"))
        for name in TAG.findall(page.read_text(encoding="utf-8"))
        if not finders.find(name)
    ]
    if found:
        pytest.fail("\n".join(found), pytrace=False)


def test_imports_between_modules_end_with_a_semicolon_and_resolve() -> None:
    found = []
    for script in sorted((ROOT / "static").rglob("*.js")):
        source = script.read_text(encoding="utf-8")
        for target, semicolon in [*IMPORT.findall(source), *((late, ";") for late in LATE_IMPORT.findall(source))]:
            if not semicolon or not (script.parent / target).resolve().exists():
                found.append(f"{script.relative_to(ROOT)}: {target}")
    if found:
        pytest.fail("these imports would not be rewritten to hashed names:\n" + "\n".join(found), pytrace=False)


def test_pages_hold_no_inline_script_style_or_handler() -> None:
    inline = re.compile(
        r"""<script(?![^>]*\bsrc=)(?![^>]*type=["']application/json)[^>]*>|<style\b|\sstyle=["']|\son\w+=["']"""
    )
    found = [
        f"{page.relative_to(ROOT)}: {match.group(0).strip()}"
        for page in sorted((ROOT / "templates").rglob("*.html"))
        for match in inline.finditer(page.read_text(encoding="utf-8"))
    ]
    if found:
        pytest.fail("the content security policy refuses these:\n" + "\n".join(found), pytrace=False)


def test_files_are_collected_anew_when_a_source_is_newer_or_one_is_gone(tmp_path: Path, settings: Any) -> None:
    settings.STATIC_ROOT, source = tmp_path / "collected", tmp_path / "source"
    settings.BASE_DIR, settings.STATICFILES_DIRS = tmp_path, [source]
    style, page, packages = source / "css" / "a.css", source / "b.js", tmp_path / "requirements.txt"
    (settings.STATIC_ROOT).mkdir()
    style.parent.mkdir(parents=True)
    for file in (style, page, packages):
        file.touch()
    assert static_files.are_stale()
    manifest = settings.STATIC_ROOT / "staticfiles.json"
    manifest.touch()

    def age(*sources: Path) -> None:
        for path in (style, page, packages, style.parent, source):
            os.utime(path, (1000, 3000 if path in sources else 1000))
        os.utime(manifest, (2000, 2000))

    age()
    assert not static_files.are_stale()
    for newer in (style, packages, source):
        age(newer)
        assert static_files.are_stale()
