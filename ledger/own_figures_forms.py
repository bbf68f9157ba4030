"""What is typed to record a cost or a sale outside, to correct it, and to read a file of them."""

from datetime import date
from typing import Any

from django import forms

from accounts.models import MicroEnterprise
from ledger.forms import LARGEST_FILE
from ledger.models import CostRecord, OutsideSale, OwnFigure
from ledger.money import ZERO
from ledger.months import month_of, parse, previous, text_of
from ledger.own_figures import LARGEST, LARGEST_HOURS, LONGEST_REFERENCE, LONGEST_SOURCE, Cost, Sale
from ledger.own_figures_import import COST_COLUMNS, SALE_COLUMNS

MONTHS_OFFERED = 36


def _amount(help_text: str = "") -> forms.DecimalField:
    return forms.DecimalField(
        max_digits=14, decimal_places=2, min_value=0, max_value=LARGEST, help_text=help_text
    )


def _hours() -> forms.DecimalField:
    return forms.DecimalField(
        required=False, label="Hours", max_digits=9, decimal_places=2, min_value=0,
        max_value=LARGEST_HOURS, help_text="Of labour; by them the value of an hour is reckoned.",
    )  # fmt: skip


def _source() -> forms.CharField:
    return forms.CharField(
        max_length=LONGEST_SOURCE, label="Source",
        help_text="Where the figure is from: payroll, a ledger, an invoice.",
    )  # fmt: skip


class SaleForm(forms.Form):
    """What customers outside the firm paid or owe for a month."""

    month = forms.ChoiceField()
    amount = _amount()
    source = _source()
    reference = forms.CharField(
        max_length=LONGEST_REFERENCE,
        help_text="Its key in the source. The same one stands once in a month.",
    )

    def __init__(self, *args: Any, me: MicroEnterprise, on: date, **options: Any) -> None:
        super().__init__(*args, **options)
        self.me = me
        months = [month_of(on)]
        while len(months) < MONTHS_OFFERED:
            months.append(previous(months[-1]))
        choices = [(text_of(month), f"{month:%B %Y}") for month in months]
        self.fields["month"].choices = choices  # type: ignore[attr-defined]
        self.initial.setdefault("month", text_of(previous(on)))

    def wish(self) -> Sale:
        """What was typed, as an entry to keep."""
        return Sale(**self._told())

    def _told(self) -> dict[str, Any]:
        given = self.cleaned_data
        names = ("amount", "source", "reference")
        told = {name: given[name] for name in names}
        return {"micro_enterprise": self.me, "month": parse(given["month"]), **told}


class CostForm(SaleForm):
    """What a month cost: labour with its hours, or something else."""

    field_order = ["month", "kind", "amount", "hours", "source", "reference"]
    kind = forms.ChoiceField(
        choices=[("labour", "Labour"), ("other", "Another cost")], widget=forms.RadioSelect,
        initial=CostRecord.Kind.LABOUR,
    )  # fmt: skip
    hours = _hours()

    def wish(self) -> Cost:
        given = self.cleaned_data
        return Cost(**self._told(), kind=given["kind"], hours=given["hours"] or ZERO)


class CorrectForm(forms.Form):
    """Other figures for an entry, which stays to be read."""

    amount = _amount("0.00 takes the entry back.")
    hours = _hours()
    source = _source()

    def __init__(self, *args: Any, entry: OwnFigure, **options: Any) -> None:
        super().__init__(*args, **options)
        self.initial.update({name: getattr(entry, name, None) for name in self.fields})
        if getattr(entry, "kind", "") != CostRecord.Kind.LABOUR:
            del self.fields["hours"]


class FiguresFileForm(forms.Form):
    """A file of costs or of sales outside."""

    kind = forms.ChoiceField(
        label="What it holds", choices=[("costs", "Costs"), ("sales", "Sales outside the firm")],
        widget=forms.RadioSelect, initial="costs",
    )  # fmt: skip
    file = forms.FileField(
        label="CSV or XLSX file",
        help_text=f"Columns of costs: {', '.join(COST_COLUMNS)}. Of sales: "
        f"{', '.join(SALE_COLUMNS)}.",
    )

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        if file.size > LARGEST_FILE:
            raise forms.ValidationError("The file is larger than 1.5 MB; import it in parts.")
        return file


ENTRIES: dict[str, type[CostRecord] | type[OutsideSale]] = {
    "costs": CostRecord,
    "sales": OutsideSale,
}
