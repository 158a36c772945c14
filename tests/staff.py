"""An invigilator at work in the admin, in a browser of their own."""

from urllib.parse import urljoin

from django.contrib.auth.models import User
from django.test import Client
from playwright.sync_api import Locator, Page, expect

from exams.models import Sitting
from proctoring.models import Intervention
from tests.seats import invigilator

Kind = Intervention.Kind


def sign_in(page: Page, user: User) -> None:
    """Sign a member of staff in without the form, which has tests of its own."""
    signed_in = Client()
    signed_in.force_login(user)
    page.goto("/admin/login/")
    session = signed_in.cookies["sessionid"].value
    page.context.add_cookies([{"name": "sessionid", "value": session, "url": urljoin(page.url, "/")}])


class Desk:
    """One invigilator in one page, signed in, with the page of one sitting before them."""

    def __init__(self, page: Page, sitting: Sitting, user: User | None = None) -> None:
        self.page = page
        self.user = user or invigilator()
        sign_in(page, self.user)
        page.goto(f"/admin/exams/sitting/{sitting.pk}/change/")

    def form(self, kind: Kind) -> Locator:
        """Return the form of an act, unfolded."""
        form = self.page.locator("form", has=self.page.locator(f'[name="kind"][value="{kind.value}"]')).first
        if not form.is_visible():
            self.page.locator("summary", has_text=str(kind.label)).first.click()
        return form

    def act(self, kind: Kind, reason: str, **fields: str) -> None:
        """Fill in what an act asks for, with its reason, and do it."""
        form = self.form(kind)
        for name, value in {**fields, "reason": reason}.items():
            form.locator(f'[name="{name}"]').fill(value)
        form.get_by_role("button", name=str(kind.label), exact=True).click()
        self._is_done(kind)

    def write(self, text: str) -> None:
        """Write to the candidate, or answer their call."""
        form = self.form(Kind.MESSAGE)
        form.locator('[name="text"]').fill(text)
        form.locator("button").first.click()
        self._is_done(Kind.MESSAGE)

    def _is_done(self, kind: Kind) -> None:
        expect(self.page.get_by_text(f"已执行：{kind.label}")).to_be_visible()
