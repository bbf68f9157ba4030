"""Forming, describing and rejecting an ME, its rights and its lead."""

from typing import Any

from django import forms
from django.http import QueryDict

from accounts.actions import OutcomeTerms
from accounts.models import MicroEnterprise, Person, RightsGrant
from accounts.models.people import PersonQuerySet

KINDS = [
    ("frontline", "Frontline: its customers are outside the firm"),
    ("service", "Service: its customers are other micro-enterprises"),
    ("platform", "Platform: it hosts, invests and coaches, and commands nobody"),
]
RIGHTS = {
    "decide": ("Decide what it does, buys and signs", "For example: up to 20,000.00 a contract."),
    "hire": ("Hire whom it needs", "For example: two people a year."),
    "distribute": ("Distribute its upside", "For example: by share points."),
}


class DescribeForm(forms.Form):
    """The words of an ME; once it trades, only purpose and legal entity are left of them."""

    name = forms.CharField(max_length=120)
    kind = forms.ChoiceField(choices=KINDS, widget=forms.RadioSelect, label="What kind is it?")
    purpose = forms.CharField(
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="In one or two sentences: for whom it exists, and what gets better.",
    )
    has_outside_customer = forms.BooleanField(
        required=False, label="It has a customer outside the firm"
    )
    legal_entity = forms.CharField(
        max_length=120, required=False, help_text="Where it differs from the rest of the firm."
    )

    def keep_settled(self, me: MicroEnterprise) -> None:
        """Once it trades, name, kind and outside customer are shown by nobody as changeable."""
        if me.state != MicroEnterprise.State.PROPOSED:
            for field in ("name", "kind", "has_outside_customer"):
                del self.fields[field]

    def words_for(self, me: MicroEnterprise) -> dict[str, Any]:
        """All words of the ME: those sent, and as they are those that no longer change."""
        fields = ("name", "kind", "purpose", "legal_entity", "has_outside_customer")
        return {field: self.cleaned_data.get(field, getattr(me, field)) for field in fields}


class OutcomeForm(forms.Form):
    """A measured change for a real customer."""

    outcome = forms.CharField(
        max_length=200, label="What changes?", help_text="For example: Water is back sooner."
    )
    customer = forms.CharField(
        max_length=120, label="For which customer?", help_text="Households, Field Service ..."
    )
    metric = forms.CharField(
        max_length=120, label="Measured by", help_text="For example: hours without water."
    )
    unit = forms.CharField(max_length=30, help_text="h, %, days ...")
    baseline = forms.DecimalField(max_digits=14, decimal_places=4, label="Today it is")
    target = forms.DecimalField(max_digits=14, decimal_places=4, label="It shall become")
    source = forms.CharField(
        max_length=200, label="Where is it read?", help_text="Who or what gives the figure."
    )

    def terms(self) -> OutcomeTerms:
        sent = self.cleaned_data
        return OutcomeTerms(name=sent["outcome"], **{field: sent[field] for field in _TERMS})


_TERMS = ("customer", "metric", "unit", "baseline", "target", "source")


class FormMeForm(OutcomeForm, DescribeForm):
    """A new ME with its first customer outcome and its first member's role."""

    role = forms.CharField(
        max_length=250, label="Your role in it", help_text="It is tied to the outcome above."
    )
    accepts = forms.BooleanField(
        label="I accept the partnership terms",
        error_messages={"required": "Read and accept the partnership terms to form an ME."},
    )


class RejectForm(forms.Form):
    reason = forms.CharField(
        max_length=300,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="Its members read this. Say what would have to be different.",
    )


class RightsForm(forms.Form):
    """Which of the three rights the ME holds, and how far each goes."""

    def __init__(self, data: QueryDict | None, *, initial: dict[str, Any]) -> None:
        super().__init__(data, initial=initial)
        for right in RightsGrant.Right.values:
            label, help_text = RIGHTS[right]
            self.fields[right] = forms.BooleanField(required=False, label=label)
            self.fields[f"{right}_extent"] = forms.CharField(
                required=False, max_length=300, label=f"How far it may {right}", help_text=help_text
            )

    def extents(self) -> dict[str, str | None]:
        """The extent of each right, None for one that is not (or no longer) held."""
        sent = self.cleaned_data
        return {
            right: sent[f"{right}_extent"] if sent[right] else None
            for right in RightsGrant.Right.values
        }


class PersonChoice(forms.ModelChoiceField):  # type: ignore[type-arg]
    """People of the same name are told apart by their work and their key in the HR data."""

    def label_from_instance(self, obj: Person) -> str:
        about = ", ".join(filter(None, [obj.job_title, obj.hr_unit]))
        return f"{obj.name} ({about or 'no unit'}, {obj.external_id})"


class NameLeadForm(forms.Form):
    person = PersonChoice(
        queryset=Person.objects.none(), widget=forms.RadioSelect, empty_label=None,
        error_messages={"required": "Choose one of the people found."},
    )  # fmt: skip
    is_acting = forms.BooleanField(
        required=False,
        label="Only as acting lead",
        help_text="Until the ME has a lead again; the acting lead may do all that a lead may.",
    )

    def __init__(self, data: QueryDict | None, *, found: PersonQuerySet) -> None:
        super().__init__(data)
        self.fields["person"].queryset = found  # type: ignore[attr-defined]
