"""The directions of the house, and that the reader of imports can tell a wrong one."""

import re
from pathlib import Path

import pytest
from django.conf import settings

from tests import layers

ROOT = Path(settings.BASE_DIR)
# What a candidate's page could only want for the right answers.
ANSWERS_IN_A_TEMPLATE = re.compile(r"\{[{%][^}]*(\.right\b|\.key\b|\.is_correct\b|\.answer_key\b|\.explanation\b)")


def test_every_import_of_the_apps_goes_downwards() -> None:
    found = [
        fault
        for module, source, is_package in layers.sources(ROOT)
        for fault in layers.faults(module, source, is_package=is_package)
    ]
    if found:
        pytest.fail("\n".join(found), pytrace=False)


def test_no_template_of_a_candidate_asks_for_right_answers() -> None:
    pages = [
        page for folder in ("accounts", "exams", "components") for page in (ROOT / "templates" / folder).rglob("*")
    ]
    found = [
        f"{page.relative_to(ROOT)}: {match.group(0)}"
        for page in pages
        if page.suffix == ".html"
        for match in ANSWERS_IN_A_TEMPLATE.finditer(page.read_text(encoding="utf-8"))
    ]
    if found:
        pytest.fail("\n".join(found), pytrace=False)


@pytest.mark.parametrize(
    ("module", "line"),
    [
        ("accounts.services", "from exams.models import Plan"),
        ("accounts.views", "import proctoring.models"),
        ("exams.services.sittings", "from proctoring import clearance"),
        ("exams.views.paper", "from examplatform.settings import BASE_DIR"),
        ("exams.domain.flow", "from exams.models import Sitting"),
        ("exams.domain.flow", "from django.utils import timezone"),
        ("exams.domain.flow", "import time"),
        ("exams.domain.timing", "def f(): return datetime.now(UTC)"),
        ("exams.domain.assembly", "def f(): return random.shuffle([])"),
        ("exams.models.plan", "from exams.services import plans"),
        ("exams.models.plan", "from exams import queries"),
        ("exams.models.plan", "from ..services import plans"),
        ("exams.services.marks", "from exams.views import paper"),
        ("exams.services.marks", "def late():\n    from accounts.middleware import CandidateRequest"),
        ("proctoring.verifier", "import cv2"),
        ("proctoring.faces.pool", "from dlib import rectangle"),
        ("exams.views.paper", "from exams.domain.marking import Key"),
        ("exams.views.paper", "from exams.domain import marking\nkey = marking.Key"),
        ("exams.utils", "x = 1"),
    ],
)
def test_a_wrong_import_is_found(module: str, line: str) -> None:
    assert layers.faults(module, line)


@pytest.mark.parametrize(
    ("module", "line"),
    [
        ("exams.services.sittings", "from accounts.services import sign_in"),
        ("exams.views.paper", "from exams import access"),
        ("exams.models.plan", "from .bank import Bank"),
        ("exams.domain.assembly", "import random\nr = random.Random(7)"),
        ("accounts.domain.id_card", "from stdnum.cn import ric"),
        ("proctoring.faces.engine", "import cv2, dlib"),
        ("exams.services.marks", "from exams.domain.marking import Key"),
    ],
)
def test_a_right_import_is_let_pass(module: str, line: str) -> None:
    assert not layers.faults(module, line)


def test_a_relative_import_of_a_package_is_read_from_the_package() -> None:
    (found,) = layers.imports("exams.models", "from .bank import Bank", is_package=True)
    assert found.target == "exams.models.bank"
