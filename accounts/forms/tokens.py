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
        help_text="A known name gets a further token, a new one makes the client.",
    )
    scope = forms.MultipleChoiceField(
        choices=[(scope, f"{scope}: {_WORDS[scope]}") for scope in SCOPES],
        widget=forms.CheckboxSelectMultiple,
        label="It may",
        help_text="No client offers, signs, rates or acts for a person, whatever is ticked.",
    )
