"""What an organizer imports: a plan, its exams with their rules, their sections. No personal data."""

import secrets
from datetime import datetime, timedelta
from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from exams.models.bank import Revision


def unguessable_token() -> str:
    """Return 32 characters for an address that works without a sign-in."""
    return secrets.token_urlsafe(24)


class Plan(models.Model):
    """One or more exams held together by one organizer."""

    class CheckCodeKind(models.TextChoices):
        ID_LAST4 = "id_last4", _("证件号后四位")
        PHONE_LAST4 = "phone_last4", _("手机号后四位")
        PASSWORD = "password", _("组织者发放的密码")

    code = models.CharField(_("计划编号"), max_length=64, unique=True)
    name = models.CharField(_("考试计划"), max_length=200)
    host = models.CharField(_("主办单位"), max_length=200, blank=True)
    certifying_body = models.CharField(_("颁证单位"), max_length=200, blank=True)
    timezone = models.CharField(_("时区"), max_length=64, default="Asia/Shanghai")
    check_code_kind = models.CharField(
        _("校验码方式"), max_length=20, choices=CheckCodeKind, default=CheckCodeKind.ID_LAST4.value
    )
    notice = models.TextField(_("考试须知"), blank=True)
    imported_at = models.DateTimeField(_("导入时间"), auto_now=True)

    class Meta:
        verbose_name = pgettext_lazy("model", "考试计划")
        verbose_name_plural = pgettext_lazy("models", "考试计划")
        ordering: ClassVar = ["-imported_at"]

    def __str__(self) -> str:
        return self.name


class ExamQuerySet(models.QuerySet["Exam"]):
    def near(self, now: datetime, days: int = 1) -> "ExamQuerySet":
        """Exams that are open, or open within some days."""
        return self.filter(closes_at__gt=now, opens_at__lte=now + timedelta(days=days))


