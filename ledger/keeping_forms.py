"""What HR admins type to move, freeze and give reasons."""

from typing import Any
from uuid import uuid4

from django import forms

from ledger import reasons
from ledger.drafting import LARGEST_GRANT
from ledger.forms import NamedMeField
from ledger.models import Wallet
from ledger.money import CENT


class MoveForm(forms.Form):
    """Money from one micro-enterprise to another."""

    payer = NamedMeField(label="From")
    payee = NamedMeField(label="To")
    fund = forms.ChoiceField(choices=Wallet.Fund.choices, widget=forms.RadioSelect)
    amount = forms.DecimalField(
        max_digits=14, decimal_places=2, min_value=CENT, max_value=LARGEST_GRANT
    )
    reason = forms.ChoiceField(label="Reason")
    note = forms.CharField(
        required=False, max_length=200, label="In words",
        help_text="Members of both read this on their statement.",
    )  # fmt: skip
    key = forms.CharField(max_length=80, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["reason"].choices = [("", "Choose one"), *reasons.offered()]  # type: ignore[attr-defined]
        self.initial.setdefault("key", f"page/{uuid4().hex}")
        self.initial.setdefault("fund", Wallet.Fund.OPERATING)


class FreezeForm(forms.Form):
    """Which money is frozen, and why."""

    micro_enterprise = NamedMeField(label="Micro-enterprise")
    fund = forms.ChoiceField(
        required=False, choices=[("", "All its money"), *Wallet.Fund.choices], label="Money"
    )
    reason = forms.CharField(
        max_length=200, label="Why", help_text="The members read this beside their money."
    )


class LiftForm(forms.Form):
    """Why a freeze ends."""

    reason = forms.CharField(max_length=200, label="Why it ends")


class ReasonForm(forms.Form):
    """A reason of the firm's own."""

    code = forms.SlugField(max_length=24, help_text="Letters, digits, hyphens: flood-2026")
    name = forms.CharField(max_length=80, label="In words")
