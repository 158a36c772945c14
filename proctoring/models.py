"""What proctoring keeps: face templates, decisions on identity, incidents, interventions, messages, pictures."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.encryption import SealedBytesField
from accounts.models import PersonalPicture
from exams.domain import lifecycle
from exams.models import Exam, Plan, ReferencePhoto, Sitting
from proctoring.domain import reviewing
from proctoring.domain.reviewing import Standing


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


class Thumbnail(PersonalPicture):
    """A small picture at a slow rate: the newest of each camera, overwritten, for the wall; one a minute for the trail.

    Owner: the sitting. Sealed; deleted by `purge_evidence` when it expires, the newest after a day.
    """

    sitting = models.ForeignKey(Sitting, models.CASCADE, related_name="thumbnails", verbose_name=_("答卷"))
    camera = models.CharField(_("摄像头"), max_length=10, choices=Camera)
    is_newest = models.BooleanField(_("最新"))
    taken_at = models.DateTimeField(_("拍摄时间"))
    stored_at = models.DateTimeField(editable=False)  # by the database's clock: what a wall has not seen yet

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
    """Who looked at a stored picture, and when. Outlives the picture; goes with the enrolment."""

    class Kind(models.TextChoices):
        SNAPSHOT = "snapshot", _("监考图片")
        REFERENCE = "reference", _("底照")
        LIVE = "live", _("实时画面")  # nothing is stored of it: `picture` is the number of the sitting

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
        REVIEW_AGAIN = "review_again", _("复审异常")
        ACCEPT_LATE = "accept_late", _("采用迟到作答")
        MESSAGE = "message", _("发送消息")
        NOTE = "note", _("记录备注")

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
            ("watch_room", _("可进入实时监考")),
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


class Announcement(models.Model):
    """What invigilators told a whole exam, a room of it, or those they chose; each candidate has a Message of it."""

    class Reach(models.TextChoices):
        EXAM = "exam", _("全体考生")
        ROOM = "room", _("一个考场")
        CHOSEN = "chosen", _("所选考生")

    exam = models.ForeignKey(Exam, models.CASCADE, related_name="announcements", verbose_name=_("考试科目"))
    reach = models.CharField(_("范围"), max_length=20, choices=Reach, default=Reach.EXAM.value)
    room = models.CharField(_("考场"), max_length=100, blank=True)
    text = models.CharField(_("内容"), max_length=500)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("考务人员"))
    at = models.DateTimeField(_("时间"))

    class Meta:
        verbose_name = pgettext_lazy("model", "公告")
        verbose_name_plural = pgettext_lazy("models", "公告")
        ordering: ClassVar = ["-at", "-pk"]
        constraints: ClassVar = [
            models.CheckConstraint(condition=~models.Q(reach="room") | ~models.Q(room=""), name="room_has_a_name")
        ]

    def __str__(self) -> str:
        return f"{self.exam_id} {self.at:%H:%M:%S}"


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
    announcement = models.ForeignKey(
        Announcement, models.CASCADE, null=True, blank=True, related_name="messages", verbose_name=_("公告")
    )
    delivered_at = models.DateTimeField(_("送达时间"), null=True, blank=True)  # the candidate's page has fetched it
    seen_at = models.DateTimeField(_("考生已读"), null=True, blank=True)

    class Meta:
        verbose_name = pgettext_lazy("model", "消息")
        verbose_name_plural = pgettext_lazy("models", "消息")
        ordering: ClassVar = ["-at"]

    def __str__(self) -> str:
        return f"{self.get_direction_display()} {self.at:%H:%M:%S}"


class Claim(models.Model):
    """Who of several invigilators handles a candidate; the others see it, and are asked before they act as well.

    It ends by hand, or after some minutes without a sign of life from its holder (services/claims.py).
    """

    sitting = models.ForeignKey(Sitting, models.CASCADE, related_name="claims", verbose_name=_("答卷"))
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("考务人员"))
    since = models.DateTimeField(_("开始"))
    heard_at = models.DateTimeField(_("最近操作"))
    ended_at = models.DateTimeField(_("结束"), null=True, blank=True)

    class Meta:
        verbose_name = pgettext_lazy("model", "认领")
        verbose_name_plural = pgettext_lazy("models", "认领")
        ordering: ClassVar = ["-since"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["sitting"], condition=models.Q(ended_at__isnull=True), name="one_handles_a_sitting"
            )
        ]

    def __str__(self) -> str:
        return f"{self.sitting_id} {self.since:%H:%M:%S}"


class Dossier(models.Model):
    """Everything known of a sitting at one moment, for an appeal. Never changed.

    Personal data: the candidate's name, the account number and what happened (sealed). Goes with the sitting.
    """

    sitting = models.ForeignKey(Sitting, models.CASCADE, related_name="dossiers", verbose_name=_("答卷"))
    content = SealedBytesField()  # JSON in its canonical form, see domain/dossier.py
    digest = models.CharField(_("校验值"), max_length=64)  # SHA-256 of the content, as it was printed
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("制作人"))
    made_at = models.DateTimeField(_("制作时间"))

    class Meta:
        verbose_name = pgettext_lazy("model", "考试档案")
        verbose_name_plural = pgettext_lazy("models", "考试档案")
        ordering: ClassVar = ["-made_at"]

    def __str__(self) -> str:
        return f"{self.sitting_id} {self.made_at:%Y-%m-%d %H:%M:%S}"
