"""What people do and say: interventions, messages, announcements, claims, dossiers."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.encryption import SealedBytesField
from exams.models import Exam, Sitting


class Intervention(models.Model):
    """What an invigilator did about a sitting; always with a reason; never changed or deleted."""

    class Kind(models.TextChoices):
        PASS_CHECK_IN = "pass_check_in", _("人工放行")
        HOLD = "hold", _("转人工核验")
        NEW_CHECK = "new_check", _("要求重新核验")
        CLEAR_IDENTITY = "clear_identity", _("确认身份无误")
        REJECT_IDENTITY = "reject_identity", _("否定身份")
        PAUSE = "pause", _("暂停")
        RESUME = "resume", _("恢复")
        EXTEND = "extend", _("延长时间")
        ADMIT_LATE = "admit_late", _("准许迟到入场")
        LOCK = "lock", _("锁定")
        UNLOCK = "unlock", _("解锁")
        TERMINATE = "terminate", _("终止考试")
        REOPEN = "reopen", _("重新开放")
        REPLACE_PHOTO = "replace_photo", _("更换底照")
        COMPARE_PHOTO = "compare_photo", _("底照与证件比对")
        SET_VALIDITY = "set_validity", _("裁定成绩有效性")
        REVIEW_INCIDENT = "review_incident", _("处理异常")
        REVIEW_AGAIN = "review_again", _("复审异常")
        ACCEPT_LATE = "accept_late", _("采用迟到作答")
        MESSAGE = "message", _("发送消息")
        NOTE = "note", _("记录备注")

    sitting = models.ForeignKey(Sitting, models.CASCADE, related_name="interventions", verbose_name=_("答卷"))
    kind = models.CharField(_("处置"), max_length=30, choices=Kind)
    reason = models.CharField(_("原因"), max_length=300)
    detail = models.JSONField(_("说明"), default=dict, blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("考务人员"))
    at = models.DateTimeField(_("时间"))

    class Meta:
        verbose_name = pgettext_lazy("model", "处置")
        verbose_name_plural = pgettext_lazy("models", "处置")
        ordering: ClassVar = ["-at"]
        permissions: ClassVar = [  # who has which: services/roles.py
            ("watch_room", _("可进入实时监考")),
            ("intervene", _("可处置考试")),
            ("replace_photo", _("可更换和比对底照")),
            ("accept_late", _("可采用迟到作答")),
            ("decide_validity", _("可裁定成绩有效性")),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(condition=~models.Q(reason=""), name="intervention_has_a_reason")
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.at:%H:%M:%S}"


class Announcement(models.Model):
    """What invigilators told a whole exam, a room of it, or those they chose; each candidate has a Message of it."""

    class Reach(models.TextChoices):
        EXAM = "exam", _("全体考生")
        ROOM = "room", _("一个考场")
        CHOSEN = "chosen", _("所选考生")

    exam = models.ForeignKey(Exam, models.CASCADE, related_name="announcements", verbose_name=_("考试科目"))
    reach = models.CharField(_("范围"), max_length=20, choices=Reach, default=Reach.EXAM.value)
    room = models.CharField(_("考场"), max_length=100, blank=True)
    text = models.CharField(_("内容"), max_length=500)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("考务人员"))
    at = models.DateTimeField(_("时间"))

    class Meta:
        verbose_name = pgettext_lazy("model", "公告")
        verbose_name_plural = pgettext_lazy("models", "公告")
        ordering: ClassVar = ["-at", "-pk"]
        constraints: ClassVar = [
            models.CheckConstraint(condition=~models.Q(reach="room") | ~models.Q(room=""), name="room_has_a_name")
        ]

    def __str__(self) -> str:
        return f"{self.exam_id} {self.at:%H:%M:%S}"


class Message(models.Model):
    """A call for help from a candidate, or a message from an invigilator. Kept with the sitting."""

    class Direction(models.TextChoices):
        FROM_CANDIDATE = "from_candidate", _("考生求助")
        TO_CANDIDATE = "to_candidate", _("发给考生")

    sitting = models.ForeignKey(Sitting, models.CASCADE, related_name="messages", verbose_name=_("答卷"))
    direction = models.CharField(_("方向"), max_length=20, choices=Direction)
    text = models.CharField(_("内容"), max_length=500)
    at = models.DateTimeField(_("时间"))
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("考务人员")
    )
    answers = models.ForeignKey(
        "self", models.SET_NULL, null=True, blank=True, related_name="replies", verbose_name=_("答复")
    )
    settled_at = models.DateTimeField(_("处理时间"), null=True, blank=True)  # a call for help that was answered
    announcement = models.ForeignKey(
        Announcement, models.CASCADE, null=True, blank=True, related_name="messages", verbose_name=_("公告")
    )
    delivered_at = models.DateTimeField(_("送达时间"), null=True, blank=True)  # the candidate's page has fetched it
    seen_at = models.DateTimeField(_("考生已读"), null=True, blank=True)

    class Meta:
        verbose_name = pgettext_lazy("model", "消息")
        verbose_name_plural = pgettext_lazy("models", "消息")
        ordering: ClassVar = ["-at"]

    def __str__(self) -> str:
        return f"{self.get_direction_display()} {self.at:%H:%M:%S}"


class Claim(models.Model):
    """Who of several invigilators handles a candidate; the others see it, and are asked before they act as well.

    It ends by hand, or after some minutes without a sign of life from its holder (services/claims.py).
    """

    sitting = models.ForeignKey(Sitting, models.CASCADE, related_name="claims", verbose_name=_("答卷"))
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("考务人员"))
    since = models.DateTimeField(_("开始"))
    heard_at = models.DateTimeField(_("最近操作"))
    ended_at = models.DateTimeField(_("结束"), null=True, blank=True)

    class Meta:
        verbose_name = pgettext_lazy("model", "认领")
        verbose_name_plural = pgettext_lazy("models", "认领")
        ordering: ClassVar = ["-since"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["sitting"], condition=models.Q(ended_at__isnull=True), name="one_handles_a_sitting"
            )
        ]

    def __str__(self) -> str:
        return f"{self.sitting_id} {self.since:%H:%M:%S}"


class Dossier(models.Model):
    """Everything known of a sitting at one moment, for an appeal. Never changed.

    Personal data: the candidate's name, the account number and what happened (sealed). Goes with the sitting.
    """

    sitting = models.ForeignKey(Sitting, models.CASCADE, related_name="dossiers", verbose_name=_("答卷"))
    content = SealedBytesField()  # JSON in its canonical form, see domain/dossier.py
    digest = models.CharField(_("校验值"), max_length=64)  # SHA-256 of the content, as it was printed
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("制作人"))
    made_at = models.DateTimeField(_("制作时间"))

    class Meta:
        verbose_name = pgettext_lazy("model", "考试档案")
        verbose_name_plural = pgettext_lazy("models", "考试档案")
        ordering: ClassVar = ["-made_at"]

    def __str__(self) -> str:
        return f"{self.sitting_id} {self.made_at:%Y-%m-%d %H:%M:%S}"
