"""A candidate's right to sit one exam, and what they declared about it."""

from datetime import timedelta
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.encryption import SealedTextField
from accounts.models import Candidate, PersonalPicture
from exams.models.plan import Exam


class Enrolment(models.Model):
    """One candidate in one exam, with the details as they were registered for it.

    Personal data: name, phone (sealed), gender, organization, seat. Kept until the organizer deletes the plan.
    """

    exam = models.ForeignKey(Exam, models.CASCADE, related_name="enrolments", verbose_name=_("考试科目"))
    candidate = models.ForeignKey(Candidate, models.PROTECT, related_name="enrolments", verbose_name=_("考生"))
    account_number = models.CharField(_("考试账号"), max_length=40, unique=True)
    name = models.CharField(_("姓名"), max_length=100)
    phone = SealedTextField(_("手机号"), null=True, blank=True)
    gender = models.CharField(_("性别"), max_length=10, blank=True)
    organization = models.CharField(_("单位"), max_length=200, blank=True)
    site = models.CharField(_("考点"), max_length=100, blank=True)
    room = models.CharField(_("考场"), max_length=100, blank=True)
    seat = models.CharField(_("座位"), max_length=40, blank=True)
    extra_minutes = models.PositiveIntegerField(_("加时（分钟）"), default=0)
    extra_reason = models.CharField(_("加时原因"), max_length=200, blank=True)
    created_at = models.DateTimeField(_("建立时间"), auto_now_add=True)

    class Meta:
        verbose_name = pgettext_lazy("model", "报考")
        verbose_name_plural = pgettext_lazy("models", "报考")
        ordering: ClassVar = ["exam", "account_number"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["exam", "candidate"], name="one_enrolment_per_exam")]

    def __str__(self) -> str:
        return f"{self.name} {self.account_number}"

    @property
    def extra_time(self) -> timedelta:
        return timedelta(minutes=self.extra_minutes)


class ReferencePhotoQuerySet(models.QuerySet["ReferencePhoto"]):
    def in_force(self) -> "ReferencePhotoQuerySet":
        """Photos that a candidate is compared with now: not replaced, not found to show somebody else."""
        return self.filter(retired_at__isnull=True)

    def to_look_at(self) -> "ReferencePhotoQuerySet":
        """Those in force, and those that still wait for a comparison with the ID card."""
        return self.filter(models.Q(retired_at__isnull=True) | models.Q(to_compare=True))


class ReferencePhoto(PersonalPicture):
    """A picture that tells who the enrolled person is. Owner: the enrolment; never overwritten, only replaced."""

    class Source(models.TextChoices):
        IMPORTED = "imported", _("导入")
        STAFF = "staff", _("考务人员更换")
        FIRST_CHECK_IN = "first_check_in", _("首次采集")

    class Comparison(models.TextChoices):
        """What a person found who compared a first check-in picture with the ID card."""

        WAITING = "waiting", _("待与证件比对")
        SAME = "same", _("与证件一致")
        DIFFERENT = "different", _("与证件不一致")

    enrolment = models.ForeignKey(Enrolment, models.CASCADE, related_name="photos", verbose_name=_("报考"))
    position = models.PositiveIntegerField(_("次序"), default=1)
    source = models.CharField(_("来源"), max_length=20, choices=Source, default=Source.IMPORTED.value)
    to_compare = models.BooleanField(_("待与证件比对"), default=False)
    compared_at = models.DateTimeField(_("比对时间"), null=True, blank=True)
    compared_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("比对人")
    )
    digest = models.CharField(max_length=64, editable=False)  # keyed: tells whether an import brings the same picture
    retired_at = models.DateTimeField(_("停用时间"), null=True, blank=True)

    objects = ReferencePhotoQuerySet.as_manager()

    class Meta:
        verbose_name = pgettext_lazy("model", "底照")
        verbose_name_plural = pgettext_lazy("models", "底照")
        ordering: ClassVar = ["enrolment", "position"]

    def __str__(self) -> str:
        return f"{self.enrolment_id} #{self.position}"

    @property
    def comparison(self) -> Comparison | None:
        """What comparing it with the ID card came to; None where nobody needs to. A different one is retired by it."""
        if self.to_compare:
            return self.Comparison.WAITING
        if self.compared_at is None:
            return None
        return self.Comparison.DIFFERENT if self.retired_at == self.compared_at else self.Comparison.SAME


class Consent(models.Model):
    """A versioned yes or no before the camera. Personal data: the choice itself; kept with the enrolment."""

    enrolment = models.ForeignKey(Enrolment, models.CASCADE, related_name="consents", verbose_name=_("报考"))
    version = models.CharField(_("文本版本"), max_length=20)
    given = models.BooleanField(_("是否同意"))
    at = models.DateTimeField(_("时间"))

    class Meta:
        verbose_name = pgettext_lazy("model", "同意书")
        verbose_name_plural = pgettext_lazy("models", "同意书")
        ordering: ClassVar = ["-at"]

    def __str__(self) -> str:
        return f"{self.enrolment_id} {self.version} {self.given}"


class Correction(models.Model):
    """What a candidate says is wrong in their details; an organizer settles it. Kept with the enrolment."""

    enrolment = models.ForeignKey(Enrolment, models.CASCADE, related_name="corrections", verbose_name=_("报考"))
    text = models.TextField(_("考生说明"), max_length=1000)
    created_at = models.DateTimeField(_("提交时间"), auto_now_add=True)
    settled_at = models.DateTimeField(_("处理时间"), null=True, blank=True)
    settled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("处理人")
    )
    settlement = models.CharField(_("处理结果"), max_length=200, blank=True)

    class Meta:
        verbose_name = pgettext_lazy("model", "信息有误")
        verbose_name_plural = pgettext_lazy("models", "信息有误")
        ordering: ClassVar = ["-created_at"]

    def __str__(self) -> str:
        return f"{self.enrolment_id}"
