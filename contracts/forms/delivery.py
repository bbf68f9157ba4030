"""What was delivered, how far it was a success, and why not, as forms."""

from decimal import Decimal
from typing import Any
from uuid import uuid4

from django import forms

from accounts.forms.days import DayField
from contracts.models import Contract, Rating

# What was read goes through the page once more, in base64.
_LARGEST_FILE = 1_500_000


def new_key() -> str:
    """A form's own key, so that sending it twice enters once."""
    return uuid4().hex


class UsageForm(forms.Form):
    """A delivered quantity with its day."""

    key = forms.CharField(widget=forms.HiddenInput, max_length=80, initial=new_key)
    quantity = forms.DecimalField(
        label="Quantity", max_digits=13, decimal_places=3, min_value=Decimal("0.001")
    )
    used_on = DayField(label="Delivered on")
    note = forms.CharField(
        label="Note", required=False, max_length=300, help_text="What helps the buyer to check it."
    )


class UsageFileForm(forms.Form):
    """A file of deliveries."""

    file = forms.FileField(
        label="CSV or XLSX file",
        help_text="Columns contract, used_on, quantity, key; if wanted item and note",
    )

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        if file.size > _LARGEST_FILE:
            raise forms.ValidationError("The file is larger than 1.5 MB; import it in parts.")
        return file


class ResultForm(forms.Form):
    """The value of one measure for one month."""

    value = forms.DecimalField(label="Value", max_digits=14, decimal_places=4)
    note = forms.CharField(
        label="Note", required=False, max_length=300, help_text="Where the value comes from."
    )


class ContestForm(forms.Form):
    """Why something is not right."""

    reason = forms.CharField(
        label="What is wrong", max_length=300, widget=forms.Textarea(attrs={"rows": 2})
    )


class RatingForm(forms.Form):
    """A score of 1 to 5 with a comment."""

    SCORES = (
        (5, "5, very satisfied"),
        (4, "4, satisfied"),
        (3, "3, neither"),
        (2, "2, dissatisfied"),
        (1, "1, very dissatisfied"),
    )
    score = forms.TypedChoiceField(
        label="How satisfied were you?", choices=SCORES, coerce=int, widget=forms.RadioSelect
    )
    comment = forms.CharField(
        label="Comment",
        required=False,
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="The provider reads it without your name, once five persons have rated.",
    )


def rating_form(contract: Contract, given: Rating | None) -> RatingForm:
    """The form of one contract, filled with the rating given so far."""
    return RatingForm(
        auto_id=f"rate{contract.pk}_%s",
        initial={"score": given.score, "comment": given.comment} if given else None,
    )
