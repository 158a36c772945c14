"""What was noticed. A person, never the machine, says what it means."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from exams.domain import lifecycle
from exams.models import Sitting
from proctoring.domain import reviewing
from proctoring.domain.reviewing import Standing
from proctoring.models.pictures import Snapshot


class Incident(models.Model):
    """Something noticed during a sitting. A person, never the machine, says what it means."""

    class Kind(models.TextChoices):
        CHECK_IN_FAILED = "check_in_failed", _("入场人脸识别未通过")
        NOT_THE_PERSON = "not_the_person", _("非登记考生")
        NOBODY_THERE = "nobody_there", _("无人在镜头前")
        SEVERAL_PERSONS = "several_persons", _("多人出现")
        TOO_DARK = "too_dark", _("光线过暗")
        CAMERA_LOST = "camera_lost", _("摄像头中断")
        CAMERA_COVERED = "camera_covered", _("摄像头被遮挡")
        CAMERA_FROZEN = "camera_frozen", _("画面静止不动")
        CAMERA_LOOPING = "camera_looping", _("画面循环重复")
        LEFT_FULL_SCREEN = "left_full_screen", _("退出全屏")
        SWITCHED_AWAY = "switched_away", _("切换屏幕")
        NO_FULL_SCREEN = "no_full_screen", _("未能全屏")
        SECOND_DEVICE = "second_device", _("另一设备登录")
        NETWORK_GAP = "network_gap", _("网络中断")
        CONSENT_DECLINED = "consent_declined", _("未同意人脸采集")
        VERIFIER_DOWN = "verifier_down", _("识别服务中断")
        SECOND_CAMERA_MISSING = "second_camera_missing", _("未连接第二摄像头")
        SECOND_CAMERA_LOST = "second_camera_lost", _("第二摄像头中断")

    class Severity(models.TextChoices):
        INFO = "info", _("提示")
        WARNING = "warning", _("注意")
        SERIOUS = "serious", _("严重")

    class Review(models.TextChoices):
        OPEN = lifecycle.Review.OPEN.value, _("待处理")
        CONFIRMED = lifecycle.Review.CONFIRMED.value, _("已确认")
        DISMISSED = lifecycle.Review.DISMISSED.value, _("已排除")

    # What waits for a person; what is for information only is listed and waits for nobody.
    WAITS: ClassVar = models.Q(review=Review.OPEN.value) & ~models.Q(severity=Severity.INFO.value)

    sitting = models.ForeignKey(Sitting, models.CASCADE, related_name="incidents", verbose_name=_("答卷"))
    kind = models.CharField(_("类型"), max_length=30, choices=Kind)
    severity = models.CharField(_("程度"), max_length=20, choices=Severity)
    began_at = models.DateTimeField(_("开始"), db_index=True)
    ended_at = models.DateTimeField(_("结束"), null=True, blank=True)
    detail = models.JSONField(_("说明"), default=dict, blank=True)  # figures and causes, no personal data
    snapshots = models.ManyToManyField(Snapshot, blank=True, related_name="incidents", verbose_name=_("图片"))
    distance = models.FloatField(_("人脸距离"), null=True, blank=True)
    review = models.CharField(_("处理状态"), max_length=20, choices=Review, default=Review.OPEN.value, db_index=True)
    reviewed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("处理人")
    )
    reviewed_at = models.DateTimeField(_("处理时间"), null=True, blank=True)
    review_reason = models.CharField(_("处理说明"), max_length=300, blank=True)
    second_review = models.CharField(_("复审"), max_length=20, choices=Review, default=Review.OPEN.value)
    second_reviewed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("复审人")
    )
    second_reviewed_at = models.DateTimeField(_("复审时间"), null=True, blank=True)
    second_review_reason = models.CharField(_("复审说明"), max_length=300, blank=True)

    class Meta:
        verbose_name = pgettext_lazy("model", "异常")
        verbose_name_plural = pgettext_lazy("models", "异常")
        ordering: ClassVar = ["-began_at"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["sitting", "kind"],
                condition=models.Q(ended_at__isnull=True),
                name="one_open_incident_of_a_kind",
            ),
            models.CheckConstraint(
                condition=models.Q(review="open") | ~models.Q(review_reason=""), name="reviewed_with_a_reason"
            ),
            models.CheckConstraint(
                condition=models.Q(second_review="open")
                | (~models.Q(second_review_reason="") & ~models.Q(review="open")),
                name="reviewed_again_with_a_reason",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.began_at:%H:%M:%S}"

    @property
    def wants_second(self) -> bool:
        """Tell whether one person's word is not enough: it is serious, and the exam wants two."""
        return self.severity == self.Severity.SERIOUS and self.sitting.enrolment.exam.second_review

    @property
    def standing(self) -> Standing:
        """Return what it counts as, after all that people have said of it."""
        first, second = lifecycle.Review(self.review), lifecycle.Review(self.second_review)
        return reviewing.standing(first, second, wants_second=self.wants_second)

    @property
    def waits(self) -> bool:
        """Tell whether a person should look at it; the same as `WAITS`."""
        return self.review == self.Review.OPEN and self.severity != self.Severity.INFO

    @property
    def review_name(self) -> str:
        """What became of it, in words."""
        if self.review == self.Review.OPEN and not self.waits:
            return str(_("无需处理"))
        between = {Standing.AWAITING_SECOND: _("待复审"), Standing.DISPUTED: _("两次意见不一致")}
        return str(between.get(self.standing, self.get_review_display()))
