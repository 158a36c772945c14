"""Faces as numbers, what was measured on them, and the decisions on who is there."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.encryption import SealedBytesField
from exams.models import Plan, ReferencePhoto, Sitting
from proctoring.models.pictures import Snapshot


class FaceTemplateQuerySet(models.QuerySet["FaceTemplate"]):
    def in_force(self, embedder: str) -> "FaceTemplateQuerySet":
        """What a face model made of the photos in force."""
        return self.filter(photo__in=ReferencePhoto.objects.in_force(), embedder=embedder)


class FaceTemplate(models.Model):
    """The numbers that a face model makes of one reference photo.

    Personal data: the descriptor (sealed). Deleted with the photo.
    """

    photo = models.OneToOneField(ReferencePhoto, models.CASCADE, related_name="template", verbose_name=_("底照"))
    embedder = models.CharField(_("模型"), max_length=40)
    descriptor = SealedBytesField()  # little-endian float32
    crowding = models.FloatField(null=True, editable=False)  # distance of the nearest others, when last calibrated
    created_at = models.DateTimeField(auto_now_add=True)

    objects = FaceTemplateQuerySet.as_manager()

    class Meta:
        verbose_name = pgettext_lazy("model", "人脸模板")
        verbose_name_plural = pgettext_lazy("models", "人脸模板")

    def __str__(self) -> str:
        return f"{self.photo_id} ({self.embedder})"


class FaceCalibration(models.Model):
    """What was measured about a face model: for the candidates of a plan, or (no plan) for all that have none.

    The newest counts. Holds figures, no personal data; goes with the plan.
    """

    plan = models.ForeignKey(
        Plan, models.CASCADE, null=True, blank=True, related_name="face_calibrations", verbose_name=_("考试计划")
    )
    embedder = models.CharField(_("模型"), max_length=40)
    target = models.FloatField(_("目标误识率"))
    whole = models.FloatField(_("阈值"))  # of one photo against one frame, at the target …
    half = models.FloatField()  # … at half of it …
    loose = models.FloatField()  # … and at one in a hundred
    offset_whole = models.FloatField(null=True)  # added to a candidate's crowding in place of `whole`
    offset_half = models.FloatField(null=True)
    group = models.CharField(_("组别"), max_length=60)  # the one that decided
    persons = models.PositiveIntegerField(_("人数"))
    pictures = models.PositiveIntegerField(_("图片数"))
    impostor = models.PositiveBigIntegerField(_("异人比对数"))
    figures = models.JSONField(default=list)  # rows as `calibrate_faces --json` prints them, with curves
    made_at = models.DateTimeField(_("生成时间"))
    made_by = models.ForeignKey(  # nobody: the command line
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("操作人")
    )

    class Meta:
        verbose_name = pgettext_lazy("model", "人脸校准")
        verbose_name_plural = pgettext_lazy("models", "人脸校准")
        ordering: ClassVar = ["-made_at", "-pk"]

    def __str__(self) -> str:
        return f"{self.plan_id or '—'} {self.embedder} {self.made_at:%Y-%m-%d %H:%M}"


class CheckInTemplate(models.Model):
    """The numbers of the face at check-in: same light, same day, so fairer to compare with than an old photo.

    Used once the check-in has passed. Personal data: the descriptor (sealed). Deleted when the sitting ends.
    """

    sitting = models.OneToOneField(Sitting, models.CASCADE, related_name="check_in_template", verbose_name=_("答卷"))
    embedder = models.CharField(_("模型"), max_length=40)
    descriptor = SealedBytesField()  # little-endian float32
    made_at = models.DateTimeField(_("生成时间"))

    class Meta:
        verbose_name = pgettext_lazy("model", "入场人脸模板")
        verbose_name_plural = pgettext_lazy("models", "入场人脸模板")

    def __str__(self) -> str:
        return f"{self.sitting_id} ({self.embedder})"


class IdentityCheck(models.Model):
    """A decision on who is there, from several frames: at check-in, at every change, and once a minute.

    Personal data: the distance and the pictures it points to; kept with the sitting, pictures until they expire.
    """

    class Occasion(models.TextChoices):
        CHECK_IN = "check_in", _("入场核验")
        CHANGE = "change", _("状态变化")
        MINUTE = "minute", _("每分钟汇总")
        STAFF = "staff", _("人工核验")

    class Verdict(models.TextChoices):
        MATCH = "match", _("本人")
        MISMATCH = "mismatch", _("非登记考生")
        NOT_LIVE = "not_live", _("未按提示转头")
        NO_FACE = "no_face", _("未检测到人脸")
        SEVERAL_FACES = "several_faces", _("多张人脸")
        TOO_FAR = "too_far", _("距离过远")
        TOO_DARK = "too_dark", _("光线过暗")
        BLURRED = "blurred", _("画面模糊")
        ADOPTED = "adopted", _("首次采集")
        FAILED = "failed", _("识别服务故障")

    sitting = models.ForeignKey(Sitting, models.CASCADE, related_name="identity_checks", verbose_name=_("答卷"))
    occasion = models.CharField(_("时机"), max_length=20, choices=Occasion)
    verdict = models.CharField(_("结论"), max_length=20, choices=Verdict)
    distance = models.FloatField(_("人脸距离"), null=True, blank=True)
    threshold = models.FloatField(_("阈值"), null=True, blank=True)
    frames = models.PositiveIntegerField(_("帧数"), default=0)
    began_at = models.DateTimeField(_("开始"))
    decided_at = models.DateTimeField(_("判定时间"))
    snapshot = models.ForeignKey(
        Snapshot, models.SET_NULL, null=True, blank=True, related_name="checks", verbose_name=_("图片")
    )

    class Meta:
        verbose_name = pgettext_lazy("model", "身份核验")
        verbose_name_plural = pgettext_lazy("models", "身份核验")
        ordering: ClassVar = ["-decided_at"]

    def __str__(self) -> str:
        return f"{self.sitting_id} {self.get_verdict_display()}"
