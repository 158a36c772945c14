"""What a candidate takes away: proof of what was stored when their sitting ended."""

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from exams.models.sitting import Sitting


class Receipt(models.Model):
    """One for each end of a sitting, never changed: what is logged later extends the log and leaves it true."""

    sitting = models.ForeignKey(Sitting, models.CASCADE, related_name="receipts", verbose_name=_("答卷"))
    code = models.CharField(_("回执编号"), max_length=14, db_index=True)
    entries = models.PositiveIntegerField(_("条数"))  # how long the log was
    ended_at = models.DateTimeField(_("结束时间"))
    digest = models.BinaryField()
    issued_at = models.DateTimeField(_("出具时间"))

    class Meta:
        verbose_name = pgettext_lazy("model", "交卷回执")
        verbose_name_plural = pgettext_lazy("models", "交卷回执")
        ordering: ClassVar = ["sitting", "pk"]

    def __str__(self) -> str:
        return self.code
