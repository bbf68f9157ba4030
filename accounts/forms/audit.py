"""The filters of the audit trail."""

from django import forms
from django.http import QueryDict

from accounts.forms.days import DayField

OUTCOMES = [("", "Done and refused"), ("no", "Done"), ("yes", "Refused")]


class AuditFilterForm(forms.Form):
    """Every filter is optional; what cannot be read is not applied."""

    actor = forms.CharField(required=False, max_length=100, label="Who", help_text="Name, e-mail.")
    action = forms.CharField(
        required=False, max_length=80, label="What", help_text="Its beginning, such as contract."
    )
    me = forms.CharField(required=False, max_length=120, label="Micro-enterprise")
    refused = forms.ChoiceField(required=False, choices=OUTCOMES, label="Done or refused")
    since = DayField(required=False, label="From day")
    until = DayField(required=False, label="To day")

    def __init__(self, data: QueryDict | None) -> None:
        super().__init__(data)
        for field in self.fields.values():
            field.widget.attrs["class"] = "input"
