"""The codes of the wall as invigilators read them."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from proctoring.domain.wall import Place

PLACES: dict[Place, Promise] = {
    Place.ABSENT: _("未到"),
    Place.READY: _("候考"),
    Place.HELD: _("待人工核验"),
    Place.SITTING: _("答题中"),
    Place.PAUSED: _("已暂停"),
    Place.LOCKED: _("已锁定"),
    Place.SUBMITTED: _("已交卷"),
    Place.TERMINATED: _("已终止"),
}
CHECK_INS: dict[str, Promise] = {"exhausted": _("入场核验未通过")}  # what a tile adds to its state
IDENTITIES: dict[str, Promise] = {"in_doubt": _("身份存疑"), "rejected": _("身份已否定")}
