"""The message catalogues, without a system gettext.

    python scripts/messages.py extract    collect the texts of code and templates; keep the translations
    python scripts/messages.py check      say what is not translated, and end with 1 if anything is
    python scripts/messages.py compile    write the .mo files that Django reads

The texts in the source are Simplified Chinese, so only the other languages have a catalogue.
"""

import io
import sys
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_python
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from django.conf import settings
from django.utils.translation.template import templatize

ROOT = Path(__file__).resolve().parent.parent
LANGUAGES = ["en"]
SKIPPED = {".venv", "var", "tests", "scripts", "migrations", "node_modules", ".git"}
# What makes a text translatable: the call, and which of its arguments are the message, the plural and the context.
CALLS: dict[str, tuple[int | tuple[int, str], ...] | None] = {
    "_": None,
    "gettext": None,
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
    "npgettext_lazy": ((1, "c"), 2, 3),
}
HEADER = """\
English texts of the interface. The msgids are the Simplified Chinese texts of the source.
Collected by `make messages`; compiled by `make install`.
"""


def catalogue_path(language: str, root: Path = ROOT) -> Path:
    """Return where the catalogue of a language is."""
    return root / "locale" / language / "LC_MESSAGES" / "django.po"


def sources(root: Path = ROOT) -> Iterator[Path]:
    """Yield the code and the templates that may hold texts of the interface, sorted."""
    for path in sorted(root.rglob("*")):
        parts = path.relative_to(root).parts
        is_source = path.suffix == ".py" or (path.suffix in {".html", ".txt"} and "templates" in parts)
        if is_source and not SKIPPED.intersection(parts):
            yield path


def texts_of(path: Path) -> Iterator[tuple[str | tuple[str, ...], str | None]]:
    """Yield (message or (message, plural), context) for each translatable text of a file."""
    code = path.read_text(encoding="utf-8")
    if path.suffix != ".py":
        _configure()
        # In parentheses, so that the indentation of the page is not taken for Python's.
        code = f"(\n{templatize(code, origin=str(path))}\n)"
    for _line, call, found, _comments in extract_python(io.BytesIO(code.encode()), CALLS, [], {}):
        message, context = _message(str(call), found)
        if message:
            yield message, context


def _message(call: str, found: object) -> tuple[str | tuple[str, ...] | None, str | None]:
    arguments = [found] if isinstance(found, str) else list(found) if isinstance(found, (tuple, list)) else []
    places = CALLS[call] or (1,)
    context, parts = None, []
    for place in places:
        index = place[0] if isinstance(place, tuple) else place
        value = arguments[index - 1] if index <= len(arguments) else None
        if not isinstance(value, str) or not value:
            return None, None  # a name instead of a literal: nothing to collect
        if isinstance(place, tuple):
            context = value
        else:
            parts.append(value)
    return (parts[0] if len(parts) == 1 else tuple(parts)), context


def collect(root: Path = ROOT) -> Catalog:
    """Return all texts of the source, each with the files it is used in, in the order of those files."""
    collected = Catalog(charset="utf-8")
    for path in sources(root):
        name = path.relative_to(root).as_posix()
        for message, context in texts_of(path):
            kept = collected.get(_first(message), context)
            known = kept is not None and (name, 0) in kept.locations
            collected.add(message, locations=[] if known else [(name, 0)], context=context)
    return collected


def read(language: str, root: Path = ROOT) -> Catalog:
    """Return the catalogue of a language; an empty one where there is none yet."""
    path = catalogue_path(language, root)
    if not path.exists():
        return Catalog(locale=language, charset="utf-8")
    with path.open("rb") as file:
        return read_po(file, locale=language, charset="utf-8")


def extract(language: str, root: Path = ROOT) -> Catalog:
    """Merge the texts of the source into the catalogue: translations stay, what is gone goes, what is new is empty."""
    catalogue = read(language, root)
    made_at = catalogue.creation_date
    catalogue.update(collect(root), no_fuzzy_matching=True)
    catalogue.creation_date = made_at
    catalogue.header_comment = "".join(f"# {line}\n" for line in HEADER.splitlines()).rstrip("\n")
    catalogue.fuzzy = False
    path = catalogue_path(language, root)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        write_po(file, catalogue, width=110, sort_by_file=True, include_lineno=False, ignore_obsolete=True)
    return catalogue


def faults(language: str, root: Path = ROOT) -> list[str]:
    """Return one line for each text that is missing, untranslated, fuzzy, doubled, or with other placeholders."""
    catalogue, found = read(language, root), []
    for message in collect(root):
        if not message.id:
            continue
        kept = catalogue.get(_first(message.id), message.context)
        where = ", ".join(place for place, _line in message.locations)
        if kept is None:
            found.append(f"not in the catalogue (run make messages): {_first(message.id)!r} in {where}")
        elif not is_translated(kept):
            found.append(f"not translated: {_first(message.id)!r} in {where}")
        elif kept.fuzzy:
            found.append(f"marked fuzzy: {_first(message.id)!r} in {where}")
        elif is_doubled(kept):
            found.append(f"translated twice in a row: {_first(message.id)!r} in {where}")
        else:
            found += [f"{wrong}: {_first(message.id)!r} in {where}" for wrong in kept.check(catalogue)]
    return found


def is_translated(message: Message) -> bool:
    """Say whether every form of a message has a text."""
    forms = (message.string,) if isinstance(message.string, str) else tuple(message.string or ())
    return bool(forms) and all(forms)


def is_doubled(message: Message) -> bool:
    """Say whether a text is there two times, one after the other."""
    forms = (message.string,) if isinstance(message.string, str) else tuple(message.string or ())
    halves = ((form[: len(form) // 2].strip(), form[len(form) // 2 :].strip()) for form in forms)
    return any(first and first == second for first, second in halves)


def compile_all(root: Path = ROOT) -> None:
    """Write the .mo file beside each .po file."""
    for path in sorted((root / "locale").glob("*/LC_MESSAGES/*.po")):
        with path.open("rb") as file:
            catalogue = read_po(file, locale=path.parent.parent.name, charset="utf-8")
        with path.with_suffix(".mo").open("wb") as file:
            write_mo(file, catalogue)


def _first(message_id: str | tuple[str, ...] | list[str]) -> str:
    return message_id if isinstance(message_id, str) else message_id[0]


def _configure() -> None:
    if not settings.configured:  # reading templates needs nothing of the project
        settings.configure()


def main(task: str) -> int:
    """Do one of the three tasks for every language."""
    if task == "compile":
        compile_all()
        return 0
    if task == "extract":
        for language in LANGUAGES:
            extract(language)
            missing = [line for line in faults(language) if line.startswith("not translated")]
            print(f"{catalogue_path(language).relative_to(ROOT)}: {len(missing)} texts wait for a translation.")
        return 0
    found = [f"{language}: {line}" for language in LANGUAGES for line in faults(language)]
    print("\n".join(found) or "Every text is translated.")
    return 1 if found else 0


if __name__ == "__main__":
    if len(sys.argv) != 2 or sys.argv[1] not in {"extract", "check", "compile"}:
        sys.exit(__doc__)
    sys.exit(main(sys.argv[1]))
