"""A pause that is planned for everybody of an exam, or of one room of it: a fire drill, a meal."""

from datetime import datetime, timedelta
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from exams.models.plan import Exam


class PlannedPause(models.Model):
    """From when, for how long, for whom and why; carried out by whoever sweeps. No personal data of candidates."""

    exam = models.ForeignKey(Exam, models.CASCADE, related_name="planned_pauses", verbose_name=_("考试科目"))
    room = models.CharField(_("考场"), max_length=100, blank=True)  # nothing: everybody
    begins_at = models.DateTimeField(_("开始时间"))
    minutes = models.PositiveIntegerField(_("分钟"))
    reason = models.CharField(_("原因"), max_length=200)  # candidates read it
    made_at = models.DateTimeField(_("安排时间"))
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", verbose_name=_("安排人")
    )
    cancelled_at = models.DateTimeField(_("取消时间"), null=True, blank=True)
    cancelled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("取消人")
    )
    finished_at = models.DateTimeField(_("完成时间"), null=True, blank=True)  # everybody goes on again

    class Meta:
        verbose_name = pgettext_lazy("model", "统一暂停")
        verbose_name_plural = pgettext_lazy("models", "统一暂停")
        ordering: ClassVar = ["begins_at", "pk"]
        constraints: ClassVar = [
            models.CheckConstraint(condition=models.Q(minutes__gt=0), name="planned_pause_has_a_length"),
            models.CheckConstraint(condition=~models.Q(reason=""), name="planned_pause_has_a_reason"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["begins_at"], condition=models.Q(finished_at__isnull=True), name="pauses_to_carry_out")
        ]

    def __str__(self) -> str:
        begins = timezone.localtime(self.begins_at)
        return f"{begins:%m-%d %H:%M} {self.room} {self.reason}"

    @property
    def ends_at(self) -> datetime:
        return self.begins_at + timedelta(minutes=self.minutes)

    def is_on(self, now: datetime) -> bool:
        """Tell whether it should be going on."""
        return self.cancelled_at is None and self.begins_at <= now < self.ends_at
