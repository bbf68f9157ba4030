"""An amount that puts a line of a locked month right, as a form."""

from decimal import Decimal
from typing import Any

from django import forms

from contracts.forms.delivery import new_key
from contracts.models import Contract

_BUYER, _PROVIDER = "buyer", "provider"


class CorrectionForm(forms.Form):
    """Who pays how much; the rules know it as one amount, below zero where the provider pays."""

    key = forms.CharField(widget=forms.HiddenInput, max_length=80, initial=new_key)
    payer = forms.ChoiceField(label="Who pays", widget=forms.RadioSelect)
    amount = forms.DecimalField(
        max_digits=18, decimal_places=2, min_value=Decimal("0.01"),
        help_text="The difference to what was settled.",
    )  # fmt: skip
    reason = forms.CharField(
        label="What was wrong", max_length=200, widget=forms.Textarea(attrs={"rows": 2}),
        help_text="Both sides read it beside the line.",
    )  # fmt: skip

    def __init__(self, *args: Any, contract: Contract, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["payer"].choices = [  # type: ignore[attr-defined]
            (_PROVIDER, f"{contract.provider} pays {contract.buyer} back"),
            (_BUYER, f"{contract.buyer} pays {contract.provider} more"),
        ]

    @property
    def values(self) -> dict[str, Any]:
        """Of a valid form, as the action takes it."""
        told = self.cleaned_data
        amount = told["amount"] if told["payer"] == _BUYER else -told["amount"]
        return {"amount": amount, "reason": told["reason"], "key": told["key"]}
