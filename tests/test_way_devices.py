"""A second laptop in the middle of an exam, a changed mind about the camera, a refused full screen, a moved start."""

from datetime import timedelta

from django.utils import timezone
from playwright.sync_api import expect

from exams.models import Exam
from proctoring.models import Incident, Intervention, Message
from tests.fixtures.browser import OpenPage
from tests.fixtures.pictures import Clips
from tests.seats import admitted, face_seat, seat
from tests.staff import Desk
from tests.way import Way, until

ONE_SECOND = timedelta(seconds=1)
REFUSES = "Element.prototype.requestFullscreen = () => Promise.reject(new TypeError('denied'))"


def test_a_second_laptop_is_checked_and_goes_on_where_the_first_one_stood(browser_with: OpenPage, clips: Clips) -> None:
    place = face_seat(opens_at=timezone.now() - timedelta(minutes=5))
    first = Way(browser_with(clips.person_a), place)
    first.to_check_in()
    first.check_in()
    first.enter()
    first.answer(1, "B")
    deadline = first.deadline()
    first.page.reload()
    first.button("继续答题").click()  # the same browser: no face is asked for again
    first.sees_paper()

    second = Way(browser_with(clips.person_a), place)
    second.page.goto("/login/")
    second.page.get_by_label("考生标识").fill(place.id_number)
    second.page.get_by_label("校验码", exact=True).fill(place.check_code)
    second.button("登录").click()
    second.page.wait_for_url("**/check-in/")
    second.says("您正在更换设备")
    first.answer(2, "A")  # until the second one has passed, nothing changes here
    second.check_in()
    first.says("本页面已停止作答")
    second.button("继续答题").click()
    second.sees_paper()
    assert (second.chosen(1), second.chosen(2)) == (["B"], ["A"])
    assert abs(second.deadline() - deadline) <= ONE_SECOND
    assert Incident.objects.filter(sitting=place.sitting, kind=Incident.Kind.SECOND_DEVICE).count() == 1
    first.button("在此处继续作答").click()
    first.page.wait_for_url("**/check-in/")


def test_a_stranger_with_the_codes_gets_no_paper_and_stops_nobody(
    browser_with: OpenPage, clips: Clips, exam_server: str
) -> None:
    place = face_seat(check_in_attempts=1)
    page = browser_with(clips.person_a)
    admitted(place, page.context, exam_server)
    way = Way(page, place)
    way.enter()
    expect(page.locator("[data-face-box]")).to_have_attribute("data-state", "good", timeout=30_000)

    stranger = Way(browser_with(clips.person_b), place)
    stranger.page.goto("/login/")
    stranger.page.get_by_label("考生标识").fill(place.id_number)
    stranger.page.get_by_label("校验码", exact=True).fill(place.check_code)
    stranger.button("登录").click()
    stranger.page.wait_for_url("**/check-in/")
    stranger.open_camera()
    stranger.says(
        "本场考试正在另一台设备上进行，此处不能继续。请先关闭那台设备上的考试页面再刷新本页，或点击“求助”联系考务人员。"
    )
    way.answer(1, "C")
    assert (place.sitting.state, place.sitting.check_in, place.sitting.identity) == ("in_progress", "passed", "steady")
    failed = Incident.objects.get(sitting=place.sitting, kind=Incident.Kind.CHECK_IN_FAILED)
    assert failed.detail["other_device"] is True


