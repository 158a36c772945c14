"""An invigilator in the live room, in a browser of their own."""

from django.contrib.auth.models import User
from playwright.sync_api import Locator, Page, expect

from exams.models import Exam, Sitting
from proctoring.models import Intervention
from tests.seats import invigilator
from tests.staff import sign_in

Kind = Intervention.Kind


class Room:
    """One invigilator in one page, with the wall of an exam before them."""

    def __init__(self, page: Page, exam: Exam, user: User | None = None) -> None:
        self.page, self.exam = page, exam
        self.user = user or invigilator()
        sign_in(page, self.user)
        self.open()

    def open(self, what: str = "") -> None:
        """Open the wall, or a page below it: `queue/`, `announcements/`."""
        self.page.goto(f"/room/{self.exam.pk}/{what}")

    # --- the wall ----------------------------------------------------------------------------------------------------

    def tiles(self) -> Locator:
        return self.page.locator("[data-wall] > .tile")

    def tile(self, name: str) -> Locator:
        return self.tiles().filter(has=self.page.get_by_role("link", name=name, exact=True))

    def filter(self, name: str) -> None:
        self.page.locator(f'[data-filter="{name}"]').click()

    def for_many(self, kind: str, **fields: str) -> Locator:
        """Open the dialog of an act for many, fill it in and do it; return the dialog."""
        self.page.locator(f'[data-open-many="{kind}"]').click()
        dialog = self.page.locator(f'[data-many-dialog="{kind}"]')
        for name, value in fields.items():
            dialog.locator(f'[name="{name}"]').fill(value)
        dialog.locator("[data-run]").click()
        return dialog

    # --- one candidate -----------------------------------------------------------------------------------------------

    def watch(self, sitting: Sitting) -> None:
        """Go to the live page of a candidate by their tile."""
        self.tile(sitting.enrolment.name).get_by_role("link").click()
        self.page.wait_for_url(f"**/room/{self.exam.pk}/{sitting.pk}/")

    def act(self, kind: Kind, reason: str, **fields: str) -> None:
        """Do something about the candidate who is watched, with a reason."""
        aside = self.page.locator("#watch-aside")
        form = aside.locator("form", has=self.page.locator(f'[name="kind"][value="{kind.value}"]')).first
        if not form.is_visible():
            aside.locator("summary", has_text=str(kind.label)).first.click()
        for name, value in {**fields, "reason": reason}.items():
            form.locator(f'[name="{name}"]').fill(value)
        form.get_by_role("button", name=str(kind.label), exact=True).click()
        expect(aside).to_contain_text(f"已执行：{kind.label}")

    def write(self, text: str) -> None:
        """Write to the candidate who is watched, or answer their call."""
        form = self.page.locator("#watch-aside form", has=self.page.locator('[name="text"]'))
        form.locator('[name="text"]').fill(text)
        form.locator("button").first.click()
        expect(self.page.locator("#watch-aside")).to_contain_text(f"已执行：{Kind.MESSAGE.label}")
