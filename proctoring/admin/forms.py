"""What staff fill in to act: always a reason, sometimes a figure, a file or a choice."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from exams.models import Result
from exams.services.enrolments import LARGEST_PHOTO
from proctoring.models import Incident
from proctoring.services.interventions import LONGEST_MESSAGE, MOST_MINUTES

REASON_LENGTH = 200


class ActForm(forms.Form):
    """The reason; every other form adds to it."""

    reason = forms.CharField(
        label=_("原因"),
        max_length=REASON_LENGTH,
        error_messages={"required": _("请填写原因：每一项处置都要留下理由。")},
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )

    field_order = ("minutes", "validity", "outcome", "same", "text", "image", "entries", "reason")

    def words(self) -> dict[str, Any]:
        """Return what the verb is called with, beside the person and the time."""
        return dict(self.cleaned_data)


class MinutesForm(ActForm):
    minutes = forms.IntegerField(
        label=_("分钟"),
        min_value=1,
        max_value=MOST_MINUTES,
        error_messages={"required": _("请填写分钟数。"), "invalid": _("请填写整数分钟。")},
    )


class ReopenForm(ActForm):
    minutes = forms.IntegerField(
        label=_("另外增加的分钟"),
        min_value=0,
        max_value=MOST_MINUTES,
        initial=0,
        help_text=_("结束时剩余的时间会全部还给考生，此处填写另外增加的时间。"),
        error_messages={"required": _("请填写分钟数，不增加请填0。"), "invalid": _("请填写整数分钟。")},
    )


class MessageForm(forms.Form):
    """A message is its own reason."""

    text = forms.CharField(
        label=_("内容"),
        max_length=LONGEST_MESSAGE,
        error_messages={"required": _("请填写消息内容。")},
        widget=forms.Textarea(attrs={"rows": 2}),
    )

    def words(self) -> dict[str, Any]:
        return dict(self.cleaned_data)


class ValidityForm(ActForm):
    validity = forms.ChoiceField(
        label=_("裁定为"),
        choices=Result.Validity.choices,
        widget=forms.RadioSelect,
        error_messages={"required": _("请选择裁定结果。")},
    )


class OutcomeForm(ActForm):
    """The two buttons of an incident."""

    outcome = forms.ChoiceField(
        label=_("结论"),
        choices=[
            (Incident.Review.DISMISSED.value, _("排除")),
            (Incident.Review.CONFIRMED.value, _("确认")),
        ],
        error_messages={"required": _("请选择“确认”或“排除”。")},
    )


class CompareForm(ActForm):
    """The two buttons of a first check-in picture."""

    same = forms.TypedChoiceField(
        label=_("比对结果"),
        choices=[("yes", _("与证件一致")), ("no", _("与证件不一致"))],
        coerce=lambda value: value == "yes",
        error_messages={"required": _("请选择比对结果。")},
    )


class PhotoForm(ActForm):
    image = forms.FileField(
        label=_("新底照"),
        help_text=_("JPG或PNG，一张清晰的正面单人照。原底照保留存档，不再使用。"),
        widget=forms.ClearableFileInput(attrs={"accept": "image/jpeg,image/png"}),
        error_messages={"required": _("请选择照片。"), "empty": _("照片文件是空的，请重新选择。")},
    )

    def clean_image(self) -> Any:
        image = self.cleaned_data["image"]
        if image.size > LARGEST_PHOTO:
            raise forms.ValidationError(_("照片文件过大，请使用10 MB以内的照片。"))
        return image

    def words(self) -> dict[str, Any]:
        return {**self.cleaned_data, "image": self.cleaned_data["image"].read()}


class LateForm(ActForm):
    entries = forms.TypedMultipleChoiceField(
        label=_("作答记录"),
        coerce=int,
        error_messages={"required": _("请选择要采用的作答记录。")},
    )

    def __init__(self, *args: Any, entries: Any = (), **more: Any) -> None:
        super().__init__(*args, **more)
        self.fields["entries"].choices = [(entry, entry) for entry in entries]  # type: ignore[attr-defined]
