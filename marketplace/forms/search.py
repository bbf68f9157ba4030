"""What a reader of the market may ask for, and for how much and how long they would buy."""

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django import forms

from accounts.forms.days import DayField
from ledger.months import fiscal_year, following, last_day, month_of
from marketplace.search import INSIDE, OUTSIDE, SORTS, Wanted

_SHARES = [("90", "90 of 100"), ("80", "80 of 100"), ("70", "70 of 100")]
_MOST_MONTHS = 60
_MOST_DAYS = 5 * 366
_SHORTEST_TERM = 3


class SearchForm(forms.Form):
    """Every field is optional; one that is wrong is named and asks for nothing."""

    q = forms.CharField(required=False, max_length=200)
    where = forms.ChoiceField(
        required=False, choices=[("", ""), (INSIDE, "Inside"), (OUTSIDE, "Outside")]
    )
    unit = forms.CharField(required=False, max_length=40)
    price_from = forms.DecimalField(
        required=False, max_digits=18, decimal_places=2, min_value=Decimal(0), label="Price from"
    )
    price_to = forms.DecimalField(
        required=False, max_digits=18, decimal_places=2, min_value=Decimal(0), label="Price to"
    )
    satisfied = forms.ChoiceField(required=False, choices=[("", "Any"), *_SHARES])
    sort = forms.ChoiceField(required=False, choices=[("", ""), *((sort, sort) for sort in SORTS)])

    def clean(self) -> dict[str, Any]:
        given = self.cleaned_data
        lowest, highest = given.get("price_from"), given.get("price_to")
        if lowest is not None and highest is not None and highest < lowest:
            self.add_error("price_to", f"The price to must be {lowest:,} or more.")
        return given

    def wanted(self, categories: Sequence[str]) -> Wanted:
        self.is_valid()
        given = self.cleaned_data
        satisfied = given.get("satisfied")
        return Wanted(
            words=given.get("q", ""),
            categories=categories,
            where=given.get("where", ""),
            unit=given.get("unit", ""),
            price_from=given.get("price_from"),
            price_to=given.get("price_to"),
            satisfied=Decimal(satisfied) / 100 if satisfied else None,
            sort=given.get("sort") or "best",
        )


class QuantityForm(forms.Form):
    """How much of a month is calculated; what is usual unless told."""

    quantity = forms.DecimalField(
        max_digits=13, decimal_places=3, min_value=Decimal("0.001"), label="How much a month"
    )

    @property
    def asked(self) -> Decimal | None:
        return self.cleaned_data["quantity"] if self.is_valid() else None


class CompareForm(forms.Form):
    """How much and how long the offers of a comparison are used; what is usual unless told."""

    quantity = forms.DecimalField(
        max_digits=13, decimal_places=3, min_value=Decimal("0.001"), label="How many a month"
    )
    months = forms.IntegerField(min_value=1, max_value=_MOST_MONTHS, label="For how many months")


class BuyForm(forms.Form):
    """How much and how long; the answer is what it costs, before anything is promised."""

    quantity = forms.DecimalField(
        max_digits=14, decimal_places=3, min_value=Decimal("0.001"), label="How many a month"
    )
    starts_on = DayField(label="From")
    ends_on = DayField(label="To and including")

    def __init__(self, *args: Any, on: date, is_counted: bool, **options: Any) -> None:
        super().__init__(*args, **options)
        self.on = on
        if not is_counted:
            del self.fields["quantity"]

    def clean(self) -> dict[str, Any]:
        given = self.cleaned_data
        starts_on, ends_on = given.get("starts_on"), given.get("ends_on")
        if starts_on and starts_on <= self.on:
            self.add_error("starts_on", "A contract starts tomorrow at the earliest.")
        if starts_on and ends_on and ends_on < starts_on:
            self.add_error("ends_on", "The last day lies before the first. Choose a later one.")
        elif starts_on and ends_on and (ends_on - starts_on).days > _MOST_DAYS:
            self.add_error("ends_on", "Choose a term of at most five years.")
        return given


def usual_term(on: date, *, year_starts_in: int) -> tuple[date, date]:
    """From the first of next month to the end of the fiscal year, whose money is at hand.

    A year where less than three months of it are left.
    """
    starts_on = following(month_of(on))
    year = fiscal_year(starts_on, starts_in=year_starts_in)
    ends_on = date(year + 1, year_starts_in, 1) - timedelta(days=1)
    months_left = (ends_on.year - starts_on.year) * 12 + ends_on.month - starts_on.month + 1
    if months_left >= _SHORTEST_TERM:
        return starts_on, ends_on
    return starts_on, last_day(starts_on.replace(year=starts_on.year + 1) - timedelta(days=1))
