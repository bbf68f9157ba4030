"""How much the treasury may add to a price."""

from decimal import Decimal

from django import forms

from accounts.forms.days import DayField


class SubsidyForm(forms.Form):
    most = forms.DecimalField(
        label="At most per unit", max_digits=18, decimal_places=2, min_value=Decimal("0.01")
    )
    until_on = DayField(label="Until", help_text="Contracts may run to this day, included")
    reason = forms.CharField(
        label="Why", max_length=300, help_text="Every reader of the offering sees it"
    )
