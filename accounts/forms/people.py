"""What HR admins fill in about people: one person, a file, offices, holidays."""

from typing import Any

from django import forms

from accounts.actions.logins import OFFICES
from accounts.forms.days import DayField
from accounts.hris import mapping

_OFFICE_WORDS = {
    "is_hr_admin": "HR admin: imports people, sets budgets, policies and settlement",
    "is_chro": "CHRO: sees insights, suspends for integrity, chooses panels",
    "is_auditor": "Auditor: reads everything, writes nothing",
}


class PersonForm(forms.Form):
    """One person; an existing one keeps the key."""

    external_id = forms.CharField(
        label="Key in the HR system",
        max_length=64,
        help_text="It stays for ever and finds the person again in every import.",
    )
    name = forms.CharField(max_length=250)
    email = forms.EmailField(
        label="Work email", required=False, help_text="An invitation goes there."
    )
    unit = forms.CharField(
        label="HR unit",
        max_length=200,
        required=False,
        help_text="The person is a member of this unit's ME; a new unit gets a proposed ME.",
    )
    title = forms.CharField(label="Title", max_length=250, required=False)
    fte = forms.DecimalField(
        label="Share of full time", min_value=0, max_value=2, max_digits=5, decimal_places=2,
        initial=1, help_text="1 is full time, 0.6 three days of five.",
    )  # fmt: skip

    def __init__(self, *args: Any, is_new: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not is_new:
            del self.fields["external_id"]


class ImportForm(forms.Form):
    """A file of the HR system and how to read it."""

    file = forms.FileField(label="File", help_text="CSV or .xlsx, at most 25 MB.")
    preset = forms.ChoiceField(label="Its columns")
    mapping = forms.FileField(
        label="Your own mapping",
        required=False,
        help_text="A .toml file that names your columns; it goes before the choice above.",
    )
    on = DayField(
        label="In force from",
        help_text="Memberships start and end around this day; today at the latest.",
    )
    is_partial = forms.BooleanField(
        label="The file holds only some people: whoever is missing in it has not left",
        required=False,
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [(name, each.label) for name, each in mapping.presets().items()]
        self.fields["preset"] = forms.ChoiceField(label="Its columns", choices=choices)


class OfficesForm(forms.Form):
    """Which of the three offices a log-in holds."""

    offices = forms.MultipleChoiceField(
        label="Offices",
        choices=[(name, _OFFICE_WORDS[name]) for name in OFFICES],
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )


class OrganizationForm(forms.Form):
    """What may be changed after the founding."""

    name = forms.CharField(label="Name of the organisation", max_length=120)
    holidays = forms.CharField(
        label="Holidays from today on",
        required=False,
        widget=forms.Textarea(attrs={"rows": 14, "spellcheck": "false"}),
        help_text="One a line: 2026-12-25 Christmas Day. Deadlines in working days skip them.",
    )
