"""Questions and their immutable revisions. No personal data."""

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class Bank(models.Model):
    """A named collection of questions; importing a plan fills the bank of that plan's code."""

    code = models.CharField(_("题库编号"), max_length=64, unique=True)
    name = models.CharField(_("题库名称"), max_length=200)

    class Meta:
        verbose_name = pgettext_lazy("model", "题库")
        verbose_name_plural = pgettext_lazy("models", "题库")

    def __str__(self) -> str:
        return self.name


class Question(models.Model):
    """What stays the same while its wording changes: a number in a bank."""

    bank = models.ForeignKey(Bank, models.CASCADE, related_name="questions", verbose_name=_("题库"))
    external_id = models.CharField(_("题号"), max_length=64)

    class Meta:
        verbose_name = pgettext_lazy("model", "试题")
        verbose_name_plural = pgettext_lazy("models", "试题")
        ordering: ClassVar = ["bank", "external_id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["bank", "external_id"], name="one_question_per_external_id")
        ]

    def __str__(self) -> str:
        return f"{self.bank_id}/{self.external_id}"


class Revision(models.Model):
    """One wording of a question, never changed once it is written. `key` never reaches a candidate."""

    class Kind(models.TextChoices):
        SINGLE = "single", _("单选题")
        MULTIPLE = "multiple", _("多选题")
        TRUE_FALSE = "true_false", _("判断题")

    question = models.ForeignKey(Question, models.CASCADE, related_name="revisions", verbose_name=_("试题"))
    number = models.PositiveIntegerField(_("版本"))
    kind = models.CharField(_("题型"), max_length=20, choices=Kind)
    stem = models.TextField(_("题干"))
    # [{"id": "A", "text": "…", "fixed": false}, …]; for true/false the two options are "T" and "F".
    options = models.JSONField(_("选项"), default=list)
    key = models.JSONField(_("答案"), default=list)  # the ids of the right options, e.g. ["A", "C"]
    explanation = models.TextField(_("解析"), blank=True)
    difficulty = models.CharField(_("难度"), max_length=20, blank=True)
    topic = models.CharField(_("知识点"), max_length=200, blank=True)
    tags = models.CharField(_("标签"), max_length=200, blank=True)
    content_hash = models.CharField(max_length=64, editable=False)
    created_at = models.DateTimeField(_("建立时间"), auto_now_add=True)

    class Meta:
        verbose_name = pgettext_lazy("model", "试题版本")
        verbose_name_plural = pgettext_lazy("models", "试题版本")
        ordering: ClassVar = ["question", "-number"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["question", "number"], name="revision_numbers_differ")]

    def __str__(self) -> str:
        return f"{self.question.external_id} · {self.number}"
