"""Members of staff are named as their colleagues know them."""

import pytest
from django.contrib.auth.models import User

from exams.wording import staff_name


@pytest.mark.parametrize(
    ("last", "first", "known"),
    [
        ("陈", "晓梅", "陈晓梅"),
        ("欧阳", "建国", "欧阳建国"),
        ("", "陈晓梅", "陈晓梅"),
        ("Lee", "Ann", "Ann Lee"),
        ("", "", "chief"),
    ],
)
def test_a_chinese_name_begins_with_the_family_and_nobody_without_one_is_nameless(
    last: str, first: str, known: str
) -> None:
    assert staff_name(User(username="chief", last_name=last, first_name=first)) == known


def test_nobody_has_a_dash() -> None:
    assert staff_name(None) == "—"
