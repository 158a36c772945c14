"""What candidates type to sign in, and what staff type to find one of them."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from accounts.domain import id_card

TYPED_EXACTLY = {"autocapitalize": "characters", "autocorrect": "off", "spellcheck": "false"}


class IdNumberField(forms.CharField):
    """An ID number as typed; longer than any number, since pasted ones bring spaces along."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=64, **kwargs)
        self.widget.attrs.update(TYPED_EXACTLY, autocomplete="off", inputmode="text")

    def clean(self, value: Any) -> str:
        number = id_card.normalise(super().clean(value))
        if self.required and not number:
            raise ValidationError(self.error_messages["required"], code="required")
        return number


class LoginForm(forms.Form):
    """考生标识 and 校验码, as the guide names them."""

    id_number = IdNumberField(
        label=_("考生标识"),
        help_text=_("身份证号；使用其他证件报考的，请填写报考时的证件号。"),
        error_messages={"required": _("请输入考生标识。"), "max_length": _("考生标识过长，请核对。")},
    )
    # As a one-time code, since browsers offer to save what they take for a password, on machines that others use next.
    check_code = forms.CharField(
        label=_("校验码"),
        help_text=_("默认为证件号后四位；考试通知另有说明的，按通知填写。"),
        max_length=128,
        error_messages={"required": _("请输入校验码。"), "max_length": _("校验码过长，请核对。")},
        widget=forms.PasswordInput(attrs={**TYPED_EXACTLY, "autocomplete": "one-time-code"}),
    )


class FindCandidateForm(forms.Form):
    """The full ID number of somebody whom staff look for."""

    id_number = IdNumberField(label=_("证件号（完整）"))
