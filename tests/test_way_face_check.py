"""What the face check makes of others than the right person: nobody is lost, and a person has the last word."""

from playwright.sync_api import Page, expect

from exams.models import Exam, ReferencePhoto, Result
from proctoring.models import IdentityCheck, Incident, Intervention
from tests.fixtures.browser import OpenPage
from tests.fixtures.pictures import Clips
from tests.seats import Seat, face_seat
from tests.staff import Desk
from tests.way import Way, until

CONTINUE = Exam.AfterFailedCheckIn.CONTINUE.value


def checks(place: Seat) -> list[str]:
    found = IdentityCheck.objects.filter(sitting=place.sitting, occasion=IdentityCheck.Occasion.CHECK_IN)
    return list(found.order_by("pk").values_list("verdict", flat=True))


def test_a_stranger_waits_for_an_invigilator_who_lets_them_in(browser_with: OpenPage, clips: Clips) -> None:
    place = face_seat(check_in_attempts=2)
    way = Way(browser_with(clips.person_b), place)
    way.to_check_in()
    way.open_camera()
    way.check_in_is("failed")
    way.says("本次未能确认为登记考生，还可识别%(left)d次。请摘下口罩、帽子，正对摄像头后重试。", left=1)
    way.button("重新识别").click()
    way.check_in_is("held")
    way.says("正在等待考务人员核验")
    assert_two_failures_are_on_record(place)

    desk = Desk(browser_with(), place.sitting)
    desk.write("请向镜头出示身份证件")
    expect(way.page.get_by_role("dialog")).to_contain_text("请向镜头出示身份证件")
    way.button("知道了").click()
    desk.act(Intervention.Kind.PASS_CHECK_IN, "已核对身份证件原件，人证一致")
    way.page.wait_for_url("**/waiting/")
    way.enter()
    way.hand_in()
    assert place.result.validity == Result.Validity.VALID
    assert place.sitting.held_seconds > 0
    let_in = Intervention.objects.get(sitting=place.sitting, kind=Intervention.Kind.PASS_CHECK_IN)
    assert let_in.by == desk.user


def assert_two_failures_are_on_record(place: Seat) -> None:
    assert checks(place) == ["mismatch", "mismatch"]
    for check in IdentityCheck.objects.filter(sitting=place.sitting):
        assert check.distance is not None
        assert check.distance > 0.45
        assert check.snapshot is not None
    incident = Incident.objects.get(sitting=place.sitting)
    assert (incident.kind, incident.severity) == (Incident.Kind.CHECK_IN_FAILED, Incident.Severity.SERIOUS)
    assert incident.detail["attempts"] == 2
    assert place.sitting.identity == "in_doubt"


def test_a_stranger_goes_on_flagged_until_an_invigilator_clears_them(browser_with: OpenPage, clips: Clips) -> None:
    place = face_seat(check_in_attempts=1, after_failed_check_in=CONTINUE, face_rule=Exam.FaceRule.CHECK_IN.value)
    way = Way(browser_with(clips.person_b), place)
    way.to_check_in()
    way.open_camera()
    way.check_in_is("flagged")
    way.page.get_by_role("link", name=way.words("继续")).click()
    way.page.wait_for_url("**/waiting/")
    way.enter()
    way.answer(1, "A")
    way.hand_in()
    way.says("本场考试需要人工核验")
    assert place.result.validity == Result.Validity.PENDING_REVIEW

    desk = Desk(browser_with(), place.sitting)
    expect(desk.page.get_by_text("不计入有效成绩").first).to_be_visible()
    desk.act(Intervention.Kind.CLEAR_IDENTITY, "照片年代较久，与本人一致")
    assert place.result.validity == Result.Validity.VALID
    assert place.sitting.identity == "cleared"


def test_an_empty_room_fails_nobody_and_a_person_can_be_asked_for(browser_with: OpenPage, clips: Clips) -> None:
    place = face_seat()
    way = Way(browser_with(clips.empty), place)
    way.to_check_in()
    verdicts = said_by_the_socket(way.page, "no_face")
    way.open_camera()
    way.says("未检测到人脸，请正对摄像头")
    until(lambda: len(verdicts) >= 5, way.page)
    way.check_in_is("live")
    assert place.sitting.check_in_failures == 0
    assert checks(place) == []
    way.button("申请人工核验").click()
    way.check_in_is("held")
    assert place.sitting.check_in == "held"


def said_by_the_socket(page: Page, verdict: str) -> list[str]:
    """Return the list that fills with the messages that bring a verdict."""
    heard: list[str] = []

    def hear(payload: str | bytes) -> None:
        if f'"{verdict}"' in str(payload):
            heard.append(str(payload))

    page.on("websocket", lambda socket: socket.on("framereceived", hear))
    return heard


def test_two_persons_are_told_that_only_one_may_be_there(browser_with: OpenPage, clips: Clips) -> None:
    way = Way(browser_with(clips.two_persons), face_seat())
    way.to_check_in()
    way.open_camera()
    way.says("画面中有多张人脸，请确保只有您一人")
    assert way.place.sitting.check_in_failures == 0


def test_without_a_photo_the_first_picture_becomes_the_reference(browser_with: OpenPage, clips: Clips) -> None:
    place = face_seat(photo=None, without_reference=Exam.WithoutReference.ADOPT.value)
    way = Way(browser_with(clips.person_a), place)
    way.to_check_in()
    way.says("您没有登记底照，首次采集的照片将作为底照，由考务人员与证件比对。")
    way.check_in()
    photo = ReferencePhoto.objects.get(enrolment=place.enrolment)
    assert (photo.source, photo.to_compare) == (ReferencePhoto.Source.FIRST_CHECK_IN, True)
    assert checks(place) == ["adopted"]


def test_without_a_photo_a_person_decides_where_the_exam_says_so(browser_with: OpenPage, clips: Clips) -> None:
    place = face_seat(photo=None)
    way = Way(browser_with(clips.person_a), place)
    way.to_check_in()
    way.open_camera()
    way.check_in_is("held")
    assert checks(place) == []
