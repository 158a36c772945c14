"""`make screenshots`: walks through the demo in both languages and leaves the pictures in docs/screenshots."""

import io
import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))  # this file is run by its path

from PIL import Image  # noqa: E402
from playwright.sync_api import Browser, Page, Playwright, expect, sync_playwright  # noqa: E402

if TYPE_CHECKING:
    from django.contrib.auth.models import User

    from exams.models import Enrolment
    from tests.seats import Seat
    from tests.way import Way

PICTURES = ROOT / "docs" / "screenshots"
WIDE, NARROW = (1440, 900), (390, 844)
SOON = timedelta(seconds=100)
LANGUAGES = {"zh-hans": ("zh-CN", PICTURES), "en": ("en-US", PICTURES / "en")}
STARTS_WITHIN = 60  # seconds
ON_WINDOWS = (  # as most candidates come, so that the first page offers the exam client
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/{version} Safari/537.36"
)


def main() -> int:
    """Serve a fresh demo of its own, take the pictures, leave nothing else behind."""
    with (
        tempfile.TemporaryDirectory() as data,
        _settings(Path(data)) as origin,
        _server(origin),
        sync_playwright() as playwright,
    ):
        _take_all(playwright, origin, Path(data))
    for picture in sorted(PICTURES.rglob("*.png")):
        print(f"{picture.relative_to(ROOT)}  {picture.stat().st_size // 1024} KB")
    return 0


