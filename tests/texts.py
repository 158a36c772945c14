"""Finds Chinese text that no translator would ever see: outside gettext in code, outside the tags in templates.

Texts that are data, not interface (names of languages, headers of import files, the demo plan), say so: a line that
ends with the comment `i18n: data`, or a file in which such a comment stands alone on a line.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from django.template.base import Lexer, Token, TokenType

CHINESE = re.compile(r"[\u3000-\u303f\u3400-\u4dbf\u4e00-\u9fff\uff00-\uffef]")
GETTEXT = {
    *("_", "gettext", "gettext_lazy", "gettext_noop", "ngettext", "ngettext_lazy"),
    *("pgettext", "pgettext_lazy", "npgettext", "npgettext_lazy"),
}
DATA = re.compile(r"i18n: data")
WHOLE_FILE_IS_DATA = re.compile(r"^\s*(#|\{#)\s*i18n: data", re.MULTILINE)
NOT_INTERFACE = {"tests", "migrations", "scripts", "demo", ".venv", "var", ".git", "node_modules"}
# What organizers write in their files, in the words they use; a sentence there still is for the reader.
READS_FILES = "exams/importers/"
ONLY_DATA = ("exams/importers/columns/", "exams/importers/template.py")
SENTENCE = re.compile(r"[。！？]")
SCRIPT_COMMENT = re.compile(r"/\*.*?\*/|(?<![:\"'])//[^\n]*", re.DOTALL)
IN_A_CALL = re.compile(r"""_\(\s*(?:"[^"]*"|'[^']*')\s*\)""")
TRANSLATE = re.compile(r"^(?:translate|trans)\s")
# A full stop, perhaps a tag or two, a plain space, and the next sentence: right in English, a gap in Chinese.
SPACED = re.compile(
    r"""[。！？](?:"\s*%\}|\{%\s*endblocktrans\w*\s*%\})(?:\{%\s*(?:if|endif)\b[^%]*%\})*[ ]"""
    r"""(?:\{%\s*if\b[^%]*%\})*(?=\{%\s*(?:block)?trans)"""
)
BLOCK_BEGINS, BLOCK_ENDS = re.compile(r"^block(?:translate|trans)\b"), re.compile(r"^endblock(?:translate|trans)\b")


def of_project(root: Path) -> Iterator[str]:
    """Return one sentence for each text of code, templates and scripts that cannot be translated."""
    for path in sorted(root.rglob("*")):
        parts = path.relative_to(root).parts
        if NOT_INTERFACE.intersection(parts) or path.suffix not in {".py", ".html", ".js"}:
            continue
        if path.suffix == ".js" and parts[0] != "static":
            continue
        name, source = path.relative_to(root).as_posix(), path.read_text(encoding="utf-8")
        find = {".py": of_code, ".html": of_template, ".js": of_script}[path.suffix]
        for line, text in find(source):
            if not is_data_of_files(name, text):
                yield f"{name}:{line}: {text}"


def spaced_sentences(source: str) -> list[int]:
    """Return the lines of a template that part two sentences by a space instead of `{% sentence_space %}`."""
    return [source.count("\n", 0, found.start()) + 1 for found in SPACED.finditer(source)]


def is_data_of_files(name: str, text: str) -> bool:
    """Say whether a text of a file belongs to what importers read, not to what they say."""
    return name.startswith(ONLY_DATA) or (name.startswith(READS_FILES) and not SENTENCE.search(text))


def of_code(source: str) -> list[tuple[int, str]]:
    """Return (line, text) of Chinese literals outside gettext, and of f-strings inside it."""
    if WHOLE_FILE_IS_DATA.search(source):
        return []
    lines, tree = source.splitlines(), ast.parse(source)
    told, found = set[int](), []
    for node in ast.walk(tree):
        if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)):
            told |= {id(statement.value) for statement in node.body[:1] if isinstance(statement, ast.Expr)}  # docstring
        if isinstance(node, ast.Call) and _called(node) in GETTEXT:
            told |= {id(argument) for argument in node.args if isinstance(argument, ast.Constant)}
    for node in ast.walk(tree):
        if not isinstance(node, ast.Constant) or not isinstance(node.value, str) or id(node) in told:
            continue
        if CHINESE.search(node.value) and not _is_data(lines, node):
            found.append((node.lineno, node.value))
    return found


def of_template(source: str) -> list[tuple[int, str]]:
    """Return (line, text) of Chinese outside the translation tags."""
    if WHOLE_FILE_IS_DATA.search(source):
        return []
    lines, found, translated, commented = source.splitlines(), list[tuple[int, str]](), False, False
    for token in Lexer(source).tokenize():
        line = token.lineno or 1
        if token.token_type == TokenType.BLOCK:
            translated = bool(BLOCK_BEGINS.match(token.contents)) or (translated and not _ends(token))
            commented = token.contents.startswith("comment") or (commented and token.contents != "endcomment")
        text = "" if commented or token.token_type == TokenType.COMMENT else _left_over(token, translated)
        if CHINESE.search(text) and not DATA.search(lines[line - 1]):
            found.append((line, text.strip()))
    return found


def of_script(source: str) -> list[tuple[int, str]]:
    """Return (line, text) of any Chinese outside comments: JavaScript gets its texts from the page."""
    source = SCRIPT_COMMENT.sub(lambda comment: "\n" * comment.group().count("\n"), source)
    return [(number, line.strip()) for number, line in enumerate(source.splitlines(), 1) if CHINESE.search(line)]


def _called(call: ast.Call) -> str:
    function = call.func
    return (
        function.attr if isinstance(function, ast.Attribute) else function.id if isinstance(function, ast.Name) else ""
    )


def _is_data(lines: list[str], node: ast.Constant) -> bool:
    return any(DATA.search(line) for line in lines[node.lineno - 1 : node.end_lineno or node.lineno])


def _ends(token: Token) -> bool:
    return bool(BLOCK_ENDS.match(token.contents))


def _left_over(token: Token, translated: bool) -> str:
    """Return what remains of a token when everything that is translated is taken out."""
    if token.token_type == TokenType.TEXT:
        return "" if translated else token.contents
    if TRANSLATE.match(token.contents):
        return ""
    return IN_A_CALL.sub("", token.contents)
