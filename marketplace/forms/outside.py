"""An offer from outside by hand, and a price list to upload."""

from datetime import date
from decimal import Decimal
from typing import Any

from django import forms

from accounts import spreadsheets
from accounts.forms.days import DayField
from marketplace.forms.offerings import plain_words
from marketplace.models import Category
from marketplace.price_layouts import PRESETS

_PRESET_NAMES = {
    "gsa-schedule70": "GSA Schedule 70 labour rates",
    "gsa-hourly-sample": "GSA hourly prices (CALC export)",
    "generic": "Plain list: name, supplier, price, unit, priced_on, valid_until_on",
}


class OutsideOfferForm(forms.Form):
    supplier = forms.CharField(max_length=160, validators=[plain_words])
    name = forms.CharField(max_length=500, validators=[plain_words], label="What is offered")
    category = forms.ModelChoiceField(Category.objects.all(), empty_label="Choose one")
    price = forms.DecimalField(max_digits=18, decimal_places=2, min_value=Decimal("0.01"))
    unit = forms.CharField(
        max_length=40,
        validators=[plain_words],
        label="Per",
        help_text="The unit that inside offers of this kind use, such as hour or month",
    )
    priced_on = DayField(label="Offered on", help_text="The day of the quote or of the price list")
    valid_until_on = DayField(
        required=False, label="Valid until", help_text="After it the offer cannot be ordered"
    )
    source = forms.CharField(
        required=False,
        max_length=200,
        validators=[plain_words],
        help_text="Where the price can be read again: a quote number, a web address",
    )
    description = forms.CharField(
        required=False, max_length=20_000, widget=forms.Textarea(attrs={"rows": 4})
    )

    def __init__(self, *args: Any, on: date, **options: Any) -> None:
        super().__init__(*args, **options)
        self.on = on

    def clean(self) -> dict[str, Any]:
        given = self.cleaned_data
        priced_on, valid_until_on = given.get("priced_on"), given.get("valid_until_on")
        if priced_on and priced_on > self.on:
            self.add_error("priced_on", "The day of the offer is still to come.")
        if priced_on and valid_until_on and valid_until_on < priced_on:
            self.add_error("valid_until_on", "It must not end before the day of the offer.")
        return given


class PriceListForm(forms.Form):
    file = forms.FileField(
        label="Price list",
        help_text=f"CSV or XLSX with a header, {spreadsheets.MAX_BYTES // 1_000_000} MB at most",
    )
    layout = forms.ChoiceField(
        required=False,
        label="How it is written",
        choices=[("", "Find out from its columns"), *((n, _PRESET_NAMES[n]) for n in PRESETS)],
    )
    category = forms.ModelChoiceField(
        Category.objects.all(),
        required=False,
        empty_label="The list’s own",
        help_text="Where the offers are compared",
    )

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        if (file.size or 0) > spreadsheets.MAX_BYTES:
            raise forms.ValidationError(
                str(spreadsheets.too_large(file.name or "The file", file.size or 0))
            )
        return file
