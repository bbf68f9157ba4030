"""What is disputed, answered, proposed and decided, as forms."""

from decimal import Decimal
from typing import Any

from django import forms

from accounts.models import User
from contracts.forms.delivery import new_key
from contracts.forms.people import PersonField
from contracts.models import Dispute

_ROWS = {"rows": 2}


def _percent(label: str, hint: str = "", *, required: bool = True) -> forms.DecimalField:
    return forms.DecimalField(
        label=label, help_text=hint, max_digits=5, decimal_places=2, min_value=Decimal(0),
        max_value=Decimal(100), required=required,
    )  # fmt: skip


def _note(label: str = "In a word", *, required: bool = False) -> forms.CharField:
    return forms.CharField(
        label=label, max_length=500, required=required, widget=forms.Textarea(attrs=_ROWS)
    )


class OpenForm(forms.Form):
    """The disputed part of a line."""

    key = forms.CharField(widget=forms.HiddenInput, max_length=80, initial=new_key)
    amount = forms.DecimalField(
        max_digits=18, decimal_places=2, min_value=Decimal("0.01"),
        help_text="The whole line, or the part that you do not accept.",
    )  # fmt: skip
    reason = _note("What is wrong", required=True)


class AnswerForm(forms.Form):
    """The provider's answer; a share only where it offers one."""

    answer = forms.ChoiceField(
        label="Your answer",
        widget=forms.RadioSelect,
        choices=[
            (Dispute.Answer.ACCEPTED.value, "Accept: the buyer gets all of it"),
            (Dispute.Answer.OFFERED.value, "Offer a part of it"),
            (Dispute.Answer.REJECTED.value, "Reject: a mediator is called"),
        ],
    )
    percent = _percent("Percent for the buyer", "Only for an offer.", required=False)
    note = _note()

    def clean(self) -> dict[str, Any]:
        told: dict[str, Any] = super().clean() or {}
        if told.get("answer") == Dispute.Answer.OFFERED and told.get("percent") is None:
            self.add_error("percent", "Say how many percent the buyer gets.")
        return told


class ShareForm(forms.Form):
    """What the mediator proposes, or one member of the panel decides."""

    percent = _percent("Percent for the buyer", "0 gives all to the provider, 100 to the buyer.")
    note = _note("Why")


class MediatorForm(forms.Form):
    mediator = PersonField(label="Mediator’s e-mail address", help_text="Of neither party.")


class PanelForm(forms.Form):
    """Three people of neither party."""

    first = PersonField(label="First member’s e-mail address")
    second = PersonField(label="Second member’s e-mail address")
    third = PersonField(label="Third member’s e-mail address")

    @property
    def members(self) -> list[User]:
        return [self.cleaned_data[name] for name in ("first", "second", "third")]
