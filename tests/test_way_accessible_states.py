"""States that a candidate comes to now and then: none of them has a serious fault of accessibility either."""

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from exams.domain.consent import VERSION
from exams.models import Sitting
from exams.services import phone_links, sittings
from exams.tests.factories import CLIENT, EnrolmentFactory, SittingFactory
from tests.fixtures.browser import OpenPage
from tests.seats import Seat, admitted, face_seat, seat
from tests.test_way_accessible import is_accessible
from tests.way import Way

LANGUAGES = ["zh-hans", "en"]
REFUSES = "Element.prototype.requestFullscreen = () => Promise.reject(new TypeError('denied'))"
pytestmark = pytest.mark.parametrize("language", LANGUAGES)


def test_pages_that_anybody_may_open(browser_with: OpenPage, language: str) -> None:
    place = face_seat()
    page = browser_with(language=language)
    companions = phone_links.signed(SittingFactory(enrolment=place.enrolment), timezone.now())
    for path in ("/", "/device-check/", "/login/", "/left/", "/nothing-here/", f"/s/{companions}/", "/s/expired/"):
        page.goto(path)
        is_accessible(page)
    page.goto("/login/")
    Way(page, place, language).button("登录").click()
    is_accessible(page)


def test_choosing_confirming_and_reporting_what_is_wrong(browser_with: OpenPage, language: str) -> None:
    place = seat()
    EnrolmentFactory(candidate=place.enrolment.candidate, exam__plan=place.exam.plan, exam__code="ANOTHER")
    way = Way(browser_with(language=language), place, language)
    way.page.goto("/login/")
    way.page.get_by_label(way.words("考生标识")).fill(place.id_number)
    way.page.get_by_label(way.words("校验码"), exact=True).fill(place.check_code)
    way.button("登录").click()
    way.page.wait_for_url("**/choose/")
    is_accessible(way.page)
    way.page.locator(f'button[value="{place.enrolment.pk}"]').click()
    way.button("信息无误，进入考试").click()
    is_accessible(way.page)
    way.button("信息有误，返回登录").click()
    is_accessible(way.page)
    way.button("提交并返回登录").click()
    way.page.wait_for_url("**/login/")
    is_accessible(way.page)


def test_without_a_camera_and_waiting_for_a_person(browser_with: OpenPage, language: str) -> None:
    way = Way(browser_with(language=language), face_seat(), language)
    way.to_check_in()
    way.open_camera()
    way.check_in_is("problem")
    is_accessible(way.page)
    way.button("申请人工核验").click()
    way.check_in_is("held")
    is_accessible(way.page)
    way.button("求助").click()
    is_accessible(way.page)


def test_declined_and_on_another_device(browser_with: OpenPage, exam_server: str, language: str) -> None:
    declined, elsewhere = face_seat(), face_seat()
    page = browser_with(language=language)
    admitted(declined, page.context, exam_server, check_in="unchecked")
    declined.enrolment.consents.create(version=VERSION, given=False, at=timezone.now())
    page.goto("/check-in/")
    is_accessible(page)
    page.goto("/check-in/consent/")
    is_accessible(page)
    admitted(elsewhere, page.context, exam_server)
    sittings.begin(elsewhere.sitting, CLIENT, timezone.now())
    Sitting.objects.filter(pk=elsewhere.sitting.pk).update(device="another")
    page.goto("/check-in/")
    is_accessible(page)


@pytest.mark.parametrize(
    ("path", "place"),
    [
        ("/waiting/", lambda: seat(opens_at=timezone.now() + timedelta(hours=3))),
        ("/waiting/", lambda: seat(full_screen=True, opens_at=timezone.now() + timedelta(minutes=9))),
        ("/missed/", lambda: seat(late_entry_minutes=5)),
    ],
    ids=["too early", "waiting", "missed"],
)
def test_before_the_paper(browser_with: OpenPage, exam_server: str, language: str, path: str, place: object) -> None:
    page = browser_with(language=language)
    admitted(place(), page.context, exam_server)  # type: ignore[operator]
    page.goto(path)
    is_accessible(page)


def test_what_lies_over_the_paper(browser_with: OpenPage, exam_server: str, language: str) -> None:
    place = seat(full_screen=True)
    page = browser_with(language=language)
    page.add_init_script(REFUSES)
    admitted(place, page.context, exam_server)
    way = Way(page, place, language)
    way.enter()
    way.button("进入全屏并继续答题").click()
    way.says("浏览器没有进入全屏")
    is_accessible(page)
    way.button("不用全屏，继续答题").click()
    for locked in (False, True):
        sittings.pause(place.sitting, "设备故障", timezone.now(), locked=locked)
        expect(page.get_by_role("alertdialog")).to_contain_text(way.words("试卷已锁定" if locked else "考试已暂停"))
        is_accessible(page)
    sittings.resume(place.sitting, timezone.now())
    expect(page.get_by_role("alertdialog")).to_be_hidden()
    sittings.begin(place.sitting, "another-page", timezone.now())
    way.says("本页面已停止作答")
    is_accessible(page)


@pytest.mark.parametrize("size", ["normal", "large", "larger"])
def test_no_font_size_cuts_anything_off_on_a_phone(
    browser_with: OpenPage, exam_server: str, language: str, size: str
) -> None:
    place: Seat = seat()
    page = browser_with(language=language, viewport=(390, 844))
    place.enrolment.candidate.font_size = size
    place.enrolment.candidate.save()
    admitted(place, page.context, exam_server)
    Way(page, place, language).enter()
    cut_off = "one.scrollWidth > one.clientWidth + 1 && getComputedStyle(one).overflowX !== 'visible'"
    parts = "[...document.querySelectorAll('.paper-main *')].filter(one => one.checkVisibility())"
    assert page.evaluate(f"{parts}.filter(one => {cut_off}).map(one => one.className)") == []
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    is_accessible(page)
