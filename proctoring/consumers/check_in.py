"""Check-in over the socket: collects good frames, decides on their mean, and tells the page where to go."""

import secrets
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Final, Protocol

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from exams.domain.lifecycle import CheckIn
from exams.models import Sitting
from exams.services.changes import for_staff
from exams.services.refusals import Refused
from exams.threads import SOCKETS
from proctoring import wording
from proctoring.consumers.album import Album, Shot
from proctoring.consumers.desk import Desk, Frame, hint_of, is_good, milliseconds
from proctoring.domain import check_in, liveness, protocol
from proctoring.domain.check_in import Attempt, Decision, GoodFrame, Outcome
from proctoring.domain.liveness import Challenge, Look
from proctoring.domain.protocol import CheckInState, Reply, Verdict
from proctoring.models import Camera
from proctoring.queries import CameraFacts
from proctoring.services import identity

SOON: Final = timedelta(milliseconds=350)
AFTER_A_HINT: Final = timedelta(milliseconds=600)
NO_REFERENCE: Final = _("没有可供比对的底照")
NO_THRESHOLD: Final = _("所用人脸模型尚未校准，没有可用的阈值")


class Decider(Protocol):
    """A verb of `services.identity` that writes down what an attempt came to."""

    def __call__(self, sitting: Sitting, attempt: Attempt, decision: Decision, *, now: datetime) -> Sitting: ...


