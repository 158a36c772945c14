"""The stage on which the candidate's websocket is tested; only the tests that ask for it get it.

The application is loaded by the tests, not here: pytest reads this file before the settings of the suite are made.
"""

import time
from collections.abc import AsyncIterator, Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from proctoring.tests.factories import Page
    from proctoring.tests.socket_stage import Clock


@pytest.fixture(scope="module")
def one_verifier() -> Iterator[None]:
    """Start the workers once for all tests of a file: a frame waits for five seconds only, and they need a while."""
    from proctoring import verifier

    verifier.verifier().warm()
    patience = time.monotonic() + 60
    while not verifier.verifier().health().workers and time.monotonic() < patience:
        time.sleep(0.05)
    yield
    verifier.shutdown()


@pytest.fixture
def socket_stage(one_verifier: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Take frames at any rate, let the real verifier look at each picture once, and never ask more seldom for load."""
    from proctoring import verifier
    from proctoring.consumers import camera
    from proctoring.consumers.pacing import pacing
    from proctoring.domain.pace import Load
    from proctoring.tests.socket_stage import Remembering

    monkeypatch.setattr(camera, "FRAMES_A_SECOND", 1000.0)
    monkeypatch.setattr(camera, "FRAMES_AT_ONCE", 1000)
    monkeypatch.setattr(pacing, "load", Load(began=time.monotonic() + 3600))
    real = verifier.verifier
    monkeypatch.setattr(verifier, "verifier", lambda: Remembering(real()))


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> "Clock":
    from proctoring.tests.socket_stage import Clock

    return Clock(monkeypatch)


@pytest.fixture
async def pages() -> AsyncIterator[list["Page"]]:
    """Close what a test opened."""
    opened: list[Page] = []
    yield opened
    for page in opened:
        await page.leave()
