"""What a token is for, and what a client may do with it."""

from typing import cast

from django import forms
from django.conf import settings

from accounts.tokens import SCOPES

_WORDS = cast("dict[str, str]", settings.OAUTH2_PROVIDER["SCOPES"])


class TokenForm(forms.Form):
    name = forms.CharField(
        max_length=100,
        label="What is it for?",
        help_text="The name of the program or sheet that will use it.",
    )


class ClientForm(forms.Form):
    client = forms.CharField(
        max_length=100,
        label="Client",
        help_text="The name of the other system, such as hris. A new name makes a new client.",
    )
    way = forms.ChoiceField(
        choices=[
            ("secret", "An id and a secret: it fetches a token of an hour whenever it needs one"),
            ("token", "A token of a year, for what cannot fetch its own"),
        ],
        initial="secret",
        widget=forms.RadioSelect,
        label="It gets",
    )
    scope = forms.MultipleChoiceField(
        choices=[(scope, f"{scope}: {_WORDS[scope]}") for scope in SCOPES],
        widget=forms.CheckboxSelectMultiple,
        label="It may",
        help_text="No client offers, signs, rates or acts for a person, whatever is ticked.",
    )
