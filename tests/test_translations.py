"""Every text of the interface can be translated, and is."""

from pathlib import Path

import pytest
from django.conf import settings

from scripts import messages
from tests import texts

ROOT = Path(settings.BASE_DIR)


@pytest.mark.parametrize("language", messages.LANGUAGES)
def test_every_text_is_translated(language: str) -> None:
    found = messages.faults(language)
    if found:
        pytest.fail(f"{len(found)} texts; run make messages, then translate:\n" + "\n".join(found), pytrace=False)


def test_no_text_is_out_of_reach_of_the_translators() -> None:
    found = list(texts.of_project(ROOT))
    if found:
        pytest.fail(
            f"{len(found)} texts; wrap them, or mark data (see tests/texts.py):\n" + "\n".join(found), pytrace=False
        )


def test_no_gap_is_left_between_two_chinese_sentences() -> None:
    pages = {str(path): path.read_text(encoding="utf-8") for path in ROOT.glob("templates/**/*.html")}
    assert {path: lines for path, page in pages.items() if (lines := texts.spaced_sentences(page))} == {}
    assert texts.spaced_sentences('{% translate "甲。" %}{% if more %} {% translate "乙。" %}{% endif %}') == [1]


@pytest.mark.parametrize(
    "source",
    [
        'title = "标题"',
        'title = f"标题 {name}"',
        'title = _(f"标题 {name}")',
        'raise ValueError("请重试。")',
        'def f():\n    """English."""\n    return "，"',
        'gettext("题" + other)',
    ],
)
def test_a_chinese_literal_outside_gettext_is_found(source: str) -> None:
    assert texts.of_code(source)


@pytest.mark.parametrize(
    "source",
    [
        'title = _("标题")',
        'raise ValueError(gettext("请重试。"))',
        'text = ngettext("%(n)d 题", "%(n)d 题", n)',
        'def f():\n    """Return 考试账号."""',
        'LANGUAGES = [("zh-hans", "简体中文")]  # i18n: data',
        '"""Headers."""\n# i18n: data, as organizers write them\nALIASES = {"试题": "题目"}',
        "# 中文 in a comment",
    ],
)
def test_what_is_translated_or_marked_as_data_is_let_pass(source: str) -> None:
    assert not texts.of_code(source)


@pytest.mark.parametrize(
    "source",
    [
        "<p>提示</p>",
        '<p title="提示">x</p>',
        '{% include "x.html" with title="提示" %}',
        '{{ name|default:"无" }}',
        "{% blocktranslate %}提示{% endblocktranslate %}<p>，</p>",
    ],
)
def test_chinese_outside_the_tags_of_a_template_is_found(source: str) -> None:
    assert texts.of_template(source)


@pytest.mark.parametrize(
    "source",
    [
        '<p title="{% translate "提示" %}">x</p>',
        "{% blocktranslate count n=n %}还有 {{ n }} 题{% plural %}还有 {{ n }} 题{% endblocktranslate %}",
        '{% include "x.html" with title=_("提示") %}{{ name|default:_("无") }}',
        "{# 中文 #}{% comment %}中文{% endcomment %}",
        '<a lang="zh">简体中文</a> {# i18n: data #}',
    ],
)
def test_what_the_tags_of_a_template_hold_is_let_pass(source: str) -> None:
    assert not texts.of_template(source)


def test_chinese_in_a_script_is_found() -> None:
    assert texts.of_script('/** 交卷\n */\nbutton.textContent = "交卷"; // 交卷') == [
        (3, 'button.textContent = "交卷";')
    ]


def test_headers_that_importers_read_are_data_but_their_sentences_are_not() -> None:
    assert texts.is_data_of_files("exams/importers/questions.py", "题干")
    assert not texts.is_data_of_files("exams/importers/questions.py", "这一行没有题干。")
    assert not texts.is_data_of_files("exams/services/plans.py", "题干")


def project_with(tmp_path: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return tmp_path


def test_texts_are_collected_from_code_and_templates(tmp_path: Path) -> None:
    page = """it's {% translate "标题" %}
        {% blocktranslate trimmed count n=n %}
      还有 {{ n }} 题 {% plural %}
      还有 {{ n }} 题
    {% endblocktranslate %}
  {{ x|default:_("无") }}"""
    root = project_with(
        tmp_path, {"app/templates/a.html": page, "app/x.py": 'a = _("考生")\nb = pgettext("按钮", "确定")\n'}
    )
    collected = {message.id: message.context for message in messages.collect(root) if message.id}
    assert collected == {
        "标题": None,
        ("还有 %(n)s 题", "还有 %(n)s 题"): None,
        "无": None,
        "考生": None,
        "确定": "按钮",
    }


def test_collecting_again_keeps_translations_and_drops_what_is_gone(tmp_path: Path) -> None:
    root = project_with(tmp_path, {"app/x.py": '_("考生")\n_("考场")\n'})
    messages.extract("en", root)
    path = messages.catalogue_path("en", root)
    path.write_text(path.read_text().replace('msgid "考生"\nmsgstr ""', 'msgid "考生"\nmsgstr "Candidate"'))
    (root / "app/x.py").write_text('_("考生")\n_("座位")\n')
    catalogue = messages.extract("en", root)
    kept = {message.id: message.string or "" for message in catalogue if message.id}
    assert kept == {"考生": "Candidate", "座位": ""}
    assert "考场" not in path.read_text()


def test_an_empty_translation_and_a_wrong_placeholder_are_faults(tmp_path: Path) -> None:
    root = project_with(tmp_path, {"app/x.py": '_("考生 %(name)s")\n_("考场")\n'})
    assert len(messages.faults("en", root)) == 2
    messages.extract("en", root)
    path = messages.catalogue_path("en", root)
    path.write_text(path.read_text().replace('%(name)s"\nmsgstr ""', '%(name)s"\nmsgstr "Candidate %(nmae)s"'))
    found = messages.faults("en", root)
    assert len(found) == 2
    assert "placeholder" in " ".join(found)


def test_a_translation_that_stands_there_twice_is_a_fault(tmp_path: Path) -> None:
    root = project_with(tmp_path, {"app/x.py": '_("考场已关闭。")\n'})
    messages.extract("en", root)
    path = messages.catalogue_path("en", root)
    empty = path.read_text()
    path.write_text(empty.replace('关闭。"\nmsgstr ""', '关闭。"\nmsgstr "The room is closed."'))
    assert messages.faults("en", root) == []
    path.write_text(empty.replace('关闭。"\nmsgstr ""', '关闭。"\nmsgstr "The room is closed.The room is closed."'))
    assert ["twice in a row" in fault for fault in messages.faults("en", root)] == [True]


def test_a_project_without_catalogues_compiles(tmp_path: Path) -> None:
    messages.compile_all(tmp_path)
    assert not list(tmp_path.rglob("*.mo"))
