"""The identity gate: whether a candidate may go on to the paper, and why a result does not count yet."""

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from accounts.prepared import Prepared
from exams import queries as exam_queries
from exams.domain.lifecycle import CheckIn, Identity
from exams.models import Exam, ReferencePhoto, Sitting
from exams.seams import Gate
from proctoring import queries
from proctoring.domain.incident_rules import IDENTITY_KINDS
from proctoring.domain.reviewing import Standing
from proctoring.models import IdentityCheck, Incident, Intervention

CHECK_IN_PAGE = "proctoring:check_in"


def gate(sitting: Sitting) -> Gate | None:
    """Hold a sitting back until its check-in has passed, or failed where the exam lets candidates go on flagged."""
    exam = sitting.enrolment.exam
    if not exam.uses_camera:
        return None
    if queries.is_elsewhere(sitting):
        return Gate(_("本场考试正在另一台设备上进行，换设备须重新核验身份。"), CHECK_IN_PAGE)
    if sitting.check_in == CheckIn.PASSED:
        return None
    if sitting.check_in == CheckIn.EXHAUSTED and goes_on_flagged(exam):
        return None
    if sitting.check_in == CheckIn.HELD:
        return Gate(_("正在等待考务人员核验身份。"), CHECK_IN_PAGE)
    return Gate(_("请先完成人脸识别。"), CHECK_IN_PAGE)


def goes_on_flagged(exam: Exam) -> bool:
    """Tell whether a candidate whose check-in failed may sit the exam, to be judged by a person afterwards."""
    return exam.after_failed_check_in == Exam.AfterFailedCheckIn.CONTINUE


def consent_needed(sitting: Sitting) -> bool:
    """Tell whether the consent page is still to be answered: yes or no, but answered."""
    return sitting.enrolment.exam.uses_camera and exam_queries.consent_of(sitting.enrolment) is None


def reason_to_review(sitting: Sitting) -> str | None:
    """Return why a result is not counted until a person has decided, or None."""
    if not sitting.enrolment.exam.uses_camera:
        return None
    if sitting.check_in != CheckIn.PASSED:
        return _("入场人脸识别未通过，待人工核验")
    if sitting.identity == Identity.REJECTED:
        return _("考务人员否定了考生身份")
    if sitting.identity == Identity.IN_DOUBT:
        return _("身份存疑，待人工核验")
    if reason := _reason_of_incidents(sitting):
        return reason
    return _reason_of_first_picture(sitting)


def _reason_of_first_picture(sitting: Sitting) -> str | None:
    """Return why a picture taken at check-in holds the result back: nobody has compared it with the ID card."""
    if _TO_COMPARE.first(sitting.enrolment_id) is not None:
        return _("底照为首次采集，尚未与证件比对")  # also once another photo has replaced it
    adopted = len(_ADOPTED.all(sitting.pk))
    if adopted and adopted > sitting.interventions.filter(kind=Intervention.Kind.COMPARE_PHOTO).count():
        return _("首次采集的底照未与证件比对即已到期删除，待裁定")
    return None


def _weighty(sitting: int) -> QuerySet[Incident]:
    by_a_person = Q(review=Incident.Review.CONFIRMED) | Q(second_review=Incident.Review.CONFIRMED)
    identity = [kind.value for kind in IDENTITY_KINDS]
    incidents = Incident.objects.filter(Q(detail__confirmed=True) | by_a_person, kind__in=identity)
    return incidents.filter(sitting_id=sitting).select_related("sitting__enrolment__exam")


_WEIGHTY = Prepared(_weighty)
_ADOPTED = Prepared(lambda sitting: IdentityCheck.objects.filter(sitting_id=sitting, verdict="adopted").only("pk"))
_TO_COMPARE = Prepared(lambda owner: ReferencePhoto.objects.filter(enrolment_id=owner, to_compare=True).only("pk"))


def _reason_of_incidents(sitting: Sitting) -> str | None:
    """Return why an incident about who is there, of confirmed length or confirmed by a person, holds it back, or None.

    Clearing a person settles what is still open; what waits for a second person, or divides two, is not settled.
    """
    weighty = _WEIGHTY.all(sitting.pk)
    standings = {incident.standing for incident in weighty}
    if Standing.DISPUTED in standings:
        return _("身份异常的两次审核意见不一致，待裁定")
    if Standing.AWAITING_SECOND in standings:
        return _("身份异常待第二人复审")
    is_cleared = sitting.identity == Identity.CLEARED
    if Standing.CONFIRMED in standings or (Standing.OPEN in standings and not is_cleared):
        return _("存在未排除的身份异常")
    return None
