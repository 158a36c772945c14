"""Who a candidate is, and what signs them in. Staff are Django's users; candidates never are."""

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.domain import id_card
from accounts.encryption import SealedBytesField, SealedTextField


class Candidate(models.Model):
    """A person with an identity document.

    Personal data: the document number (sealed). Kept until the last enrolment of the person is deleted.
    """

    class IdKind(models.TextChoices):
        ID_CARD = "id_card", _("身份证")
        PASSPORT = "passport", _("护照")
        MAINLAND_PERMIT = "mainland_permit", _("港澳台居民通行证")
        RESIDENCE_PERMIT = "residence_permit", _("外国人永久居留证")
        OTHER = "other", _("其他证件")

    class FontSize(models.TextChoices):
        NORMAL = "normal", _("一般")
        LARGE = "large", _("大")
        LARGER = "larger", _("较大")

    id_kind = models.CharField(_("证件类型"), max_length=20, choices=IdKind, default=IdKind.ID_CARD.value)
    id_number = SealedTextField(_("证件号"))
    id_lookup = models.CharField(max_length=64, unique=True, editable=False)
    font_size = models.CharField(_("字号"), max_length=10, choices=FontSize, default=FontSize.NORMAL.value)
    created_at = models.DateTimeField(_("建立时间"), auto_now_add=True)

    class Meta:
        verbose_name = pgettext_lazy("model", "考生")
        verbose_name_plural = pgettext_lazy("models", "考生")
        permissions: ClassVar = [("unlock_candidate", _("可解除考生的登录锁定"))]

    def __str__(self) -> str:
        return self.masked_id

    @property
    def masked_id(self) -> str:
        """The document number as pages may show it."""
        return id_card.mask(self.id_number)


class Credential(models.Model):
    """A check code that signs one candidate in, for one scope (a plan's code) and one span of time.

    Personal data: none that can be read; the code is kept as a keyed digest. Goes with the candidate.
    """

    candidate = models.ForeignKey(Candidate, models.CASCADE, related_name="credentials")
    scope = models.CharField(_("适用范围"), max_length=64)
    digest = models.CharField(max_length=64, editable=False)
    valid_from = models.DateTimeField(_("生效时间"))
    valid_until = models.DateTimeField(_("失效时间"))

    class Meta:
        verbose_name = pgettext_lazy("model", "校验码")
        verbose_name_plural = pgettext_lazy("models", "校验码")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["candidate", "scope"], name="one_credential_per_scope"),
            models.CheckConstraint(condition=models.Q(valid_until__gt=models.F("valid_from")), name="credential_span"),
        ]

    def __str__(self) -> str:
        return f"{self.scope} #{self.candidate_id}"


class PersonalPicture(models.Model):
    """A picture of a person: sealed, with a reason to be kept and a day on which it is deleted.

    The owner is the foreign key of the concrete model. `manage.py purge_evidence` deletes what has expired.
    """

    data = SealedBytesField(_("图片"))
    media_type = models.CharField(max_length=20, default="image/jpeg")
    reason = models.CharField(_("保存原因"), max_length=200)
    expires_at = models.DateTimeField(_("到期删除"), db_index=True)
    created_at = models.DateTimeField(_("保存时间"), auto_now_add=True)

    class Meta:
        abstract = True