class CheckInDesk(Desk):
    """One candidate at check-in."""

    def __init__(self, facts: CameraFacts, now: datetime) -> None:
        super().__init__(facts, now)
        self.rules = facts.check_in_rules
        self.album = Album(facts.sitting_id, Camera.FACE)
        self.attempt: Attempt | None = None  # begins with the first frame, not while the page waits for a click
        self.challenge: Challenge | None = None

    def wants_frames(self) -> bool:
        can_compare = self.facts.can_decide and (bool(self.facts.references) or self.facts.adopts)
        return self.facts.may_check_in and can_compare and not self._has_no_turn_left

    @property
    def _has_no_turn_left(self) -> bool:
        """Another device used up the attempts, while the exam goes on where it was."""
        return self.facts.is_elsewhere and self.facts.failures >= self.facts.attempts

    @property
    def _why_a_person(self) -> Promise:
        """Say why no machine can decide here."""
        if self._has_no_turn_left:
            return identity.RAN_OUT
        return NO_REFERENCE if self.facts.can_decide else NO_THRESHOLD

    async def greet(self, now: datetime) -> Sequence[Reply]:
        if self.facts.may_check_in and not self.wants_frames():
            ask = partial(identity.ask_for_person, reason=for_staff(self._why_a_person), now=now)
            try:
                return (self._state(await self._in_database(ask)),)
            except Refused as refused:
                return (protocol.Refused(refused.code, str(refused)),)
        return (self._state(),)

    async def refresh(self, facts: CameraFacts, now: datetime) -> Sequence[Reply]:
        changed = (facts.check_in, facts.failures) != (self.facts.check_in, self.facts.failures)
        self.facts, self.rules = facts, facts.check_in_rules
        self.attempt = None if changed else self.attempt
        return (self._state(),) if changed else ()

    async def look(self, frame: Frame) -> Sequence[Reply]:
        if not self.facts.is_elsewhere:  # the wall shows the camera where the exam goes on
            await self.album.show(Shot(frame.at, frame.picture), at_once=False, has_trail=False)
        attempt = self.attempt = self._with_frame(self.attempt or self._new_attempt(frame), frame)
        decision = check_in.decide(attempt, self.facts.references, self.rules, frame.at, self.challenge)
        if decision.outcome is Outcome.LOOKING:
            return (self._verdict(frame, attempt),)
        self.attempt = None
        return await self._conclude(attempt, decision, frame)

    def _new_attempt(self, frame: Frame) -> Attempt:
        """Begin anew, with turns in an order that nobody could know."""
        order = secrets.randbelow(len(liveness.ORDERS))
        rules = liveness.Rules(same_head=liveness.TURNED_FACE * self.facts.another)
        self.challenge = liveness.challenge(order, rules) if self.facts.asks_to_turn else None
        return Attempt(frame.at)

    def _with_frame(self, attempt: Attempt, frame: Frame) -> Attempt:
        """Take a good frame into account: for the turns that are asked for, and for the face if it looks straight."""
        descriptor, asymmetry = frame.observation.descriptor, frame.observation.asymmetry
        if descriptor is None or asymmetry is None:
            return attempt
        if self.challenge is not None:
            self.challenge = self.challenge.with_look(Look(frame.at, asymmetry, descriptor))
            if not self.challenge.is_straight(asymmetry):
                return attempt
        return attempt.with_frame(GoodFrame(frame.at, descriptor, frame.picture), self.rules)

    async def _conclude(self, attempt: Attempt, decision: Decision, frame: Frame) -> Sequence[Reply]:
        match decision.outcome:
            case Outcome.PASSED:
                return await self._decided(identity.pass_check_in, attempt, decision, frame.at)
            case Outcome.ADOPTED:
                return await self._decided(identity.adopt, attempt, decision, frame.at)
            case Outcome.FAILED | Outcome.NOT_LIVE:
                return await self._decided(identity.fail_check_in, attempt, decision, frame.at)
        message = wording.UNSTEADY if decision.outcome is Outcome.UNSTEADY else wording.GAVE_UP
        again = self._state(message=str(message), attempt=decision.outcome.value)
        return (again, self._verdict(frame, Attempt(frame.at)))

    async def _decided(self, verb: Decider, attempt: Attempt, decision: Decision, now: datetime) -> Sequence[Reply]:
        sitting = await self._in_database(lambda sitting: verb(sitting, attempt, decision, now=now))
        state = self._state(sitting, attempt=decision.outcome.value)
        if self._has_no_turn_left:
            return (state, protocol.Refused(identity.GoesOnElsewhere.code, str(wording.ELSEWHERE)))
        return (state,)

    @SOCKETS.call
    def _in_database(self, verb: Callable[[Sitting], Sitting]) -> Sitting:
        """Do something for the sitting as this device; what comes back is how it stands for this device."""
        sitting = Sitting.objects.select_related("enrolment__exam__plan").get(pk=self.facts.sitting_id)
        sitting.asking_device = self.facts.device
        sitting = verb(sitting)
        sitting.asking_device = self.facts.device
        return sitting

    def _verdict(self, frame: Frame, attempt: Attempt) -> Verdict:
        good = is_good(frame.observation)
        turn = self.challenge.asks if self.challenge is not None else None
        return Verdict(
            verdict=frame.observation.hint.value,
            hint=str(wording.TURNS[turn]) if turn and good else hint_of(frame.observation),
            turn=turn.value if turn else "",
            next_in_ms=milliseconds(SOON if good else AFTER_A_HINT),
            frames_good=min(len(attempt.frames), self.rules.frames_needed),
            frames_needed=self.rules.frames_needed,
        )

    def _state(self, sitting: Sitting | None = None, *, message: str = "", attempt: str = "") -> CheckInState:
        """Tell where the check-in stands; a sitting that was just decided on brings the facts up to date."""
        if sitting is not None:
            self.facts = self.facts.decided(sitting)
        state = self.facts.check_in
        goes_on = state is CheckIn.PASSED or state is CheckIn.EXHAUSTED
        return CheckInState(
            state=state.value,
            message=message or self._message(attempt),
            attempts_left=self.facts.attempts_left,
            attempt=attempt,
            next=reverse("exams:next_step") if goes_on else "",
        )

    def _message(self, attempt: str) -> str:
        match self.facts.check_in:
            case CheckIn.PASSED:
                return str(wording.ADOPTED if attempt == Outcome.ADOPTED else wording.PASSED)
            case CheckIn.EXHAUSTED:
                return str(wording.FLAGGED)
            case CheckIn.HELD:
                return str(wording.HELD)
        if attempt == Outcome.NOT_LIVE:
            return _not_turned(self.facts.attempts_left)
        return _not_recognised(self.facts.attempts_left) if attempt == Outcome.FAILED else ""


def _not_recognised(left: int) -> str:
    text = ngettext(
        "本次未能确认为登记考生，还可识别%(left)d次。请摘下口罩、帽子，正对摄像头后重试。",
        "本次未能确认为登记考生，还可识别%(left)d次。请摘下口罩、帽子，正对摄像头后重试。",
        left,
    )
    return text % {"left": left}


def _not_turned(left: int) -> str:
    text = ngettext(
        "没有看到您按提示转头，还可识别%(left)d次。请按箭头方向慢慢转头；不便转头的，请申请人工核验。",
        "没有看到您按提示转头，还可识别%(left)d次。请按箭头方向慢慢转头；不便转头的，请申请人工核验。",
        left,
    )
    return text % {"left": left}
