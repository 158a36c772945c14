"""The entry pages in a real browser: device check, installable site, languages, accessibility, sizes."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from exams.tests.factories import ExamFactory
from tests.fixtures.browser import OpenPage
from tests.fixtures.pictures import Clips

PAGES = ["/", "/device-check/", "/left/", "/nowhere/"]
SIZES = [(1440, 900), (1280, 720), (390, 844)]


def check(name: str) -> str:
    return f'[data-check="{name}"]'


def test_a_good_device_passes_every_check(browser_with: OpenPage, clips: Clips) -> None:
    page = browser_with(clips.person_a)
    page.goto("/device-check/")
    page.get_by_role("button", name="打开摄像头").click()
    expect(page.locator(check("camera"))).to_have_attribute("data-state", "good")
    expect(page.locator("[data-camera-count]")).to_have_text(re.compile("摄像设备数：1"))
    expect(page.locator(check("network"))).to_contain_text(re.compile(r"\d+毫秒"))  # how good depends on the machine
    page.get_by_role("button", name="测试全屏").click()
    expect(page.locator(check("fullscreen"))).to_have_attribute("data-state", "good")


def test_a_closed_camera_is_let_go(browser_with: OpenPage, clips: Clips) -> None:
    page = browser_with(clips.person_a)
    page.goto("/device-check/")
    page.get_by_role("button", name="打开摄像头").click()
    page.get_by_role("button", name="关闭摄像头").click()
    assert page.evaluate("document.querySelector('[data-preview]').srcObject") is None
    expect(page.locator(check("camera"))).to_have_attribute("data-state", "waiting")


def test_without_a_camera_the_check_says_what_to_do(page: Page) -> None:
    page.goto("/device-check/")
    page.get_by_role("button", name="打开摄像头").click()
    expect(page.locator(check("camera"))).to_contain_text(re.compile("没有找到摄像头|没有摄像头权限"))
    expect(page.locator("[data-summary]")).to_have_attribute("data-state", "bad")


def test_a_refused_camera_is_explained(browser_with: OpenPage, clips: Clips) -> None:
    page = browser_with(clips.person_a, permission=False)
    page.goto("/device-check/")
    page.get_by_role("button", name="打开摄像头").click()
    expect(page.locator(check("camera"))).to_contain_text("没有摄像头权限")


def test_a_lost_connection_is_seen(page: Page) -> None:
    page.goto("/device-check/")
    expect(page.locator(check("network"))).to_have_attribute("data-state", "good")
    page.context.set_offline(True)
    page.get_by_role("button", name="重新检测").click()
    expect(page.locator(check("network"))).to_contain_text("无法连接服务器")


def test_the_installed_site_keeps_static_files_only(page: Page) -> None:
    page.goto("/")
    page.evaluate("navigator.serviceWorker.ready")
    page.reload()
    page.goto("/device-check/")
    kept = page.evaluate("""async () => {
        const names = await caches.keys();
        const lists = await Promise.all(names.map(async (name) => (await caches.open(name)).keys()));
        return lists.flat().map((request) => new URL(request.url).pathname);
    }""")
    assert kept
    assert all(path.startswith("/static/") for path in kept)


def test_the_language_changes_in_place(page: Page) -> None:
    page.goto("/device-check/")
    page.get_by_role("button", name="English").click()
    expect(page.locator("html")).to_have_attribute("lang", "en")
    expect(page).to_have_url(re.compile("/device-check/$"))


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_nothing_bars_people_with_disabilities(browser_with: OpenPage, language: str) -> None:
    ExamFactory()
    page = browser_with(language=language)
    found = []
    for address in PAGES:
        page.goto(address)
        results = Axe().run(page, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa", "best-practice"]})
        if results.violations_count:
            found.append(f"{address}: {results.generate_report()}")
    assert not found, "\n".join(found)


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_no_page_scrolls_sideways(browser_with: OpenPage, language: str) -> None:
    ExamFactory(name="碳排放管理师专业技能综合考试（中级）第二批次补考科目一")
    page = browser_with(language=language)
    wide = []
    for width, height in SIZES:
        page.set_viewport_size({"width": width, "height": height})
        for address in PAGES:
            page.goto(address)
            if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
                wide.append(f"{address} at {width}×{height}")
    assert not wide
