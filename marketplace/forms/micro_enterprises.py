"""The filters of the list of MEs."""

from django import forms

from accounts.models import MicroEnterprise

KINDS = [("", "All kinds"), *MicroEnterprise.Kind.choices]
STATES = [("", "All that are not over"), *MicroEnterprise.State.choices]
SORTS = [("", "Best satisfaction first"), ("name", "By name")]


class MeFilterForm(forms.Form):
    """Every filter is optional; what cannot be read is not applied."""

    q = forms.CharField(
        required=False,
        max_length=100,
        label="Name or purpose",
        widget=forms.TextInput(attrs={"class": "input"}),
    )
    kind = forms.ChoiceField(required=False, choices=KINDS, widget=forms.RadioSelect)
    state = forms.ChoiceField(required=False, choices=STATES, widget=forms.RadioSelect)
    sort = forms.ChoiceField(required=False, choices=SORTS, widget=forms.RadioSelect, label="Order")
