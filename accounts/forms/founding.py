"""What strangers fill in: the founding of the organisation, and a first password."""

from datetime import date
from typing import Any

from django import forms

from accounts import founding
from accounts.currencies import NAMES

_MONTHS = [(number, f"{date(2000, number, 1):%B}") for number in range(1, 13)]


class FoundingForm(forms.Form):
    """The organisation and its first HR admin."""

    code = forms.CharField(
        label="One-time code",
        max_length=40,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
        help_text="./run --empty printed it where it was started.",
    )
    name = forms.CharField(label="Name of the organisation", max_length=120)
    currency = forms.ChoiceField(
        choices=[(code, f"{code} – {name}") for code, name in NAMES.items()],
        initial="EUR",
        help_text="One for everything; it cannot be changed later.",
    )
    time_zone = forms.ChoiceField(
        label="Time zone", help_text="It decides on which day and in which month things happen."
    )
    fiscal_year_start_month = forms.TypedChoiceField(
        label="The fiscal year starts in", choices=_MONTHS, coerce=int, initial=1
    )
    holidays = forms.CharField(
        required=False,
        widget=forms.Textarea(attrs={"rows": 6, "spellcheck": "false"}),
        help_text="One a line: 2026-12-25 Christmas Day. They can be changed later.",
    )
    admin_name = forms.CharField(label="Your name", max_length=150)
    admin_email = forms.EmailField(
        label="Your work email", widget=forms.EmailInput(attrs={"autocomplete": "username"})
    )
    password = forms.CharField(
        label="A password",
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text="At least eight characters, and not one that others use too.",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        zones = [(zone, zone.replace("_", " ")) for zone in founding.time_zones()]
        field = self.fields["time_zone"]
        self.fields["time_zone"] = forms.ChoiceField(
            label=field.label, help_text=field.help_text, choices=zones, initial="UTC"
        )


class PasswordForm(forms.Form):
    """The first password of somebody who was invited, twice against slips."""

    password = forms.CharField(
        label="Password",
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text="At least eight characters, and not one that others use too.",
    )
    again = forms.CharField(
        label="The same again",
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def clean(self) -> dict[str, Any]:
        told = super().clean() or {}
        if told.get("password") and told.get("again") and told["password"] != told["again"]:
            self.add_error("again", "This is another password than above. Type it again.")
        return told