class Exam(models.Model):
    """One subject: when it can be sat, for how long, and by which rules."""

    class FaceRule(models.TextChoices):
        NONE = "none", _("不使用摄像头")
        CHECK_IN = "check_in", _("仅入场核验")
        CONTINUOUS = "continuous", _("全程人脸识别")

    class AfterFailedCheckIn(models.TextChoices):
        HOLD = "hold", _("等待人工核验")
        CONTINUE = "continue", _("标记后继续")

    class WithoutReference(models.TextChoices):
        HOLD = "hold", _("人工核验")
        ADOPT = "adopt", _("首次采集作为底照")

    class SecondCamera(models.TextChoices):
        OFF = "off", _("不使用")
        OPTIONAL = "optional", _("可选")
        REQUIRED = "required", _("必须")

    class AfterSwitchLimit(models.TextChoices):
        RECORD = "record", _("仅记录")
        LOCK = "lock", _("锁定")
        HAND_IN = "hand_in", _("交卷")

    class LateResponses(models.TextChoices):
        REFUSE = "refuse", _("拒收")
        GRACE = "grace", _("宽限")
        KEEP = "keep", _("待审")

    class OutageRule(models.TextChoices):
        NONE = "none", _("不补时")
        AUTOMATIC = "automatic", _("自动补时")
        ON_WORD = "on_word", _("考务人员决定")

    plan = models.ForeignKey(Plan, models.CASCADE, related_name="exams", verbose_name=_("考试计划"))
    code = models.CharField(_("科目编号"), max_length=64)
    name = models.CharField(_("考试科目"), max_length=200)
    opens_at = models.DateTimeField(_("开始时间"))
    closes_at = models.DateTimeField(_("结束时间"))
    duration_minutes = models.PositiveIntegerField(_("考试时长（分钟）"))
    is_practice = models.BooleanField(_("试考"), default=False)
    pass_mark = models.DecimalField(_("及格线"), max_digits=7, decimal_places=2, null=True, blank=True)
    help_contact = models.CharField(_("联系方式"), max_length=200, blank=True)

    check_in_opens_minutes = models.PositiveIntegerField(_("提前入场（分钟）"), default=30)
    late_entry_minutes = models.PositiveIntegerField(_("迟到限制（分钟）"), null=True, blank=True)
    earliest_hand_in_minutes = models.PositiveIntegerField(_("最早交卷（分钟）"), default=0)
    entry_spread_seconds = models.PositiveIntegerField(_("入场分散（秒）"), default=3)

    face_rule = models.CharField(_("人脸规则"), max_length=20, choices=FaceRule, default=FaceRule.CONTINUOUS.value)
    check_in_attempts = models.PositiveIntegerField(_("识别次数"), default=3)
    after_failed_check_in = models.CharField(
        _("识别失败后"), max_length=20, choices=AfterFailedCheckIn, default=AfterFailedCheckIn.HOLD.value
    )
    asks_to_turn = models.BooleanField(_("转头核验"), default=False)
    without_reference = models.CharField(
        _("无底照时"), max_length=20, choices=WithoutReference, default=WithoutReference.HOLD.value
    )
    second_camera = models.CharField(
        _("第二摄像头"), max_length=20, choices=SecondCamera, default=SecondCamera.OFF.value
    )
    second_review = models.BooleanField(_("异常复审"), default=False)
    full_screen = models.BooleanField(_("全屏考试"), default=True)
    switch_limit = models.PositiveIntegerField(_("切屏上限"), null=True, blank=True)
    after_switch_limit = models.CharField(
        _("超限处理"), max_length=20, choices=AfterSwitchLimit, default=AfterSwitchLimit.RECORD.value
    )
    late_responses = models.CharField(
        _("迟到作答"), max_length=20, choices=LateResponses, default=LateResponses.REFUSE.value
    )
    late_grace_seconds = models.PositiveIntegerField(_("宽限（秒）"), default=0)
    outage_rule = models.CharField(
        _("服务器故障补时"), max_length=20, choices=OutageRule, default=OutageRule.ON_WORD.value
    )
    outage_most_minutes = models.PositiveIntegerField(_("自动补时上限（分钟）"), default=10)

    seb_token = models.CharField(max_length=64, unique=True, default=unguessable_token, editable=False)
    seb_quit_password_hash = models.CharField(max_length=64, blank=True, editable=False)  # SHA-256, as the client asks

    objects = ExamQuerySet.as_manager()

    class Meta:
        verbose_name = pgettext_lazy("model", "考试科目")
        verbose_name_plural = pgettext_lazy("models", "考试科目")
        ordering: ClassVar = ["opens_at", "code"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["plan", "code"], name="one_exam_per_code"),
            models.CheckConstraint(condition=models.Q(closes_at__gt=models.F("opens_at")), name="exam_window"),
            models.CheckConstraint(condition=models.Q(duration_minutes__gt=0), name="exam_duration"),
            models.CheckConstraint(
                condition=models.Q(second_camera="off") | models.Q(face_rule="continuous"),
                name="second_camera_beside_the_first",
                violation_error_message=_("第二摄像头只能与全程人脸核验一起使用，请把人脸规则改为全程。"),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def duration(self) -> timedelta:
        return timedelta(minutes=self.duration_minutes)

    @property
    def check_in_opens_at(self) -> datetime:
        return self.opens_at - timedelta(minutes=self.check_in_opens_minutes)

    @property
    def late_entry_at(self) -> datetime | None:
        """The moment from which nobody may begin any more, or None where the window alone decides."""
        if self.late_entry_minutes is None:
            return None
        return self.opens_at + timedelta(minutes=self.late_entry_minutes)

    @property
    def uses_camera(self) -> bool:
        return self.face_rule != self.FaceRule.NONE

    @property
    def uses_second_camera(self) -> bool:
        """Tell whether a phone may show the room, beside the camera that watches throughout."""
        return self.second_camera != self.SecondCamera.OFF


class Section(models.Model):
    """A group of questions of one kind, with its own selection, order and points."""

    class MultipleScoring(models.TextChoices):
        ALL_OR_NOTHING = "all_or_nothing", _("全对得分")
        SHARE = "share", _("少选按比例得分")
        HALF = "half", _("少选得一半分")

    exam = models.ForeignKey(Exam, models.CASCADE, related_name="sections", verbose_name=_("考试科目"))
    position = models.PositiveIntegerField(_("次序"))
    kind = models.CharField(_("题型"), max_length=20, choices=Revision.Kind)
    title = models.CharField(_("标题"), max_length=200)
    points_each = models.DecimalField(_("每题分值"), max_digits=6, decimal_places=2)
    draw = models.PositiveIntegerField(_("抽题数"), null=True, blank=True)
    shuffle_questions = models.BooleanField(_("试题乱序"), default=False)
    shuffle_options = models.BooleanField(_("选项乱序"), default=False)
    multiple_scoring = models.CharField(
        _("多选计分"), max_length=20, choices=MultipleScoring, default=MultipleScoring.ALL_OR_NOTHING.value
    )

    class Meta:
        verbose_name = pgettext_lazy("model", "大题")
        verbose_name_plural = pgettext_lazy("models", "大题")
        ordering: ClassVar = ["exam", "position"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["exam", "position"], name="one_section_per_position"),
            models.CheckConstraint(condition=models.Q(points_each__gt=0), name="section_points"),
        ]

    def __str__(self) -> str:
        return self.title


class SectionItem(models.Model):
    """A revision that a section may draw: the pool is fixed as soon as the exam has begun."""

    section = models.ForeignKey(Section, models.CASCADE, related_name="items")
    position = models.PositiveIntegerField(_("次序"))
    revision = models.ForeignKey(Revision, models.PROTECT, related_name="section_items")
    points = models.DecimalField(_("分值"), max_digits=6, decimal_places=2, null=True, blank=True)

    class Meta:
        verbose_name = pgettext_lazy("model", "大题试题")
        verbose_name_plural = pgettext_lazy("models", "大题试题")
        ordering: ClassVar = ["section", "position"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["section", "revision"], name="revision_once_in_a_section")
        ]

    def __str__(self) -> str:
        return f"{self.section_id}/{self.position}"
