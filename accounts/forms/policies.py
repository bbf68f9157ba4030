"""A new value of one rule of the market."""

from datetime import date, timedelta
from typing import Any

from django import forms
from django.http import QueryDict

from accounts.forms.days import DayField
from accounts.policy import Rule

SWITCH = [("on", "On"), ("off", "Off")]


class PolicyForm(forms.Form):
    valid_from_on = DayField(label="Holds from", help_text="Tomorrow at the earliest.")
    reason = forms.CharField(
        max_length=300,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="It stays in the history.",
    )
    field_order = ("value", "valid_from_on", "reason")

    def __init__(self, data: QueryDict | None, *, rule: Rule, value: object, on: date) -> None:
        is_switch = isinstance(rule.default, bool)
        initial: dict[str, Any] = {"valid_from_on": on + timedelta(days=1)}
        initial["value"] = SWITCH[0 if value else 1][0] if is_switch else value
        super().__init__(data, initial=initial)
        self.fields["value"] = _field_for(rule)
        self.order_fields(self.field_order)


def _field_for(rule: Rule) -> forms.Field:
    if rule.options:
        return forms.ChoiceField(
            choices=list(rule.options.items()), widget=forms.RadioSelect, label="New value"
        )
    if isinstance(rule.default, bool):
        return forms.TypedChoiceField(
            choices=SWITCH,
            widget=forms.RadioSelect,
            coerce=lambda word: word == "on",
            label="New value",
        )
    return forms.IntegerField(
        min_value=rule.minimum,
        max_value=rule.maximum,
        label="New value",
        help_text=f"A whole number from {rule.minimum} to {rule.maximum}: {rule.help}.",
    )
