"""What proctoring keeps: face templates, decisions on identity, incidents, interventions, messages, pictures."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.encryption import SealedBytesField
from accounts.models import PersonalPicture
from exams.domain import lifecycle
from exams.models import Plan, ReferencePhoto, Sitting


class FaceTemplate(models.Model):
    """The numbers that a face model makes of one reference photo.

    Personal data: the descriptor (sealed). Deleted with the photo.
    """

    photo = models.OneToOneField(ReferencePhoto, models.CASCADE, related_name="template", verbose_name=_("底照"))
    embedder = models.CharField(_("模型"), max_length=40)
    descriptor = SealedBytesField()  # little-endian float32
    crowding = models.FloatField(null=True, editable=False)  # distance of the nearest others, when last calibrated
    created_at = models.DateTimeField(auto_now_add=True)

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


class Snapshot(PersonalPicture):
    """A picture kept as evidence. Owner: the sitting. Sealed; deleted by `purge_evidence` when it expires."""

    sitting = models.ForeignKey(Sitting, models.CASCADE, related_name="snapshots", verbose_name=_("答卷"))
    taken_at = models.DateTimeField(_("拍摄时间"))

    class Meta:
        verbose_name = pgettext_lazy("model", "监考图片")
        verbose_name_plural = pgettext_lazy("models", "监考图片")
        ordering: ClassVar = ["-taken_at"]

    def __str__(self) -> str:
        return f"{self.sitting_id} {self.taken_at:%Y-%m-%d %H:%M:%S}"


class PictureViewing(models.Model):
    """Who looked at a stored picture, and when. Outlives the picture; goes with the enrolment."""

    class Kind(models.TextChoices):
        SNAPSHOT = "snapshot", _("监考图片")
        REFERENCE = "reference", _("底照")

    kind = models.CharField(_("图片类型"), max_length=20, choices=Kind)
    picture = models.PositiveBigIntegerField(_("图片编号"))
    enrolment = models.ForeignKey(
        "exams.Enrolment", models.CASCADE, related_name="picture_viewings", verbose_name=_("报考")
    )
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("查看人"))
    at = models.DateTimeField(_("查看时间"), db_index=True)

    class Meta:
        verbose_name = pgettext_lazy("model", "图片查看记录")
        verbose_name_plural = pgettext_lazy("models", "图片查看记录")
        ordering: ClassVar = ["-at"]

    def __str__(self) -> str:
        return f"{self.kind} {self.picture} {self.at:%Y-%m-%d %H:%M:%S}"


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
        SECOND_DEVICE = "second_device", _("另一设备登录")
        NETWORK_GAP = "network_gap", _("网络中断")
        CONSENT_DECLINED = "consent_declined", _("未同意人脸采集")
        VERIFIER_DOWN = "verifier_down", _("识别服务中断")

    class Severity(models.TextChoices):
        INFO = "info", _("提示")
        WARNING = "warning", _("注意")
        SERIOUS = "serious", _("严重")

    class Review(models.TextChoices):
        OPEN = lifecycle.Review.OPEN.value, _("待处理")
        CONFIRMED = lifecycle.Review.CONFIRMED.value, _("已确认")
        DISMISSED = lifecycle.Review.DISMISSED.value, _("已排除")

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
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.began_at:%H:%M:%S}"


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
        ACCEPT_LATE = "accept_late", _("采用迟到作答")
        MESSAGE = "message", _("发送消息")

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
    seen_at = models.DateTimeField(_("考生已读"), null=True, blank=True)

    class Meta:
        verbose_name = pgettext_lazy("model", "消息")
        verbose_name_plural = pgettext_lazy("models", "消息")
        ordering: ClassVar = ["-at"]

    def __str__(self) -> str:
        return f"{self.get_direction_display()} {self.at:%H:%M:%S}"
