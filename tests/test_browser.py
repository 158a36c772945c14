"""The browser fixtures themselves: what they promise to the tests of the apps."""

from pathlib import Path

from django.contrib.auth.models import User
from playwright.sync_api import Page

from tests.fixtures.browser import OpenPage
from tests.fixtures.pictures import PORTRAITS, Clips, Faces, made_clips

CAMERA = """async () => {
    try {
        const stream = await navigator.mediaDevices.getUserMedia({video: true});
        const settings = stream.getVideoTracks()[0].getSettings();
        stream.getTracks().forEach((track) => track.stop());
        return `${settings.width}x${settings.height}`;
    } catch (error) {
        return error.name;
    }
}"""


def test_the_server_sees_what_the_test_commits(page: Page) -> None:
    User.objects.create_superuser("keeper", password="a long enough password")
    page.goto("/admin/login/")
    page.fill("[name=username]", "keeper")
    page.fill("[name=password]", "a long enough password")
    page.press("[name=password]", "Enter")
    page.wait_for_url("**/admin/")


def test_nothing_is_left_of_the_test_before(page: Page) -> None:
    assert not User.objects.exists()
    assert page.goto("/admin/login/")


def test_the_page_has_its_hashed_static_files(page: Page) -> None:
    page.goto("/admin/login/")
    sheets = page.locator("link[rel=stylesheet]").evaluate_all("links => links.map(link => link.href)")
    assert sheets
    assert all(page.request.get(sheet).ok for sheet in sheets)


def test_a_camera_shows_the_clip(browser_with: OpenPage, clips: Clips) -> None:
    page = browser_with(clips.person_a)
    page.goto("/admin/login/")
    assert page.evaluate(CAMERA) == "640x480"


def test_a_camera_can_be_refused_and_missing(browser_with: OpenPage, clips: Clips) -> None:
    refused, missing = browser_with(clips.person_a, permission=False), browser_with()
    refused.goto("/admin/login/")
    missing.goto("/admin/login/")
    assert refused.evaluate(CAMERA) == "NotAllowedError"
    assert missing.evaluate(CAMERA) == "NotFoundError"


def test_a_page_that_breaks_the_content_security_policy_is_noticed(page: Page, page_problems: list[str]) -> None:
    page.goto("/admin/login/")
    page.evaluate("document.body.insertAdjacentHTML('beforeend', '<p style=\"color: red\">x</p>')")
    page.evaluate("setTimeout(() => { throw new Error('lost') }, 0)")
    page.wait_for_timeout(200)
    found = " ".join(page_problems)
    page_problems.clear()
    assert "Content Security Policy" in found
    assert "lost" in found


def test_pages_open_in_the_language_asked_for(browser_with: OpenPage) -> None:
    languages = {}
    for language in ("zh-hans", "en"):
        page = browser_with(language=language, viewport=(390, 844))
        page.goto("/admin/login/")
        languages[language] = page.locator("html").get_attribute("lang")
    assert languages == {"zh-hans": "zh-hans", "en": "en"}


def test_clips_can_be_made_from_the_repositorys_own_portraits(
    faces: Faces, tmp_path: Path, browser_with: OpenPage
) -> None:
    made = made_clips(faces, tmp_path)
    assert faces.person_a[0].parent == PORTRAITS
    page = browser_with(made.person_b)
    page.goto("/admin/login/")
    assert page.evaluate(CAMERA) == "640x480"


def test_a_static_file_comes_compressed_and_is_kept_by_the_browser(page: Page, collected_static: Path) -> None:
    sheet = next(collected_static.glob("css/base.*.css")).name
    answer = page.request.get(f"/static/css/{sheet}", headers={"Accept-Encoding": "gzip"})
    assert answer.headers["content-encoding"] == "gzip"
    assert "immutable" in answer.headers["cache-control"]
    assert answer.headers["content-type"].startswith("text/css")
    assert "access-control-allow-origin" not in answer.headers
    assert "{" in answer.text()
    head = page.request.head(f"/static/css/{sheet}", headers={"Accept-Encoding": "gzip"})
    assert head.ok
    assert head.headers["content-length"] == answer.headers["content-length"]
