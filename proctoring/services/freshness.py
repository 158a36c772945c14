"""Whether a sitting still is as somebody saw it when they decided to act; if not, they are told what it is now."""

from django.utils import timezone
from django.utils.translation import gettext as _

from exams.models import Sitting
from exams.services.changes import for_reader, take
from exams.services.refusals import Refused
from exams.wording import staff_name

FIELDS = ("state", "check_in", "identity", "locked", "extra_seconds", "held_seconds")


class Changed(Refused):
    """The sitting is not any more as it was seen; nothing was done."""

    code = "changed"

    def __init__(self, sitting: Sitting) -> None:
        known = {"state": _("已锁定") if sitting.locked else sitting.get_state_display(), "done": _newest(sitting)}
        text = _("没有执行：您打开页面之后，该考生的状态已经改变，现为“%(state)s”%(done)s。请确认后再操作。")
        super().__init__(text % known)


def stamp(sitting: Sitting) -> str:
    """Return what changes whenever the state or the clock of a sitting does."""
    return ".".join(str(getattr(sitting, name)) for name in FIELDS)


def require(sitting: Sitting, seen: str) -> None:
    """Refuse where the sitting is not as it was seen; it is the caller's until their transaction ends."""
    sitting = take(sitting.pk)
    if seen and seen != stamp(sitting):
        raise Changed(sitting)


def _newest(sitting: Sitting) -> str:
    """Say who did something last, with the reason; nothing where no person did."""
    done = sitting.interventions.exclude(kind__in=["message", "note"]).select_related("by").first()
    if done is None:
        return ""
    return _("（%(who)s %(at)s %(kind)s：%(reason)s）") % {
        "who": staff_name(done.by),
        "at": timezone.localtime(done.at).strftime("%H:%M:%S"),
        "kind": done.get_kind_display(),
        "reason": for_reader(done.reason),
    }