@contextmanager
def _settings(data: Path) -> Iterator[str]:
    """Set up Django on a database of its own; yield the address that the server will have."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    os.environ |= {
        "DATA_DIR": str(data),
        "HOST": "127.0.0.1",
        "PORT": str(port),
        "DJANGO_SETTINGS_MODULE": "examplatform.settings",
        "LOG_LEVEL": "ERROR",
        "DJANGO_ALLOW_ASYNC_UNSAFE": "true",  # the browser's driver has a loop; what asks the database is not in it
    }
    for given in ("DATABASE_URL", "REDIS_URL", "PUBLIC_ORIGIN"):
        os.environ.pop(given, None)
    import django
    from django.core.management import call_command

    django.setup()
    call_command("collectstatic", verbosity=0, interactive=False)
    yield f"http://127.0.0.1:{port}"


@contextmanager
def _server(origin: str) -> Iterator[None]:
    """Run the server as `make run` does."""
    with subprocess.Popen([sys.executable, "-m", "examplatform"], cwd=ROOT, stdout=subprocess.DEVNULL) as server:
        try:
            _wait_for(server, f"{origin}/ping/")
            yield
        finally:
            server.terminate()


def _wait_for(server: "subprocess.Popen[bytes]", address: str) -> None:
    patience = time.monotonic() + STARTS_WITHIN
    while time.monotonic() < patience and server.poll() is None:
        try:
            urllib.request.urlopen(address, timeout=2).close()
        except (urllib.error.URLError, OSError):
            time.sleep(0.2)
        else:
            return
    sys.exit("The server did not start.")


def _take_all(playwright: Playwright, origin: str, data: Path) -> None:
    from scripts import exam_day
    from tests.fixtures.browser import ALWAYS, SHOWS_CAMERA
    from tests.fixtures.pictures import PORTRAITS, Faces, made_clips
    from tests.fixtures.reachable import HOW_TO_GET_A_BROWSER, chromium
    from tests.seats import give_photo

    if not chromium():
        sys.exit(HOW_TO_GET_A_BROWSER)
    faces = Faces(person_a=sorted(PORTRAITS.glob("obama*.jpg")), person_b=sorted(PORTRAITS.glob("biden*.jpg")))
    clips = made_clips(faces, data / "clips")

    @contextmanager
    def browser(clip: Path) -> Iterator[Browser]:
        camera = [*SHOWS_CAMERA, f"--use-file-for-fake-video-capture={clip}"]
        with playwright.chromium.launch(executable_path=chromium(), args=[*ALWAYS, *camera]) as started:
            yield started

    with browser(clips.person_a) as shows_a:
        for language, seat in zip(LANGUAGES, exam_day.seats("DEMO-SOON")[::3], strict=False):
            give_photo(seat, "obama")
            _take_the_way(_page(shows_a, origin, language), seat, language)
        with browser(clips.person_b) as shows_b:
            _take_the_day(_page(shows_a, origin, "zh-hans"), _page(shows_b, origin, "zh-hans"), origin)


def _page(browser: Browser, origin: str, language: str) -> Page:
    context = browser.new_context(
        base_url=origin,
        locale=LANGUAGES[language][0],
        user_agent=ON_WINDOWS.format(version=browser.version),
        timezone_id="Asia/Shanghai",
        viewport={"width": WIDE[0], "height": WIDE[1]},
        permissions=["camera"],
    )
    return context.new_page()


def _shoot(page: Page, name: str, language: str, *, whole: bool = False) -> None:
    """Take a picture of what is seen, or of the whole page, in 256 colours."""
    folder = LANGUAGES[language][1]
    folder.mkdir(parents=True, exist_ok=True)
    seen = page.screenshot(animations="disabled", full_page=whole)
    picture = Image.open(io.BytesIO(seen)).convert("RGB")
    few = picture.quantize(256, method=Image.Quantize.MEDIANCUT, kmeans=2, dither=Image.Dither.FLOYDSTEINBERG)
    few.save(folder / f"{name}.png", optimize=True)


# --- one candidate's way ---------------------------------------------------------------------------------------------


def _take_the_way(page: Page, seat: "Enrolment", language: str) -> None:
    from scripts import exam_day
    from tests.seats import Seat
    from tests.way import Way

    way = Way(page, Seat(seat, seat.candidate.id_number), language)
    exam_day.opens("DEMO-SOON", SOON)
    _take_the_sign_in(way)
    _take_the_check_in(way)
    exam_day.opens("DEMO-SOON", timedelta(0))
    page.goto("/waiting/")
    page.locator("[data-ready]").click()
    way.sees_paper()
    _take_the_paper(way)
    way.hand_in()
    _shoot(page, "finished", language)  # as the window shows it: what counts down stands at its foot


def _take_the_sign_in(way: "Way") -> None:
    page = way.page
    page.goto("/")
    _shoot(page, "landing", way.language, whole=True)
    page.goto("/login/")
    page.get_by_label(way.words("考生标识")).fill(way.place.id_number)
    page.get_by_label(way.words("校验码"), exact=True).fill(way.place.check_code)
    _shoot(page, "login", way.language)
    way.button("登录").click()
    page.wait_for_url("**/choose/")
    page.locator(f'button[value="{way.place.enrolment.pk}"]').click()
    page.wait_for_url("**/confirm/")
    _shoot(page, "confirm", way.language)


def _take_the_check_in(way: "Way") -> None:
    page = way.page
    way.confirm()
    way.consent()
    way.open_camera()
    expect(page.locator("[data-hint]")).to_have_attribute("data-tone", "good", timeout=30_000)
    _shoot(page, "check-in", way.language)
    page.wait_for_url("**/waiting/", timeout=30_000)
    expect(page.locator("[data-face-box]")).to_have_attribute("data-state", "good", timeout=30_000)
    _shoot(page, "waiting", way.language)


def _take_the_paper(way: "Way") -> None:
    page = way.page
    for number in (*range(1, 13), 31, 32):
        way.answer(number, *_options(way, number)[: 2 if number > 30 else 1])
    for number in (5, 9):
        way.doubt(number)
    way.go_to(31)
    expect(page.locator("[data-face-box]")).to_have_attribute("data-state", "good", timeout=30_000)
    _shoot(page, "paper", way.language)
    dialog = way.offer_hand_in()
    _shoot(page, "hand-in", way.language)
    dialog.get_by_role("button", name=way.words("继续答题")).click()
    page.set_viewport_size({"width": NARROW[0], "height": NARROW[1]})
    _shoot(page, "paper-narrow", way.language)
    page.set_viewport_size({"width": WIDE[0], "height": WIDE[1]})


def _options(way: "Way", number: int) -> list[str]:
    """Return the ids of a question's options as this paper has them."""
    values = way.question(number).locator("input").evaluate_all("inputs => inputs.map(input => input.value)")
    return [str(value) for value in values]


