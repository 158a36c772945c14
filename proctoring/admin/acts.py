"""The acts that the pages offer: what each is called, what it asks for, who may do it, and when it makes sense."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.forms import Form
from django.http import HttpRequest
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from exams import queries
from exams.domain.lifecycle import ENDED, CheckIn, Identity, State
from exams.models import Sitting
from proctoring.admin import forms
from proctoring.models import Intervention
from proctoring.services import interventions, reviews

Kind = Intervention.Kind
Offered = Callable[[Sitting], bool]

INTERVENE, PHOTO = "proctoring.intervene", "proctoring.replace_photo"
LATE, VALIDITY = "proctoring.accept_late", "proctoring.decide_validity"


def _lasts(sitting: Sitting) -> bool:
    return sitting.state not in ENDED


def _has_begun(sitting: Sitting) -> bool:
    return sitting.state in {State.IN_PROGRESS, State.PAUSED}


def _came_too_late(sitting: Sitting) -> bool:
    now = timezone.now()
    return sitting.state == State.READY and queries.facts(sitting).last_entry(now) <= now


def _in_question(sitting: Sitting) -> bool:
    """Tell whether somebody, machine or person, doubts who sits there."""
    return sitting.identity in {Identity.IN_DOUBT, Identity.REJECTED} or sitting.check_in in {
        CheckIn.HELD,
        CheckIn.EXHAUSTED,
    }


@dataclass(frozen=True, slots=True)
class Act:
    """One thing that staff can do about a sitting."""

    kind: Kind
    run: Callable[..., Any]
    offered: Offered
    hint: Promise
    reasons: tuple[Promise, ...] = ()  # suggestions: the person may write anything
    form: type[Form] = forms.ActForm
    permission: str = INTERVENE
    is_grave: bool = False
    matters: Offered = field(default=lambda sitting: False)  # shown first
    depends_on_state: bool = True  # refused where the sitting is not any more as it was seen
    asks_others: bool = True  # whoever acts on somebody whom another person handles is asked first

    @property
    def label(self) -> str:
        return str(self.kind.label)

    def blank_form(self) -> Form:
        return self.form(auto_id=f"{self.kind.value}_%s")


CARD_CHECKED = _("已核对身份证件原件，人证一致")
ACTS: Mapping[str, Act] = {
    act.kind.value: act
    for act in (
        Act(
            Kind.PASS_CHECK_IN,
            interventions.pass_check_in,
            lambda sitting: sitting.check_in != CheckIn.PASSED and sitting.enrolment.exam.uses_camera,
            _("核对证件后让考生进入考试。等候的时间会还给考生。"),
            (CARD_CHECKED, _("摄像头故障，已人工核对证件")),
            matters=lambda sitting: sitting.check_in in {CheckIn.HELD, CheckIn.EXHAUSTED},
        ),
        Act(
            Kind.CLEAR_IDENTITY,
            interventions.clear_identity,
            lambda sitting: sitting.identity != Identity.CLEARED and sitting.enrolment.exam.uses_camera,
            _("确认在座的就是登记考生，未处理的身份异常一并排除。"),
            (CARD_CHECKED, _("照片年代较久，与本人一致")),
            matters=_in_question,
        ),
        Act(
            Kind.REJECT_IDENTITY,
            interventions.reject_identity,
            lambda sitting: sitting.identity != Identity.REJECTED and sitting.enrolment.exam.uses_camera,
            _("判断在座的不是登记考生。考试不会因此自动终止，成绩待人工裁定。"),
            (_("与证件照片明显不是同一人"), _("考生无法出示有效证件")),
            is_grave=True,
            matters=_in_question,
        ),
        Act(
            Kind.HOLD,
            interventions.hold,
            lambda sitting: _lasts(sitting) and sitting.check_in != CheckIn.HELD and sitting.enrolment.exam.uses_camera,
            _("请考生在座位等候核验。已开始作答的，计时同时停止。原因会显示给考生。"),
            (_("需要核对证件原件"), _("画面与底照差异较大")),
        ),
        Act(
            Kind.NEW_CHECK,
            interventions.new_check,
            lambda sitting: (
                _lasts(sitting) and sitting.check_in != CheckIn.UNCHECKED and sitting.enrolment.exam.uses_camera
            ),
            _("考生回到人脸识别页，识别次数重新计算。作答中的考生计时不停，需要时请另行延长。"),
            (_("更换了底照，请重新识别"), _("光线已改善，请重新识别")),
        ),
        Act(
            Kind.RESUME,
            interventions.resume,
            lambda sitting: sitting.state == State.PAUSED and not sitting.locked and sitting.check_in != CheckIn.HELD,
            _("计时从停止处继续。"),
            (_("问题已解决"),),
            matters=lambda sitting: True,
        ),
        Act(
            Kind.UNLOCK,
            interventions.unlock,
            lambda sitting: sitting.locked and sitting.check_in != CheckIn.HELD,
            _("考生可以继续作答，计时从停止处继续。"),
            (_("已了解情况，允许继续"),),
            matters=lambda sitting: True,
        ),
        Act(
            Kind.PAUSE,
            interventions.pause,
            lambda sitting: sitting.state == State.IN_PROGRESS,
            _("计时停止，停止的时间会还给考生。原因会显示给考生。"),
            (_("考场突发情况，请稍候"), _("正在排除设备故障，请稍候")),
        ),
        Act(
            Kind.LOCK,
            interventions.lock,
            lambda sitting: _has_begun(sitting) and not sitting.locked,
            _("停止计时并锁定试卷，只有考务人员能解除。原因会显示给考生。"),
            (_("请停止操作，等待考务人员核实情况"),),
        ),
        Act(
            Kind.EXTEND,
            interventions.extend,
            _lasts,
            _("考生的倒计时会在数秒内更新。"),
            (_("设备故障耽误作答"), _("网络中断耽误作答"), _("重新核验耽误作答")),
            form=forms.MinutesForm,
        ),
        Act(
            Kind.ADMIT_LATE,
            interventions.admit_late,
            _came_too_late,
            _("考生可在所填分钟内开始考试，最晚结束时间相应顺延；仍不够的，请另行延长。"),
            (_("因故迟到，经核实准许入场"),),
            form=forms.MinutesForm,
            matters=lambda sitting: True,
        ),
        Act(
            Kind.TERMINATE,
            interventions.terminate,
            _lasts,
            _("考试立即结束，已保存的作答照常判分，成绩待人工裁定。误操作可以重新开放。"),
            (_("违反考场纪律，经确认终止"), _("考生申请终止考试")),
            is_grave=True,
        ),
        Act(
            Kind.REOPEN,
            interventions.reopen,
            lambda sitting: not _lasts(sitting),
            _("撤销误交卷或误终止，考生重新登录后接着作答。"),
            (_("考生误交卷，经核实准许继续"), _("误操作终止，恢复考试")),
            form=forms.ReopenForm,
        ),
        Act(
            Kind.SET_VALIDITY,
            interventions.set_validity,
            lambda sitting: getattr(sitting, "result", None) is not None,
            _("成绩是否有效只由人裁定，裁定后系统不再自动改变。"),
            (_("经人工核验，确认为本人作答"), _("经核实，非本人作答"), _("经核实，违反考场纪律")),
            form=forms.ValidityForm,
            permission=VALIDITY,
            matters=lambda sitting: sitting.result.validity == "pending_review",
        ),
        Act(
            Kind.REPLACE_PHOTO,
            interventions.replace_photo,
            lambda sitting: sitting.enrolment.exam.uses_camera,
            _("用于报名照片错误或无法识别的情况，请先核对证件。"),
            (_("报名照片有误，已核对证件后更换"),),
            form=forms.PhotoForm,
            permission=PHOTO,
            depends_on_state=False,  # and takes long before it writes: no row may be held meanwhile
        ),
        Act(
            Kind.MESSAGE,
            interventions.send_message,
            _lasts,
            _("消息显示在考生的考试页面上。"),
            form=forms.MessageForm,
            depends_on_state=False,
        ),
        Act(
            Kind.NOTE,
            interventions.note,
            lambda sitting: True,
            _("只记入经过，考生看不到，也不改变任何状态。"),
            (_("已到座位查看，情况正常"), _("考生已举手示意，等待处理")),
            depends_on_state=False,
            asks_others=False,
        ),
        Act(
            Kind.ACCEPT_LATE,
            interventions.accept_late,
            lambda sitting: not _lasts(sitting),
            _("采用后重新判分，原记录保留。"),
            (_("网络中断导致迟到，经核实采用"),),
            form=forms.LateForm,
            permission=LATE,
            depends_on_state=False,
        ),
        Act(
            Kind.COMPARE_PHOTO,
            interventions.compare_photo,
            lambda sitting: True,
            _("请将首次采集的底照与考生证件上的照片比对。不一致的，底照停用，身份记为已否定。"),
            (_("与身份证照片一致"),),
            form=forms.CompareForm,
            permission=PHOTO,
            depends_on_state=False,
        ),
        Act(
            Kind.REVIEW_INCIDENT,
            reviews.review_incident,
            lambda sitting: True,
            _("排除：不影响成绩。确认：记录在案。"),
            (_("误报，画面正常"), _("光线或遮挡所致"), _("经查看图片，情况属实")),
            form=forms.OutcomeForm,
            depends_on_state=False,
        ),
        Act(
            Kind.REVIEW_AGAIN,
            reviews.review_again,
            lambda sitting: sitting.enrolment.exam.second_review,
            _("复审由另一位考务人员进行；两次意见一致才算处理完毕。"),
            (_("复看图片，同意初审意见"), _("复看图片，不同意初审意见")),
            form=forms.OutcomeForm,
            asks_others=False,
        ),
    )
}
# Their forms stand elsewhere on the page.
IN_PLACE = {Kind.MESSAGE, Kind.ACCEPT_LATE, Kind.COMPARE_PHOTO, Kind.REVIEW_INCIDENT, Kind.REVIEW_AGAIN}
FOR_MANY = (Kind.PAUSE, Kind.RESUME, Kind.EXTEND, Kind.MESSAGE)


@dataclass(frozen=True, slots=True)
class Panel:
    """An act with its form as the page shows it; `is_open` where it was tried and something is missing."""

    act: Act
    form: Form
    is_open: bool = False
    is_first: bool = False


def panels(request: HttpRequest, sitting: Sitting, tried: Mapping[str, Form]) -> list[Panel]:
    """Return what this person can do about a sitting as it stands, what matters most first."""
    found = [
        Panel(act, tried.get(name) or act.blank_form(), name in tried, act.matters(sitting))
        for name, act in ACTS.items()
        if act.kind not in IN_PLACE and request.user.has_perm(act.permission) and act.offered(sitting)
    ]
    return sorted(found, key=lambda panel: (not panel.is_open, not panel.is_first))


def offers(request: HttpRequest, sitting: Sitting, kinds: Iterable[Kind]) -> dict[str, Panel]:
    """Return the acts whose forms stand elsewhere on the page, by name, where they are offered."""
    acts = [ACTS[kind.value] for kind in kinds]
    return {
        act.kind.value: Panel(act, act.blank_form())
        for act in acts
        if request.user.has_perm(act.permission) and act.offered(sitting)
    }
