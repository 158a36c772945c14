"""What the plot of a sitting is drawn from."""

from collections.abc import Iterator
from datetime import datetime

from django.utils.translation import gettext as _

from exams.models import Paper, ResponseEntry, Sitting
from proctoring.domain import plot as drawing
from proctoring.domain.plot import Plot, Score, Span
from proctoring.models import IdentityCheck


def plot(sitting: Sitting, now: datetime) -> Plot:
    """Return the drawing from the start (or the first check) to now, or to the end."""
    checks = sitting.identity_checks.filter(distance__isnull=False).order_by("decided_at")
    rows = checks.values_list("decided_at", "distance", "threshold", "occasion")
    scores = [Score(at, distance or 0.0, threshold, rule_of(occasion)) for at, distance, threshold, occasion in rows]
    begins = min([sitting.started_at or now, *(score.at for score in scores[:1])])
    answers = sitting.entries.filter(outcome__in=ResponseEntry.COUNTING).values_list("received_at", flat=True)
    return drawing.draw(scores, _spans(sitting), answers, begins, sitting.ended_at or now)


def rule_of(occasion: str) -> str:
    """Return which threshold a decision was measured with."""
    return "check_in" if occasion == IdentityCheck.Occasion.CHECK_IN else "exam"


def total(sitting: Sitting) -> int:
    """Return how many questions the paper has, 0 before it is drawn."""
    items = Paper.objects.filter(sitting=sitting).values_list("items", flat=True).first()
    return len(items or ())


def _spans(sitting: Sitting) -> Iterator[Span]:
    for pause in sitting.pauses.all():
        yield Span(pause.began_at, pause.ended_at, "pause", _("暂停"))
    for incident in sitting.incidents.all():
        yield Span(incident.began_at, incident.ended_at, incident.severity, incident.get_kind_display())