# --- the invigilators' day -------------------------------------------------------------------------------------------


def _take_the_day(at_ease: Page, uneasy: Page, origin: str) -> None:
    """Let one candidate answer and a stranger fail the face check, and show what the invigilators see."""
    from scripts import exam_day
    from tests.seats import Seat, give_photo, invigilator
    from tests.way import Way

    room = exam_day.seats("DEMO-OPEN")
    by = invigilator(name="kaowu01")
    answering, stranger = (
        Way(page, Seat(seat, seat.candidate.id_number)) for page, seat in zip((at_ease, uneasy), room, strict=False)
    )
    give_photo(answering.place.enrolment, "obama")
    give_photo(stranger.place.enrolment, "obama3")
    _fail(stranger)
    _answer(answering)
    exam_day.fill_room(room[2:], by)
    desk = at_ease.context.browser
    assert desk is not None
    for language in LANGUAGES:
        _take_the_desk(_page(desk, origin, language), stranger.place, by, language)
        _take_the_room(_page(desk, origin, language), answering.place, by, language)


def _take_the_desk(page: Page, place: "Seat", by: "User", language: str) -> None:
    """Take what the back office shows of a candidate and of the exam."""
    from tests.staff import Desk

    Desk(page, place.sitting, by)
    _shoot(page, "sitting", language)
    page.goto(f"/admin/exams/sitting/room/{place.exam.pk}/")
    _shoot(page, "overview", language)


def _take_the_room(page: Page, place: "Seat", by: "User", language: str) -> None:
    """Take the live room: everybody, and one candidate."""
    from tests.room import Room

    room = Room(page, place.exam, by)
    page.locator('[data-per-page="9"]').click()
    expect(page.locator("[data-server-clock]")).not_to_contain_text("--")
    expect(room.tile(place.enrolment.name).locator(".tile__face")).to_be_visible(timeout=30_000)
    page.wait_for_load_state("networkidle")
    _shoot(page, "room", language)
    page.goto(f"/room/{place.exam.pk}/{place.sitting.pk}/")
    expect(page.locator("[data-live]")).to_have_attribute("data-state", "live", timeout=30_000)
    _shoot(page, "room-candidate", language)


def _answer(way: "Way") -> None:
    """Be the right person, and answer."""
    _to_camera(way)
    way.page.wait_for_url("**/waiting/", timeout=30_000)
    way.page.locator("[data-ready]").click()
    way.sees_paper()
    for number in range(1, 20):
        way.answer(number, _options(way, number)[0])


def _fail(way: "Way") -> None:
    """Use up the attempts."""
    _to_camera(way)
    for _attempt in range(way.place.exam.check_in_attempts - 1):
        way.check_in_is("failed")
        way.button("重新识别").click()
    way.check_in_is("held")


def _to_camera(way: "Way") -> None:
    """Walk from the login page to the open camera."""
    way.page.goto("/login/")
    way.page.get_by_label("考生标识").fill(way.place.id_number)
    way.page.get_by_label("校验码", exact=True).fill(way.place.check_code)
    way.button("登录").click()
    way.page.locator(f'button[value="{way.place.enrolment.pk}"]').click()
    way.page.wait_for_url("**/confirm/")
    way.confirm()
    way.consent()
    way.open_camera()


if __name__ == "__main__":
    sys.exit(main())
