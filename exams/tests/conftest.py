"""What tests of exams share: seams with nothing plugged in, and the signals that were sent."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.dispatch import Signal

from exams import seams

REGISTRIES = ("gates", "consent", "photo_checks", "photo_stored", "validity", "notices")


@pytest.fixture
def open_seams(monkeypatch: pytest.MonkeyPatch) -> None:
    """Unplug whatever other apps plugged in, for this test."""
    for name in REGISTRIES:
        monkeypatch.setattr(getattr(seams, name), "checks", [])


@pytest.fixture
def sent() -> Iterator[list[str]]:
    """The names of the signals about sittings, as they are sent after commit."""
    names: list[str] = []
    signals: dict[str, Signal] = {name: value for name, value in vars(seams).items() if isinstance(value, Signal)}
    receivers = {name: lambda name=name, **facts: names.append(name) for name in signals}
    for name, signal in signals.items():
        signal.connect(receivers[name])
    yield names
    for name, signal in signals.items():
        signal.disconnect(receivers[name])


Capture = Any  # the fixture django_capture_on_commit_callbacks
