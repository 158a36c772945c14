"""Candidates who cannot or will not use a camera: told why, told what to do, and looked after by a person."""

from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, Playwright, expect

from exams.models import Result
from proctoring.models import Incident, Intervention
from tests.fixtures.browser import ALWAYS, OpenPage
from tests.fixtures.pictures import Clips
from tests.seats import face_seat
from tests.staff import Desk
from tests.way import Way


def asks_for_a_person(way: Way) -> None:
    way.button("申请人工核验").click()
    way.check_in_is("held")
    way.says("等候的时间会补给您，不占用考试时间。")
    assert way.place.sitting.check_in == "held"
    assert way.place.sitting.check_in_failures == 0


def test_whoever_refuses_the_camera_is_told_how_to_allow_it(browser_with: OpenPage, clips: Clips) -> None:
    way = Way(browser_with(clips.person_a, permission=False), face_seat())
    way.to_check_in()
    way.open_camera()
    way.check_in_is("problem")
    way.says("摄像头权限被拒绝")
    way.page.context.grant_permissions(["camera"])
    way.button("重新获取摄像头视频").click()
    way.check_in_is("live")


def test_whoever_has_no_camera_asks_for_a_person(browser_with: OpenPage) -> None:
    way = Way(browser_with(), face_seat())
    way.to_check_in()
    way.open_camera()
    way.check_in_is("problem")
    way.says("未找到摄像头")
    asks_for_a_person(way)


def test_whoever_declines_sits_the_exam_without_camera(browser_with: OpenPage, clips: Clips) -> None:
    place = face_seat()
    way = Way(browser_with(clips.person_a), place)
    way.to_check_in(consent=False)
    way.check_in_is("held")
    way.says("您未同意人脸信息处理，本场考试不会打开摄像头。")
    expect(way.page.locator("video")).to_have_count(0)

    desk = Desk(browser_with(), place.sitting)
    desk.act(Intervention.Kind.PASS_CHECK_IN, "已核对身份证件原件，人证一致")
    way.page.wait_for_url("**/waiting/")
    way.enter()
    expect(way.page.locator("video")).to_have_count(0)
    way.answer(1, "A")
    way.hand_in()
    assert place.result.validity == Result.Validity.VALID
    assert Incident.objects.get(sitting=place.sitting).kind == Incident.Kind.CONSENT_DECLINED


@pytest.fixture
def page_over_http(
    playwright: Playwright, chromium_path: str, exam_server: str, clips: Clips
) -> Iterator[tuple[Page, str]]:
    """Return a page, and the address of the site as another machine sees it: plain http under a name."""
    camera = ["--use-fake-device-for-media-stream", f"--use-file-for-fake-video-capture={clips.person_a}"]
    elsewhere = [*ALWAYS, *camera, "--host-resolver-rules=MAP exam.test 127.0.0.1"]
    with playwright.chromium.launch(executable_path=chromium_path, args=elsewhere) as browser:
        address = f"http://exam.test:{urlsplit(exam_server).port}"
        yield browser.new_page(base_url=address, locale="zh-CN"), address


def test_a_page_over_plain_http_says_why_there_is_no_camera(page_over_http: tuple[Page, str]) -> None:
    page, address = page_over_http
    page.goto("/")
    expect(page.locator("[data-insecure-notice]")).to_contain_text("浏览器只在 https 网址上提供摄像头")
    page.goto("/device-check/")
    expect(page.locator('[data-check="camera"]')).to_have_attribute("data-state", "bad")
    way = Way(page, face_seat())
    way.to_check_in()
    way.check_in_is("problem")
    way.says("当前网址不是安全连接，摄像头无法使用")
    asks_for_a_person(way)
    assert page.url.startswith(address)
