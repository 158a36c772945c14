"""When the servers of this installation were away, and what was given back for it. See decision record 0014."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from exams.models.sitting import Sitting


class Heartbeat(models.Model):
    """When a server of this installation last said that it serves; one row. No personal data."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    beat_at = models.DateTimeField()

    class Meta:
        default_permissions: ClassVar = ()
        constraints: ClassVar = [models.CheckConstraint(condition=models.Q(id=1), name="one_heart")]

    def __str__(self) -> str:
        return f"{self.beat_at:%Y-%m-%d %H:%M:%S}"


class ServerOutage(models.Model):
    """A span in which no server served although somebody was sitting an exam. No personal data."""

    began_at = models.DateTimeField(_("开始"), unique=True)  # the last that was heard before it
    ended_at = models.DateTimeField(_("结束"))  # the first that was heard after it

    class Meta:
        verbose_name = pgettext_lazy("model", "服务器故障")
        verbose_name_plural = pgettext_lazy("models", "服务器故障")
        ordering: ClassVar = ["-began_at"]
        constraints: ClassVar = [
            models.CheckConstraint(condition=models.Q(ended_at__gt=models.F("began_at")), name="outage_has_a_length")
        ]

    def __str__(self) -> str:
        began, ended = timezone.localtime(self.began_at), timezone.localtime(self.ended_at)
        return f"{began:%Y-%m-%d %H:%M:%S}–{ended:%H:%M:%S}"


class Compensation(models.Model):
    """What one sitting was given back for one outage; at most once. `by` is nobody where the exam's rule gave it.

    Personal data: none beyond the sitting's; kept with it.
    """

    outage = models.ForeignKey(ServerOutage, models.CASCADE, related_name="compensations", verbose_name=_("服务器故障"))
    sitting = models.ForeignKey(Sitting, models.CASCADE, related_name="compensations", verbose_name=_("答卷"))
    seconds = models.PositiveIntegerField(_("补时（秒）"))
    at = models.DateTimeField(_("时间"))
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("操作人")
    )

    class Meta:
        verbose_name = pgettext_lazy("model", "故障补时")
        verbose_name_plural = pgettext_lazy("models", "故障补时")
        default_permissions: ClassVar = ()
        ordering: ClassVar = ["outage", "sitting"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["outage", "sitting"], name="one_compensation_for_an_outage")
        ]

    def __str__(self) -> str:
        return f"{self.sitting_id}: {self.seconds}"
