"""An invigilator in the live room: sees who needs somebody, acts, and the candidate's page follows within seconds."""

import re

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from exams.models import Enrolment, Sitting
from exams.services import sittings
from exams.tests.factories import EnrolmentFactory, SittingFactory, hours
from proctoring.models import Incident, Intervention, Message, PictureViewing
from proctoring.services import incidents
from tests.fixtures.browser import OpenPage
from tests.fixtures.pictures import Clips
from tests.room import Kind, Room
from tests.seats import admitted, face_seat, seat
from tests.way import Way, in_the_middle, until

SECONDS = 5_000  # milliseconds within which the candidate sees it
LIVE = 15_000
FIVE_MINUTES = 300


@pytest.fixture
def way(browser_with: OpenPage, clips: Clips, exam_server: str) -> Way:
    """Return a candidate in the middle of an exam, last in the order of the seats."""
    place = face_seat()
    Enrolment.objects.filter(pk=place.enrolment.pk).update(name="李明", room="第1考场", seat="09")
    for number, name in enumerate(("王芳", "张伟", "赵敏"), start=1):
        EnrolmentFactory(exam=place.exam, name=name, room="第1考场", seat=f"0{number}")
    return in_the_middle(browser_with(clips.person_a), place, exam_server)


def test_an_invigilator_watches_and_acts_and_the_candidate_follows(way: Way, browser_with: OpenPage) -> None:
    room = Room(browser_with(), way.place.exam)
    sees_the_candidate(room)
    an_incident_comes_to_the_top(room, way)
    a_call_for_help_is_answered(room, way)
    sees_the_live_picture_beside_the_photo(room, way)
    a_pause_and_five_minutes_more_reach_the_candidate(room, way)
    an_announcement_is_received_and_read(room, way)
    the_end(room, way)
    kinds = Intervention.objects.filter(sitting=way.place.sitting, by=room.user).order_by("pk")
    expected = [Kind.MESSAGE, Kind.PAUSE, Kind.RESUME, Kind.EXTEND, Kind.MESSAGE, Kind.TERMINATE]
    assert list(kinds.values_list("kind", flat=True)) == expected


def sees_the_candidate(room: Room) -> None:
    tile = room.tile("李明")
    expect(tile).to_contain_text("答题中")
    expect(tile).to_contain_text("1/2")
    expect(tile).to_contain_text(re.compile(r"00:5\d:\d\d"))
    expect(room.tile("王芳")).to_contain_text("未到")
    room.filter("sitting")
    expect(room.tiles()).to_have_count(1)
    room.filter("all")
    expect(room.tiles()).to_have_count(4)


def an_incident_comes_to_the_top(room: Room, way: Way) -> None:
    now = timezone.now()
    for enrolment in way.place.exam.enrolments.filter(name__in=("王芳", "张伟")):  # before the candidate, and in peace
        fields = {"state": "in_progress", "check_in": "passed", "started_at": now, "deadline_at": now + hours(1)}
        SittingFactory(enrolment=enrolment, **fields)
    expect(room.tile("王芳")).to_contain_text("答题中", timeout=2 * SECONDS)
    expect(room.tiles().first).not_to_contain_text("李明")
    incidents.open_or_extend(
        way.place.sitting, Incident.Kind.SEVERAL_PERSONS, severity="serious", began_at=timezone.now()
    )
    expect(room.tiles().first).to_contain_text("李明", timeout=2 * SECONDS)
    expect(room.tiles().first).to_contain_text("多人出现")
    expect(room.tiles().first).to_have_attribute("data-tone", "danger")
    incidents.close(way.place.sitting, Incident.Kind.SEVERAL_PERSONS, ended_at=timezone.now())


def a_call_for_help_is_answered(room: Room, way: Way) -> None:
    way.button("求助").click()
    dialog = way.page.get_by_role("dialog", name="求助")
    dialog.get_by_role("textbox").fill("鼠标失灵")
    dialog.get_by_role("button", name="发送求助").click()
    expect(room.tile("李明")).to_contain_text("求助：鼠标失灵", timeout=SECONDS)
    room.watch(way.place.sitting)
    room.write("请换用旁边的鼠标。")
    reads(way, "请换用旁边的鼠标。")
    assert not Message.objects.filter(direction="from_candidate", settled_at__isnull=True).exists()


def reads(way: Way, text: str, heading: str = "考务人员的消息") -> None:
    notice = way.page.get_by_role("dialog", name=heading)
    expect(notice).to_contain_text(text, timeout=SECONDS)
    notice.get_by_role("button", name="知道了").click()


