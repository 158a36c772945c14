"""What an invigilator does in the admin reaches the candidate's page within seconds."""

import pytest
from playwright.sync_api import expect

from exams.models import Sitting
from proctoring.models import Intervention, Message
from tests.fixtures.browser import OpenPage
from tests.fixtures.pictures import Clips
from tests.seats import face_seat
from tests.staff import Desk
from tests.way import Way, in_the_middle, until

Kind = Intervention.Kind
SECONDS = 5_000  # milliseconds within which the candidate sees it
TEN_MINUTES = 600


@pytest.fixture
def way(browser_with: OpenPage, clips: Clips, exam_server: str) -> Way:
    """Return a candidate in the middle of an exam."""
    return in_the_middle(browser_with(clips.person_a), face_seat(), exam_server)


@pytest.fixture
def desk(browser_with: OpenPage, way: Way) -> Desk:
    return Desk(browser_with(), way.place.sitting)


def test_a_pause_stops_the_clock_and_more_time_is_given(way: Way, desk: Desk) -> None:
    cover = way.page.get_by_role("alertdialog")
    desk.act(Kind.PAUSE, "正在排除设备故障，请稍候")
    expect(cover).to_contain_text("正在排除设备故障，请稍候", timeout=SECONDS)
    expect(cover).to_contain_text("考试已暂停")
    left = way.remaining()
    desk.act(Kind.RESUME, "问题已解决")
    expect(cover).to_be_hidden(timeout=SECONDS)
    assert -1 <= way.remaining() - left <= 5  # the page learned of the pause a little late, and is given that back
    desk.act(Kind.EXTEND, "设备故障耽误作答", minutes="10")
    until(lambda: way.remaining() > left, way.page, within=SECONDS / 1000)
    assert abs(way.remaining() - left - TEN_MINUTES) <= 10
    way.answer(2, "B")
    assert way.place.answers == {1: ["A"], 2: ["B"]}


def test_a_call_for_help_is_answered(way: Way, desk: Desk) -> None:
    way.button("求助").click()
    dialog = way.page.get_by_role("dialog", name="求助")
    dialog.get_by_role("textbox").fill("题目图片无法显示")
    dialog.get_by_role("button", name="发送求助").click()
    expect(dialog).to_be_hidden()
    desk.page.reload()
    expect(desk.page.get_by_text("题目图片无法显示").first).to_be_visible()
    desk.write("本题没有图片，请继续作答。")
    notice = way.page.get_by_role("dialog", name="考务人员的消息")
    expect(notice).to_contain_text("本题没有图片，请继续作答。", timeout=SECONDS)
    notice.get_by_role("button", name="知道了").click()
    told = Message.objects.filter(direction=Message.Direction.TO_CANDIDATE, seen_at__isnull=False)
    until(told.exists, way.page)
    assert Message.objects.get(direction=Message.Direction.FROM_CANDIDATE).settled_at is not None


def test_a_sitting_is_locked_opened_again_and_at_last_terminated(way: Way, desk: Desk) -> None:
    cover = way.page.get_by_role("alertdialog")
    desk.act(Kind.LOCK, "请停止操作，等待考务人员核实情况")
    expect(cover).to_contain_text("试卷已锁定", timeout=SECONDS)
    desk.act(Kind.UNLOCK, "已了解情况，允许继续")
    expect(cover).to_be_hidden(timeout=SECONDS)
    desk.act(Kind.TERMINATE, "考生申请终止考试")
    way.page.wait_for_url("**/finished/", timeout=SECONDS)
    way.says("考务人员已结束您的本场考试。")
    sitting = way.place.sitting
    assert (sitting.state, sitting.ended_by) == ("terminated", Sitting.EndedBy.STAFF)
    assert way.place.answers == {1: ["A"]}
    reasons = Intervention.objects.filter(sitting=sitting, by=desk.user).order_by("pk").values_list("kind", flat=True)
    assert list(reasons) == [Kind.LOCK, Kind.UNLOCK, Kind.TERMINATE]