def test_who_declined_and_waits_calls_and_then_agrees_after_all(browser_with: OpenPage, clips: Clips) -> None:
    place = face_seat()
    way = Way(browser_with(clips.person_a), place)
    way.to_check_in(consent=False)
    way.check_in_is("held")
    way.button("求助").click()
    dialog = way.page.get_by_role("dialog", name="求助")
    dialog.get_by_role("textbox").fill("我改主意了")
    dialog.get_by_role("button", name="发送求助").click()
    expect(way.page.locator("[data-called]")).to_have_text("求助已送达，考务人员会尽快联系您。")
    desk = Desk(browser_with(), place.sitting)
    desk.write("可以在本页改为同意。")
    expect(way.page.get_by_role("dialog", name="考务人员的消息")).to_contain_text("可以在本页改为同意。")
    way.button("知道了").click()
    until(Message.objects.filter(seen_at__isnull=False).exists, way.page)

    way.page.get_by_role("link", name="改为同意，由系统识别").click()
    way.button("同意并继续").click()
    way.page.wait_for_url("**/check-in/")
    way.check_in()
    assert place.sitting.check_in == "passed"


def test_a_browser_that_refuses_full_screen_goes_on_and_that_is_on_record(
    browser_with: OpenPage, exam_server: str
) -> None:
    place = seat(full_screen=True)
    page = browser_with()
    page.add_init_script(REFUSES)
    admitted(place, page.context, exam_server)
    way = Way(page, place)
    way.enter()
    way.says("请回到全屏继续考试")
    way.button("进入全屏并继续答题").click()
    way.says("浏览器没有进入全屏")
    way.button("不用全屏，继续答题").click()
    expect(page.locator("[data-covers]")).to_be_hidden()
    way.answer(1, "A")
    assert Incident.objects.get(sitting=place.sitting).kind == Incident.Kind.NO_FULL_SCREEN
    page.reload()
    page.locator("[data-ready]").click()
    way.sees_paper()
    expect(page.locator("[data-covers]")).to_be_hidden()


def test_where_switching_locks_a_person_looks_before_it_goes_on_without_full_screen(
    browser_with: OpenPage, exam_server: str
) -> None:
    place = seat(full_screen=True, after_switch_limit=Exam.AfterSwitchLimit.LOCK.value)
    page = browser_with()
    page.add_init_script(REFUSES)
    admitted(place, page.context, exam_server)
    way = Way(page, place)
    way.enter()
    way.button("进入全屏并继续答题").click()
    way.button("报告考务人员，停止计时").click()
    way.says("试卷已锁定")
    desk = Desk(browser_with(), place.sitting)
    desk.act(Intervention.Kind.UNLOCK, "已到场查看，允许不用全屏")
    expect(page.locator("[data-covers]")).to_be_hidden()
    way.answer(1, "A")


def test_a_doubt_that_is_marked_can_be_taken_back_by_its_own_words(browser_with: OpenPage, exam_server: str) -> None:
    place = seat()
    page = browser_with()
    admitted(place, page.context, exam_server)
    way = Way(page, place)
    way.enter()
    way.doubt(1)
    taken_back = way.button("取消疑问")
    expect(taken_back).to_have_attribute("aria-pressed", "true")
    taken_back.click()
    expect(way.button("标记疑问")).to_have_attribute("aria-pressed", "false")
    assert way.counters()["doubtful"] == 0


def test_the_countdown_follows_a_start_that_staff_move(browser_with: OpenPage, exam_server: str) -> None:
    place = seat(opens_at=timezone.now() + timedelta(minutes=20))
    page = browser_with()
    admitted(place, page.context, exam_server)
    page.goto("/waiting/")
    shown = page.locator("[data-countdown]")
    expect(shown).to_contain_text("00:19:")
    place.change_exam(opens_at=timezone.now() + timedelta(minutes=10))
    expect(shown).to_contain_text("00:09:")
    Way(page, place).says("考务人员调整了开始时间，倒计时已更新。")


def test_the_missing_tick_is_asked_for_in_the_language_of_the_page(browser_with: OpenPage) -> None:
    way = Way(browser_with(language="en"), seat(), "en")
    way.sign_in()
    way.button("信息无误，进入考试").click()
    way.says("请先阅读考试须知并勾选。")
    expect(way.page.get_by_role("checkbox")).to_be_focused()
    way.confirm()
