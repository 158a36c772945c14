"""The clock of everybody in a real browser: a planned pause from its announcement to its end, and an outage."""

import re
from datetime import timedelta

from django.contrib.auth.models import User
from django.utils import timezone
from playwright.sync_api import expect

from exams.models import Heartbeat, PlannedPause, Sitting
from exams.services import planned_pauses
from exams.services.database_clock import database_now
from exams.tests.factories import SittingFactory, browser_of, minutes
from tests.fixtures.browser import OpenPage


def test_a_planned_pause_and_an_outage_reach_the_page_within_seconds(browser_with: OpenPage, exam_server: str) -> None:
    sitting: Sitting = SittingFactory(exam__full_screen=False, exam__outage_rule="automatic")
    page = browser_with()
    session = browser_of(sitting).cookies["sessionid"].value
    page.context.add_cookies([{"name": "sessionid", "value": session, "url": exam_server}])
    page.goto("/waiting/")
    page.locator("[data-ready]").click()
    expect(page.locator("[data-exam]")).to_have_attribute("data-phase", "paper")
    news = page.locator("[data-clock-news]")
    expect(news).to_be_hidden()

    organizer = User.objects.create_user("organizer")
    begins = timezone.now().replace(second=0, microsecond=0) + timedelta(minutes=30)
    made = planned_pauses.plan(
        sitting.enrolment.exam, begins_at=begins, minutes=10, reason="消防演习", by=organizer, now=timezone.now()
    )
    expect(news).to_have_text(f"{timezone.localtime(begins):%H:%M} 将统一暂停10分钟：消防演习", timeout=20_000)
    expect(page.locator("[data-toasts]")).to_contain_text("将统一暂停10分钟")

    # Its time has come: the sweep of the server sees to it.
    PlannedPause.objects.filter(pk=made.pk).update(begins_at=timezone.now())
    cover = page.locator('[data-cover="paused"]')
    expect(cover).to_be_visible(timeout=20_000)
    expect(cover).to_contain_text("消防演习")
    expect(cover.locator("[data-resumes]")).to_contain_text("恢复")
    planned_pauses.cancel(made, by=organizer, now=timezone.now())
    expect(cover).to_be_hidden(timeout=20_000)

    # Silent for three minutes of the ten that it lasts: the server's own next beat ends the outage.
    Sitting.objects.update(started_at=timezone.now() - minutes(10), deadline_at=timezone.now() + minutes(50))
    Heartbeat.objects.update(beat_at=database_now() - minutes(3))
    given = re.compile("因服务器故障，已为您补时[23]分钟。")  # not for the moments of the pause before
    expect(page.locator("[data-toasts]")).to_contain_text(given, timeout=20_000)
    expect(news).to_have_text(given)
    assert 90 <= Sitting.objects.get(pk=sitting.pk).compensated_seconds <= 190
