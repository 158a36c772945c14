"""Registering candidates, giving them check codes, signing them in and out."""

import hmac
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.base import SessionBase
from django.dispatch import Signal
from django.http import HttpRequest
from django.middleware.csrf import rotate_token
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.debug import sensitive_variables

from accounts import throttle
from accounts.domain import check_code as check_codes
from accounts.domain import id_card
from accounts.encryption import keyed_digest
from accounts.models import Candidate, Credential
from accounts.prepared import Prepared

signed_out = Signal()  # sender Candidate, candidate_id: some browser is not theirs any more
STAFF_KEYS = (SESSION_KEY, BACKEND_SESSION_KEY, HASH_SESSION_KEY)
FAULTS = {
    id_card.Fault.LENGTH: gettext_lazy("身份证号应为18位。"),
    id_card.Fault.CHARACTERS: gettext_lazy("身份证号应为17位数字加1位数字或字母X。"),
    id_card.Fault.BIRTH_DATE: gettext_lazy("身份证号中的出生日期不存在。"),
    id_card.Fault.CHECKSUM: gettext_lazy("身份证号的校验位不符，请核对是否有误输。"),
}


class InvalidNumber(ValueError):
    """The number cannot belong to a document of that kind."""


class KindConflict(ValueError):
    """The number is already known under another kind of document."""


class SignInError(Exception):
    """Nobody was signed in; the text is for the candidate."""


class Refused(SignInError):
    """ID and check code do not go together. Says the same whether the ID exists or not."""

    def __init__(self, remaining: int) -> None:
        super().__init__(_("考生标识或校验码不正确，请核对后重新输入。"))
        self.remaining = remaining


class NotNow(SignInError):
    """The right check code, outside the time in which it signs in."""


class LockedOut(SignInError):
    """Too many wrong attempts for this ID from this address."""

    def __init__(self, minutes: int) -> None:
        text = ngettext(
            "尝试次数过多，请在%(minutes)d分钟后再试。", "尝试次数过多，请在%(minutes)d分钟后再试。", minutes
        )
        super().__init__(text % {"minutes": minutes})
        self.minutes = minutes


@dataclass(frozen=True, slots=True)
class SignIn:
    """Who signed in, and the scopes (plan codes) that the check code opened."""

    candidate: Candidate
    scopes: tuple[str, ...]


# --- candidates and their check codes --------------------------------------------------------------------------------


def reason_against(id_kind: str, id_number: str) -> str | None:
    """Return why the number as typed cannot belong to such a document, in words, or None."""
    number = id_card.normalise(id_number)
    if not number:
        return _("证件号不能为空。")
    fault = id_card.fault(number) if id_kind == Candidate.IdKind.ID_CARD else None
    return str(FAULTS[fault]) if fault else None


@sensitive_variables("id_number", "number")
def register(id_kind: str, id_number: str) -> Candidate:
    """Return the candidate with this document, made if not known yet; raise `ValueError` worded for the organizer."""
    if reason := reason_against(id_kind, id_number):
        raise InvalidNumber(reason)
    number = id_card.normalise(id_number)
    candidate, _made = Candidate.objects.get_or_create(
        id_lookup=lookup_of(number), defaults={"id_kind": id_kind, "id_number": number}
    )
    if candidate.id_kind != id_kind:
        raise KindConflict(
            _("该证件号已登记为“%(known)s”，与“%(given)s”不一致。")
            % {"known": candidate.get_id_kind_display(), "given": Candidate.IdKind(id_kind).label}
        )
    return candidate


def find(id_number: str) -> Candidate | None:
    """Return the candidate with this number, as typed, or None."""
    return Candidate.objects.filter(id_lookup=lookup_of(id_card.normalise(id_number))).first()


def lookup_of(number: str) -> str:
    """Return the unique index of a normalised number, whatever its kind: the login page asks for the number alone."""
    return keyed_digest(number, purpose="id_number")


