"""The words of a category."""

from django import forms


class CategoryForm(forms.Form):
    name = forms.CharField(max_length=80)
    description = forms.CharField(
        max_length=300,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="What belongs to it, so that offerings can be compared.",
    )
