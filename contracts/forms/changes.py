"""The small forms of a running contract: a reason, the text of a breach, a change that was read."""

from uuid import uuid4

from django import forms

from contracts.actions.breaches import LONGEST_TEXT
from contracts.models import Proposal
from contracts.queries.deeds import Deed


class ReasonForm(forms.Form):
    reason = forms.CharField(
        label="Why", required=False, max_length=500, help_text="The other side reads it."
    )


class BreachForm(forms.Form):
    text = forms.CharField(
        label="What is broken, and what would cure it",
        max_length=LONGEST_TEXT,
        widget=forms.Textarea(attrs={"rows": 4}),
    )


class SignChangeForm(forms.Form):
    """The second signature on other terms: on which hash, and that the change was read."""

    hash = forms.CharField(max_length=64)
    read = forms.BooleanField(
        error_messages={"required": "Tick that you have read what changes, then sign."}
    )


class DropForm(ReasonForm):
    kind = forms.ChoiceField(choices=Proposal.Kind.choices)


def field_of(deed: Deed | None) -> forms.BoundField | None:
    """The one field that the deed asks for, with an id of its own on the page."""
    if deed is None or not deed.asks:
        return None
    form = BreachForm if deed.asks == "text" else ReasonForm
    return form(auto_id=f"{deed.name}_{uuid4().hex[:6]}_%s")[deed.asks]
