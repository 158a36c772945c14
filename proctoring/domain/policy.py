"""What the camera shows over time -> incidents that begin, prove themselves and end.

A single frame opens nothing: something has to last, in most of the frames that can tell, before it is written down,
and two frames to the contrary end it. Every figure is in the rules (incident_rules.py).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from proctoring.domain.incident_rules import RULES, Kind, Rule, Seen
from proctoring.domain.pace import Load

CALM = Load()


@dataclass(frozen=True, slots=True)
class Sighting:
    """One look: when, what, and how far from the reference."""

    at: datetime
    seen: Seen
    distance: float | None = None


STEADY_INTERVAL = timedelta(seconds=4)
DOUBTFUL_INTERVAL = timedelta(seconds=1)
SLOWEST_STEADY = timedelta(seconds=9)  # while the verifier cannot keep up: with the wait for a verdict still in time
SLOWEST_DOUBTFUL = timedelta(seconds=2)  # what is doubtful is looked at first, also then
LAPSE = timedelta(seconds=12)  # what is not seen again for so long has not lasted meanwhile


@dataclass(frozen=True, slots=True)
class Run:
    """Something that is being seen, since when and how often; `opened` once it is written down."""

    began_at: datetime
    shown: int = 0
    denied: int = 0
    denied_in_a_row: int = 0
    denied_since: datetime | None = None
    opened: bool = False
    confirmed: bool = False
    since: datetime | None = None  # since when it has been seen without a lapse; None: not on this connection
    shown_at: datetime | None = None

    def again(self, at: datetime) -> "Run":
        """Return the run with one more look that shows it; after a lapse it must last anew."""
        lapsed = self.shown_at is None or at - self.shown_at > LAPSE
        run = Run(began_at=at) if lapsed and not self.opened else self
        since = at if lapsed else run.since
        return replace(run, shown=run.shown + 1, denied_in_a_row=0, denied_since=None, since=since, shown_at=at)


@dataclass(frozen=True, slots=True)
class Watch:
    """What is remembered from look to look."""

    runs: Mapping[Kind, Run] = field(default_factory=dict)

    @property
    def is_doubtful(self) -> bool:
        """Tell whether looking more often would settle something."""
        return bool(self.runs)

    def has_lasted(self, kind: Kind, looks: int = 3) -> bool:
        """Tell whether something has been seen often enough to be worth a hint."""
        run = self.runs.get(kind)
        return run is not None and run.shown >= looks

    @property
    def open_kinds(self) -> frozenset[Kind]:
        return frozenset(kind for kind, run in self.runs.items() if run.opened)


@dataclass(frozen=True, slots=True)
class Opened:
    """An incident began; `at` is when it became one."""

    kind: Kind
    severity: str
    began_at: datetime
    at: datetime
    shown: int
    denied: int
    distance: float | None = None


@dataclass(frozen=True, slots=True)
class Confirmed:
    """An incident lasted long enough to weigh on the identity."""

    kind: Kind
    at: datetime
    distance: float | None = None


@dataclass(frozen=True, slots=True)
class Closed:
    """An incident is over since `ended_at`."""

    kind: Kind
    ended_at: datetime


Change = Opened | Confirmed | Closed


def resumed(known: Mapping[Kind, tuple[datetime, bool]]) -> Watch:
    """Return a watch that knows the open incidents of an earlier connection: since when, and whether confirmed."""
    runs = {
        kind: Run(began_at=began_at, shown=1, opened=True, confirmed=confirmed)
        for kind, (began_at, confirmed) in known.items()
    }
    return Watch(runs)


def look(watch: Watch, sighting: Sighting, rules: Sequence[Rule] = RULES) -> tuple[Watch, tuple[Change, ...]]:
    """Take one look into account; return the watch afterwards and what changed."""
    runs: dict[Kind, Run] = {}
    changes: list[Change] = []
    for rule in rules:
        run, change = _step(rule, watch.runs.get(rule.kind), sighting)
        if run is not None:
            runs[rule.kind] = run
        changes += change
    return Watch(runs), tuple(changes)


def suspend(watch: Watch, at: datetime) -> tuple[Watch, tuple[Change, ...]]:
    """End everything, because nobody needs to be there: a pause, a hold, the end."""
    return Watch(), tuple(Closed(kind, at) for kind in sorted(watch.open_kinds))


def next_look(watch: Watch, load: Load = CALM) -> timedelta:
    """Return how long to wait for the next frame: short while something is doubtful, longer under load."""
    if watch.is_doubtful:
        return load.between(DOUBTFUL_INTERVAL, SLOWEST_DOUBTFUL)
    return load.between(STEADY_INTERVAL, SLOWEST_STEADY)


def _step(rule: Rule, run: Run | None, sighting: Sighting) -> tuple[Run | None, Iterable[Change]]:
    if sighting.seen in rule.shown_by:
        return _grown(rule, (run or Run(began_at=sighting.at)).again(sighting.at), sighting)
    if run is None or sighting.seen not in rule.denied_by:
        return run, ()
    run = replace(
        run,
        denied=run.denied + 1,
        denied_in_a_row=run.denied_in_a_row + 1,
        denied_since=run.denied_since or sighting.at,
    )
    if run.denied_in_a_row < rule.denials:
        return run, ()
    return None, (Closed(rule.kind, run.denied_since or sighting.at),) if run.opened else ()


def _grown(rule: Rule, run: Run, sighting: Sighting) -> tuple[Run, Iterable[Change]]:
    """Open and confirm what has lasted long enough."""
    changes: list[Change] = []
    lasted = sighting.at - (run.since or sighting.at)
    share = run.shown / (run.shown + run.denied)
    if not run.opened and lasted >= rule.lasts and run.shown >= rule.least and share >= rule.share:
        run = replace(run, opened=True)
        opened = Opened(
            rule.kind, rule.severity, run.began_at, sighting.at, run.shown, run.denied, distance=sighting.distance
        )
        changes.append(opened)
    if run.opened and not run.confirmed and rule.confirmed_after is not None and lasted >= rule.confirmed_after:
        run = replace(run, confirmed=True)
        changes.append(Confirmed(rule.kind, sighting.at, sighting.distance))
    return run, changes
