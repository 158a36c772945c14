"""The key that opens the answer files of an exam: what a candidate downloads when their device reaches us no more."""

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.encryption import SealedBytesField
from exams.models.plan import Exam


class AnswerFileKey(models.Model):
    """A key pair of one exam: pages get the public part, the private part never leaves the server. No personal data.

    Made once and never changed, so that a file of the first minute opens as well as one of the last.
    """

    exam = models.OneToOneField(Exam, models.CASCADE, related_name="answer_file_key", verbose_name=_("考试科目"))
    name = models.CharField(max_length=32, unique=True)  # what a file calls it
    public = models.TextField()  # SubjectPublicKeyInfo in base64, as a browser imports it
    private = SealedBytesField(editable=False)  # PKCS #8, DER
    made_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = pgettext_lazy("model", "作答文件密钥")
        verbose_name_plural = pgettext_lazy("models", "作答文件密钥")
        default_permissions: ClassVar = ()

    def __str__(self) -> str:
        return self.name
