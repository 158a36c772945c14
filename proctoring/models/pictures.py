"""Pictures: of the candidate, of the room, and who looked at them."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.models import PersonalPicture
from exams.models import Sitting


class Camera(models.TextChoices):
    """Which camera of a sitting a picture comes from."""

    FACE = "face", _("人脸摄像头")
    ROOM = "room", _("第二摄像头")


class Snapshot(PersonalPicture):
    """A full picture kept as evidence. Owner: the sitting. Sealed; deleted by `purge_evidence` when it expires."""

    sitting = models.ForeignKey(Sitting, models.CASCADE, related_name="snapshots", verbose_name=_("答卷"))
    camera = models.CharField(_("摄像头"), max_length=10, choices=Camera, default=Camera.FACE.value)
    taken_at = models.DateTimeField(_("拍摄时间"))

    class Meta:
        verbose_name = pgettext_lazy("model", "监考图片")
        verbose_name_plural = pgettext_lazy("models", "监考图片")
        ordering: ClassVar = ["-taken_at"]

    def __str__(self) -> str:
        return f"{self.sitting_id} {self.taken_at:%Y-%m-%d %H:%M:%S}"


class ThumbnailQuerySet(models.QuerySet["Thumbnail"]):
    def of_trail(self) -> "ThumbnailQuerySet":
        """Those that stay, in the order in which they were taken."""
        return self.filter(is_newest=False).order_by("taken_at", "pk")


class Thumbnail(PersonalPicture):
    """A small picture at a slow rate: the newest of each camera, overwritten, for the wall; one a minute for the trail.

    Owner: the sitting. Sealed; deleted by `purge_evidence` when it expires, the newest after a day.
    """

    sitting = models.ForeignKey(Sitting, models.CASCADE, related_name="thumbnails", verbose_name=_("答卷"))
    camera = models.CharField(_("摄像头"), max_length=10, choices=Camera)
    is_newest = models.BooleanField(_("最新"))
    taken_at = models.DateTimeField(_("拍摄时间"))
    stored_at = models.DateTimeField(editable=False)  # by the database's clock: what a wall has not seen yet

    objects = ThumbnailQuerySet.as_manager()

    class Meta:
        verbose_name = pgettext_lazy("model", "监考缩略图")
        verbose_name_plural = pgettext_lazy("models", "监考缩略图")
        ordering: ClassVar = ["-taken_at"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["sitting", "camera"],
                condition=models.Q(is_newest=True),
                name="one_newest_thumbnail_of_a_camera",
            )
        ]

    def __str__(self) -> str:
        return f"{self.sitting_id} {self.camera} {self.taken_at:%Y-%m-%d %H:%M:%S}"


class SecondCamera(models.Model):
    """The phone that shows the room of a sitting. `number` counts the pairings: a phone with an older one is void.

    No personal data: nothing of the phone is kept.
    """

    sitting = models.OneToOneField(Sitting, models.CASCADE, related_name="second_camera", verbose_name=_("答卷"))
    number = models.PositiveIntegerField(_("配对次数"), default=0)
    is_paired = models.BooleanField(_("已配对"), default=False)
    changed_at = models.DateTimeField(_("变更时间"))  # codes that were shown before are used up

    class Meta:
        verbose_name = pgettext_lazy("model", "第二摄像头")
        verbose_name_plural = pgettext_lazy("models", "第二摄像头")

    def __str__(self) -> str:
        return f"{self.sitting_id} #{self.number}"


class RoomViewing(models.Model):
    """Who watched the wall of an exam, from when to when. One row for one stretch, not for one picture."""

    exam = models.ForeignKey("exams.Exam", models.CASCADE, related_name="room_viewings", verbose_name=_("考试科目"))
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("查看人"))
    began_at = models.DateTimeField(_("开始"), db_index=True)
    ended_at = models.DateTimeField(_("结束"))

    class Meta:
        verbose_name = pgettext_lazy("model", "监考画面查看记录")
        verbose_name_plural = pgettext_lazy("models", "监考画面查看记录")
        ordering: ClassVar = ["-began_at"]

    def __str__(self) -> str:
        return f"{self.exam_id} {self.began_at:%Y-%m-%d %H:%M:%S}"


class PictureViewing(models.Model):
    """Who looked at a stored picture or at a dossier, and when. Outlives the picture; goes with the enrolment."""

    class Kind(models.TextChoices):
        SNAPSHOT = "snapshot", _("监考图片")
        REFERENCE = "reference", _("底照")
        LIVE = "live", _("实时画面")  # nothing is stored of it: `picture` is the number of the sitting
        TRAIL = "trail", _("过程缩略图")  # many at once: `picture` is the number of the sitting
        DOSSIER = "dossier", _("查看考试档案")  # and below: `picture` is the number of the dossier
        PRINTED = "printed", _("打印考试档案")
        VERIFIED = "verified", _("校验考试档案")

    OF_PICTURES: ClassVar = ("snapshot", "reference", "live", "trail")

    kind = models.CharField(_("图片类型"), max_length=20, choices=Kind)
    picture = models.PositiveBigIntegerField(_("编号"))
    enrolment = models.ForeignKey(
        "exams.Enrolment", models.CASCADE, related_name="picture_viewings", verbose_name=_("报考")
    )
    by = models.ForeignKey(  # nobody: the command line
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("查看人")
    )
    at = models.DateTimeField(_("查看时间"), db_index=True)

    class Meta:
        verbose_name = pgettext_lazy("model", "图片和档案查看记录")
        verbose_name_plural = pgettext_lazy("models", "图片和档案查看记录")
        ordering: ClassVar = ["-at"]

    def __str__(self) -> str:
        return f"{self.kind} {self.picture} {self.at:%Y-%m-%d %H:%M:%S}"