@sensitive_variables("secret", "code")
def set_credential(
    candidate: Candidate, *, scope: str, secret: str, valid_from: datetime, valid_until: datetime
) -> Credential:
    """Let this check code sign the candidate in for this scope, in place of the one before."""
    code = check_codes.normalise(secret)
    if not code:
        raise ValueError(_("校验码不能为空。"))
    credential, _made = Credential.objects.update_or_create(
        candidate=candidate,
        scope=scope,
        defaults={
            "digest": _code_digest(candidate.pk, scope, code),
            "valid_from": valid_from,
            "valid_until": valid_until,
        },
    )
    return credential


def unlock(candidate: Candidate) -> int:
    """Let a candidate who is locked out try again at once, from everywhere."""
    return throttle.forgive(throttle.key_of(candidate.id_number))


def _code_digest(candidate_id: int, scope: str, code: str) -> str:
    return keyed_digest(f"{candidate_id}\x00{scope}\x00{code}", purpose="check_code")


# --- signing in and out ----------------------------------------------------------------------------------------------


@sensitive_variables("id_number", "check_code", "number")
def sign_in(request: HttpRequest, id_number: str, check_code: str, *, now: datetime) -> SignIn:
    """Sign in whoever this ID and check code belong to; raise a `SignInError` worded for the candidate."""
    number = id_card.normalise(id_number)
    key = throttle.key_of(number)
    try:
        with throttle.attempt(request, key, now=now) as attempt:
            matching = _matching(number, check_codes.normalise(check_code))
            open_now = [one for one in matching if one.valid_from <= now < one.valid_until]
            attempt.is_right, attempt.is_untimely = bool(open_now), bool(matching and not open_now)
    except throttle.TooManyAttempts as locked:
        raise LockedOut(locked.minutes) from None
    if not matching:
        remaining = attempt.remaining
        raise Refused(remaining) if remaining else LockedOut(throttle.minutes_left(request, key, now=now))
    if not open_now:
        raise NotNow(_when(matching, now))
    signed_in = SignIn(
        candidate=open_now[0].candidate,
        scopes=tuple(sorted(credential.scope for credential in open_now)),
    )
    _renew(request.session, signed_in)
    rotate_token(request)
    return signed_in


def sign_out(request: HttpRequest) -> None:
    """Forget the candidate and everything of theirs; a staff user of the same browser stays signed in."""
    _empty(request.session)
    rotate_token(request)


@sensitive_variables("number", "code")
def _matching(number: str, code: str) -> list[Credential]:
    """Return the credentials that the code opens, whatever their time.

    One query and at least one digest either way, so that an unknown ID takes as long as a known one.
    """
    candidates = _CREDENTIALS.all(lookup_of(number)) or [Credential(candidate_id=0, scope="", digest="0" * 64)]
    return [
        credential
        for credential in candidates
        if hmac.compare_digest(credential.digest, _code_digest(credential.candidate_id, credential.scope, code))
    ]


_CREDENTIALS = Prepared(
    lambda lookup: Credential.objects.filter(candidate__id_lookup=lookup).select_related("candidate").order_by("scope")
)


def _when(credentials: Iterable[Credential], now: datetime) -> str:
    """Say when the sign-in opens, or that it is over."""
    openings = [credential.valid_from for credential in credentials if credential.valid_from > now]
    if not openings:
        return _("本次考试的登录时间已结束。如有疑问，请联系考务人员。")
    opens_at = date_format(localtime(min(openings)), "Y-m-d H:i")
    return _("登录尚未开放，请于 %(opens_at)s 之后再登录。") % {"opens_at": opens_at}


def _renew(session: SessionBase, signed_in: SignIn) -> None:
    """Give the session a new key, and nothing of another candidate."""
    if session.get("candidate_id") not in (None, signed_in.candidate.pk):
        _empty(session)
    elif session.session_key is not None:  # one without a key is given one that nobody knows when it is saved
        session.cycle_key()
    session["candidate_id"] = signed_in.candidate.pk
    session["scopes"] = list(signed_in.scopes)


def _empty(session: SessionBase) -> None:
    staff, candidate_id = {key: session[key] for key in STAFF_KEYS if key in session}, session.get("candidate_id")
    session.flush()
    session.update(staff)
    if candidate_id is not None:
        signed_out.send_robust(Candidate, candidate_id=candidate_id)
