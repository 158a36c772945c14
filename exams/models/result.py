"""What a sitting came to: the marks of its responses and the result."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from exams.domain import lifecycle
from exams.models.sitting import Sitting


class Result(models.Model):
    """The outcome of one sitting; counts only while its validity is `valid`. Kept with the sitting."""

    class Validity(models.TextChoices):
        VALID = lifecycle.Validity.VALID.value, _("有效")
        PENDING_REVIEW = lifecycle.Validity.PENDING_REVIEW.value, _("不计入有效成绩，待人工核验")
        INVALID = lifecycle.Validity.INVALID.value, _("无效")

    sitting = models.OneToOneField(Sitting, models.CASCADE, related_name="result", verbose_name=_("答卷"))
    points = models.DecimalField(_("得分"), max_digits=8, decimal_places=2)
    points_possible = models.DecimalField(_("满分"), max_digits=8, decimal_places=2)
    passed = models.BooleanField(_("是否及格"), null=True, blank=True)
    marked_at = models.DateTimeField(_("判分时间"))
    validity = models.CharField(_("有效性"), max_length=20, choices=Validity, default=Validity.VALID.value)
    validity_reason = models.CharField(_("有效性说明"), max_length=300, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("裁定人")
    )
    decided_at = models.DateTimeField(_("裁定时间"), null=True, blank=True)

    class Meta:
        verbose_name = pgettext_lazy("model", "成绩")
        verbose_name_plural = pgettext_lazy("models", "成绩")
        permissions: ClassVar = [("export_result", _("可导出成绩"))]

    def __str__(self) -> str:
        return f"{self.sitting_id}: {self.points}/{self.points_possible}"


class Mark(models.Model):
    """Points for one question of a paper, answered or not."""

    result = models.ForeignKey(Result, models.CASCADE, related_name="marks", verbose_name=_("成绩"))
    question = models.PositiveIntegerField(_("题号"))
    points = models.DecimalField(_("得分"), max_digits=6, decimal_places=2)
    points_possible = models.DecimalField(_("满分"), max_digits=6, decimal_places=2)

    class Meta:
        verbose_name = pgettext_lazy("model", "得分")
        verbose_name_plural = pgettext_lazy("models", "得分")
        ordering: ClassVar = ["result", "question"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["result", "question"], name="one_mark_per_question")]

    def __str__(self) -> str:
        return f"{self.question}: {self.points}"
