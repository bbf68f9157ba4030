"""Ordering outside and receiving what came."""

from decimal import Decimal

from django import forms


class OrderForm(forms.Form):
    key = forms.CharField(widget=forms.HiddenInput, required=False, max_length=40)
    quantity = forms.DecimalField(max_digits=13, decimal_places=3, min_value=Decimal("0.001"))
    reason = forms.CharField(
        label="Why outside", required=False, max_length=500,
        help_text="The inside providers of this category read it, with the price and without your"
        " name.",
        widget=forms.Textarea(attrs={"rows": 3}),
    )  # fmt: skip


class ReceiveForm(forms.Form):
    amount = forms.DecimalField(
        label="What really came", max_digits=18, decimal_places=2, min_value=Decimal("0.01"),
        help_text="As on the supplier's bill; at most what was ordered.",
    )  # fmt: skip