def sees_the_live_picture_beside_the_photo(room: Room, way: Way) -> None:
    expect(room.page.locator("[data-live]")).to_have_attribute("data-state", "live", timeout=LIVE)
    wide = room.page.locator("[data-live] img").evaluate("image => image.naturalWidth")
    assert wide > 0
    expect(room.page.get_by_role("img", name="底照")).to_be_visible()
    viewed = PictureViewing.objects.filter(enrolment=way.place.enrolment, by=room.user)
    assert viewed.filter(kind=PictureViewing.Kind.LIVE).count() == 1


def a_pause_and_five_minutes_more_reach_the_candidate(room: Room, way: Way) -> None:
    cover = way.page.get_by_role("alertdialog")
    room.act(Kind.PAUSE, "正在排除设备故障，请稍候")
    expect(cover).to_contain_text("正在排除设备故障，请稍候", timeout=SECONDS)
    room.act(Kind.RESUME, "问题已解决")
    expect(cover).to_be_hidden(timeout=SECONDS)
    left = way.remaining()
    room.act(Kind.EXTEND, "设备故障耽误作答", minutes="5")
    until(lambda: way.remaining() > left, way.page, within=SECONDS / 1000)
    assert abs(way.remaining() - left - FIVE_MINUTES) <= 10


def an_announcement_is_received_and_read(room: Room, way: Way) -> None:
    room.open()
    expect(room.tile("李明")).to_be_visible()
    room.page.locator('[data-open-many="announce"]').click()
    reach = room.page.locator("[data-reach]")
    expect(reach).to_have_text("现在就有3名考生收到。另有1名考生还没有登录，开始作答时收到。")
    room.page.locator('[data-many-dialog="announce"] [name="scope"][value="shown"]').check()
    expect(reach).to_contain_text("另有1名考生还没有登录，不会收到")
    room.page.locator('[data-many-dialog="announce"]').get_by_role("button", name="取消").click()
    room.for_many("announce", text="第2题选项B有更正。")
    expect(room.page.get_by_text("公告已发出。")).to_be_visible()
    reads(way, "第2题选项B有更正。", "公告")
    room.open("announcements/")
    figures = room.page.locator(".announcement__figures")
    expect(figures).to_contain_text("已读1", timeout=2 * SECONDS)


def the_end(room: Room, way: Way) -> None:
    room.open()
    room.watch(way.place.sitting)
    room.act(Kind.TERMINATE, "考生申请终止考试")
    way.page.wait_for_url("**/finished/", timeout=SECONDS)
    assert way.place.sitting.ended_by == Sitting.EndedBy.STAFF


def test_a_held_candidate_sees_their_turn_and_is_passed_in_the_queue(browser_with: OpenPage, exam_server: str) -> None:
    place = seat(face_rule="check_in")
    page = browser_with()
    sitting = admitted(place, page.context, exam_server, check_in="exhausted")
    sittings.move_check_in(sitting, "held", now=timezone.now(), reason="摄像头权限被拒绝")
    page.goto("/check-in/")
    expect(page.get_by_text("下一位就是您。")).to_be_visible()
    room = Room(browser_with(), place.exam)
    room.open("queue/")
    card = room.page.locator(f"#held-{sitting.pk}")
    expect(card).to_contain_text("摄像头权限被拒绝")
    card.get_by_role("button", name="已核对身份证件原件，人证一致").click()
    card.get_by_role("button", name="放行").click()
    expect(room.page.get_by_text("没有等待人工核验的考生。")).to_be_visible()
    page.wait_for_url("**/waiting/", timeout=2 * SECONDS)
    assert place.sitting.check_in == "passed"
    assert Intervention.objects.get(sitting=sitting).reason == "已核对身份证件原件，人证一致"


def test_more_time_for_everybody_names_who_could_not_have_it(browser_with: OpenPage, exam_server: str) -> None:
    place = seat()
    EnrolmentFactory(exam=place.exam, name="王芳")
    page = browser_with()
    admitted(place, page.context, exam_server)
    way = Way(page, place)
    way.enter()
    done = EnrolmentFactory(exam=place.exam, name="赵敏")
    now = timezone.now()
    ended = sittings.begin(sittings.confirm(sittings.open_for(done, now), now), "elsewhere", now)
    sittings.submit(ended, Sitting.EndedBy.CANDIDATE, now)
    room = Room(browser_with(), place.exam)
    for name in (place.enrolment.name, "赵敏"):
        room.tile(name).get_by_role("checkbox").check()
    left = way.remaining()
    dialog = room.for_many("extend", minutes="5", reason="考场断电")
    expect(dialog).to_contain_text("已执行1人，未执行1人。")
    expect(dialog.locator("[data-left-out]")).to_contain_text("赵敏")
    until(lambda: way.remaining() > left, page, within=SECONDS / 1000)
    assert abs(way.remaining() - left - FIVE_MINUTES) <= 10
