"""One candidate sitting one exam, once: its states, its clock, its paper, its responses."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from exams.domain import lifecycle
from exams.models.enrolment import Enrolment
from exams.models.planned_pause import PlannedPause


class SittingQuerySet(models.QuerySet["Sitting"]):
    def live(self) -> "SittingQuerySet":
        """Sittings whose clock runs or stands still for a while."""
        return self.filter(state__in=[lifecycle.State.IN_PROGRESS.value, lifecycle.State.PAUSED.value])

    def in_progress(self) -> "SittingQuerySet":
        return self.filter(state=lifecycle.State.IN_PROGRESS.value)


class Sitting(models.Model):
    """The way of one candidate through one exam. Made when they choose the exam after signing in.

    Personal data: what the candidate answered and when; kept with the enrolment.
    """

    class State(models.TextChoices):
        READY = lifecycle.State.READY.value, _("候考")
        IN_PROGRESS = lifecycle.State.IN_PROGRESS.value, _("答题中")
        PAUSED = lifecycle.State.PAUSED.value, _("已暂停")
        SUBMITTED = lifecycle.State.SUBMITTED.value, _("已交卷")
        TERMINATED = lifecycle.State.TERMINATED.value, _("已终止")

    class CheckIn(models.TextChoices):
        UNCHECKED = lifecycle.CheckIn.UNCHECKED.value, _("未核验")
        PASSED = lifecycle.CheckIn.PASSED.value, _("已通过")
        EXHAUSTED = lifecycle.CheckIn.EXHAUSTED.value, _("未通过")
        HELD = lifecycle.CheckIn.HELD.value, _("待人工核验")

    class Identity(models.TextChoices):
        STEADY = lifecycle.Identity.STEADY.value, _("正常")
        IN_DOUBT = lifecycle.Identity.IN_DOUBT.value, _("存疑")
        CLEARED = lifecycle.Identity.CLEARED.value, _("已澄清")
        REJECTED = lifecycle.Identity.REJECTED.value, _("已否定")

    class EndedBy(models.TextChoices):
        NOBODY = "", "—"
        CANDIDATE = "candidate", _("考生交卷")
        DEADLINE = "deadline", _("到时自动交卷")
        SWITCH_LIMIT = "switch_limit", _("切屏超限交卷")
        STAFF = "staff", _("考务人员")

    enrolment = models.OneToOneField(Enrolment, models.CASCADE, related_name="sitting", verbose_name=_("报考"))
    state = models.CharField(_("状态"), max_length=20, choices=State, default=State.READY.value, db_index=True)
    check_in = models.CharField(_("入场核验"), max_length=20, choices=CheckIn, default=CheckIn.UNCHECKED.value)
    check_in_failures = models.PositiveIntegerField(_("识别失败次数"), default=0)
    identity = models.CharField(_("身份状态"), max_length=20, choices=Identity, default=Identity.STEADY.value)

    created_at = models.DateTimeField(_("建立时间"), auto_now_add=True)
    confirmed_at = models.DateTimeField(_("信息确认时间"), null=True, blank=True)  # with 考试须知 accepted
    started_at = models.DateTimeField(_("开始作答"), null=True, blank=True)
    deadline_at = models.DateTimeField(_("截止时间"), null=True, blank=True, db_index=True)  # none while paused
    extra_seconds = models.PositiveIntegerField(_("加时（秒）"), default=0)  # by staff, on top of the accommodation
    compensated_seconds = models.PositiveIntegerField(_("故障补时（秒）"), default=0)  # part of `extra_seconds`
    held_seconds = models.PositiveIntegerField(_("补时（秒）"), default=0)  # held at check-in or by the entry's spread
    held_since = models.DateTimeField(_("等待核验自"), null=True, blank=True)
    pause_cause = models.CharField(_("暂停原因"), max_length=200, blank=True)
    pause_ends_at = models.DateTimeField(_("预计恢复"), null=True, blank=True)  # of a pause that was planned
    locked = models.BooleanField(_("已锁定"), default=False)
    ended_at = models.DateTimeField(_("结束时间"), null=True, blank=True)
    ended_by = models.CharField(_("结束方式"), max_length=20, choices=EndedBy, default="", blank=True)
    switch_count = models.PositiveIntegerField(_("切屏次数"), default=0)

    epoch = models.PositiveIntegerField(default=0)  # raised by each page that takes over; older pages turn read-only
    client = models.CharField(max_length=64, blank=True)  # the page that holds the current epoch
    device = models.CharField(max_length=64, blank=True)  # the browser whose check-in it is: a keyed digest, or nothing

    asking_device: str | None = None  # the browser that asks now; None where nobody at a browser of theirs does

    objects = SittingQuerySet.as_manager()

    class Meta:
        verbose_name = pgettext_lazy("model", "答卷")
        verbose_name_plural = pgettext_lazy("models", "答卷")
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=~models.Q(state="in_progress")
                | models.Q(deadline_at__isnull=False, started_at__isnull=False),
                name="in_progress_has_a_deadline",
            ),
            models.CheckConstraint(
                condition=~models.Q(state="paused") | models.Q(deadline_at__isnull=True), name="paused_has_no_deadline"
            ),
            models.CheckConstraint(
                condition=~models.Q(state__in=["submitted", "terminated"]) | models.Q(ended_at__isnull=False),
                name="ended_has_a_moment",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.enrolment} ({self.get_state_display()})"


class StateChange(models.Model):
    """The history of the state fields: which one, from where to where, when, by whom, why."""

    sitting = models.ForeignKey(Sitting, models.CASCADE, related_name="changes", verbose_name=_("答卷"))
    field = models.CharField(_("字段"), max_length=20)
    before = models.CharField(_("原状态"), max_length=20)
    after = models.CharField(_("新状态"), max_length=20)
    at = models.DateTimeField(_("时间"))
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("操作人")
    )
    reason = models.CharField(_("原因"), max_length=300, blank=True)

    class Meta:
        verbose_name = pgettext_lazy("model", "状态变更")
        verbose_name_plural = pgettext_lazy("models", "状态变更")
        ordering: ClassVar = ["at", "pk"]

    def __str__(self) -> str:
        return f"{self.field}: {self.before} -> {self.after}"


class Pause(models.Model):
    """A span in which the clock of a sitting stood still."""

    sitting = models.ForeignKey(Sitting, models.CASCADE, related_name="pauses", verbose_name=_("答卷"))
    began_at = models.DateTimeField(_("开始"))
    ended_at = models.DateTimeField(_("结束"), null=True, blank=True)
    cause = models.CharField(_("原因"), max_length=200, blank=True)
    planned = models.ForeignKey(
        PlannedPause, models.PROTECT, null=True, blank=True, related_name="pauses", verbose_name=_("统一暂停")
    )

    class Meta:
        verbose_name = pgettext_lazy("model", "暂停")
        verbose_name_plural = pgettext_lazy("models", "暂停")
        ordering: ClassVar = ["began_at"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["sitting", "planned"], name="one_pause_of_a_planned_one")
        ]

    def __str__(self) -> str:
        return f"{self.began_at:%H:%M:%S}"


class Paper(models.Model):
    """Exactly what one sitting drew; never changed afterwards.

    `items` is a list, numbered from 1 by position: `{"revision": id, "section": id, "kind": "single",
    "options": ["B", "A", …], "points": "2.00"}`.
    """

    sitting = models.OneToOneField(Sitting, models.CASCADE, related_name="paper", verbose_name=_("答卷"))
    seed = models.CharField(_("随机种子"), max_length=64)
    items = models.JSONField(_("试题"))
    drawn_at = models.DateTimeField(_("抽题时间"))

    class Meta:
        verbose_name = pgettext_lazy("model", "试卷")
        verbose_name_plural = pgettext_lazy("models", "试卷")

    def __str__(self) -> str:
        return f"{self.sitting_id}"


class PreparedPaper(models.Model):
    """The paper that an enrolment will be given, drawn ahead; void once the plan is imported anew.

    Apart from `Paper`, whose being there says that somebody has begun. No personal data; goes with the enrolment.
    """

    enrolment = models.OneToOneField(Enrolment, models.CASCADE, related_name="prepared_paper")
    seed = models.CharField(max_length=64)
    items = models.JSONField(default=list)
    drawn_at = models.DateTimeField(_("抽题时间"))

    class Meta:
        verbose_name = pgettext_lazy("model", "预抽试卷")
        verbose_name_plural = pgettext_lazy("models", "预抽试卷")
        default_permissions: ClassVar = ()

    def __str__(self) -> str:
        return f"{self.enrolment_id}"


class Response(models.Model):
    """The newest accepted answer to one question of a paper. `question` is its number on the paper, from 1."""

    sitting = models.ForeignKey(
        Sitting, models.CASCADE, related_name="responses", db_index=False, verbose_name=_("答卷")
    )
    question = models.PositiveIntegerField(_("题号"))
    value = models.JSONField(_("作答"), default=list)  # ids of the chosen options; empty: not answered
    doubtful = models.BooleanField(_("疑问"), default=False)
    seq = models.PositiveBigIntegerField()
    saved_at = models.DateTimeField(_("保存时间"))

    class Meta:
        verbose_name = pgettext_lazy("model", "作答")
        verbose_name_plural = pgettext_lazy("models", "作答")
        ordering: ClassVar = ["sitting", "question"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["sitting", "question"], name="one_response_per_question")
        ]

    def __str__(self) -> str:
        return f"{self.sitting_id}/{self.question}"


class ResponseLog(models.Model):
    """Where the log of a sitting ends: how many entries it has, and the hash of the newest.

    A row of its own, so narrow that PostgreSQL changes it in place; whoever appends to the log holds it.
    """

    sitting = models.OneToOneField(
        Sitting, models.CASCADE, primary_key=True, related_name="log", verbose_name=_("答卷")
    )
    length = models.PositiveIntegerField(_("条数"), default=0)
    head = models.BinaryField(default=bytes(32))

    class Meta:
        verbose_name = pgettext_lazy("model", "作答日志")
        verbose_name_plural = pgettext_lazy("models", "作答日志")

    def __str__(self) -> str:
        return f"{self.sitting_id}: {self.length}"


class ResponseEntry(models.Model):
    """The log of every answer that arrived, accepted or not, and what became of it.

    Only ever appended to, by `exams.services.response_log`: each entry is a link of a chain (`exams/domain/chain.py`).
    """

    class Outcome(models.TextChoices):
        ACCEPTED = "accepted", _("已接受")
        STALE = "stale", _("已有更新的作答")
        SUPERSEDED = "superseded", _("来自已被取代的页面")
        LATE_REFUSED = "late_refused", _("迟到，未采用")
        LATE_ACCEPTED = "late_accepted", _("迟到，宽限内采用")
        LATE_KEPT = "late_kept", _("迟到，待人工裁定")

    COUNTING: ClassVar = (Outcome.ACCEPTED.value, Outcome.LATE_ACCEPTED.value)  # what became an answer

    sitting = models.ForeignKey(Sitting, models.CASCADE, related_name="entries", db_index=False, verbose_name=_("答卷"))
    number = models.PositiveIntegerField(_("序号"))  # in the log of the sitting, from 1
    question = models.PositiveIntegerField(_("题号"))
    client = models.CharField(max_length=64)
    epoch = models.PositiveIntegerField()
    seq = models.PositiveBigIntegerField()
    value = models.JSONField(_("作答"), default=list)
    doubtful = models.BooleanField(_("疑问"), default=False)
    outcome = models.CharField(_("处理"), max_length=20, choices=Outcome)
    received_at = models.DateTimeField(_("到达时间"))
    hash = models.BinaryField()

    class Meta:
        verbose_name = pgettext_lazy("model", "作答记录")
        verbose_name_plural = pgettext_lazy("models", "作答记录")
        ordering: ClassVar = ["sitting", "number"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["sitting", "number"], name="one_entry_for_each_number")
        ]

    def __str__(self) -> str:
        return f"{self.sitting_id}/{self.question}/{self.seq}"
