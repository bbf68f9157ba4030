"""What people type on the pages of money and budgets."""

from collections.abc import Sequence
from typing import Any

from django import forms

from accounts.forms.days import DayField
from accounts.models import MicroEnterprise
from ledger import reasons
from ledger.drafting import FUNDS, LARGEST_GRANT
from ledger.models import BudgetRule, Transfer, Wallet
from ledger.money import CENT

_FUNDS = [(fund.value, fund.label) for fund in FUNDS]
_RELEASES = [
    (BudgetRule.Release.YEARLY.value, "All at once, when it is published"),
    (BudgetRule.Release.MONTHLY.value, "Month by month, in equal parts on the 1st"),
]
_KINDS = [(kind, kind.replace("_", " ").capitalize()) for kind in Transfer.Kind.values]
_LARGEST_SHARE = 10**9
# Three inputs each: below the number of fields that one form may carry.
MOST_CUSTOMERS = 250
LARGEST_FILE = 1_500_000


class NamedMeField(forms.CharField):
    """A micro-enterprise by its name, with suggestions; thousands would not fit a list."""

    default_error_messages = {"unknown": "There is no micro-enterprise of that name."}

    def __init__(self, **options: Any) -> None:
        widget = forms.TextInput(
            attrs={"class": "input", "list": "micro-enterprises", "autocomplete": "off"}
        )
        super().__init__(max_length=120, widget=widget, **options)

    def clean(self, value: Any) -> Any:
        name = super().clean(value)
        if not name:
            return None
        me = MicroEnterprise.objects.filter(name__iexact=name).first()
        if me is None:
            raise forms.ValidationError(self.error_messages["unknown"], code="unknown")
        return me


def _amount(label: str, help_text: str = "", **options: Any) -> forms.DecimalField:
    return forms.DecimalField(
        label=label, help_text=help_text, max_digits=14, decimal_places=2, min_value=CENT,
        max_value=LARGEST_GRANT, **options,
    )  # fmt: skip


class EnvelopeForm(forms.Form):
    """What every budget says: its name, fund, year and how it is released."""

    name = forms.CharField(
        max_length=120,
        required=False,
        label="What it is for",
        help_text="Members read this on their statement.",
    )
    fund = forms.ChoiceField(choices=_FUNDS, widget=forms.RadioSelect, initial=FUNDS[0].value)
    fiscal_year = forms.TypedChoiceField(coerce=int, label="Fiscal year")
    release = forms.ChoiceField(
        choices=_RELEASES, widget=forms.RadioSelect, initial=BudgetRule.Release.YEARLY.value
    )

    def __init__(self, *args: Any, year: int, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["fiscal_year"].choices = [(each, str(each)) for each in (year, year + 1)]  # type: ignore[attr-defined]
        self.initial.setdefault("fiscal_year", year)


class GrantForm(EnvelopeForm):
    """A grant to one micro-enterprise."""

    field_order = [
        "micro_enterprise", "amount", "reason", "name", "fund", "fiscal_year", "release",
    ]  # fmt: skip
    micro_enterprise = NamedMeField(label="Micro-enterprise")
    reason = forms.ChoiceField(help_text="Counted on the page of the reasons.")

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["reason"].choices = [("", "Choose one"), *reasons.offered()]  # type: ignore[attr-defined]

    amount = _amount("Amount", "For the whole year, or what is left of it.")


class DepartmentForm(EnvelopeForm):
    """A department's former cost, which goes to its customers."""

    field_order = [
        "department", "former_cost", "period", "phase_in", "name", "fund", "fiscal_year", "release",
    ]  # fmt: skip
    department = NamedMeField(
        label="Department", help_text="The service micro-enterprise that it became."
    )
    former_cost = _amount("Former cost", "What the department cost; all of it goes to customers.")
    period = forms.CharField(
        max_length=40, label="Period", help_text="The year of the cost and of the use."
    )
    phase_in = forms.DecimalField(
        label="Share divided by head count",
        help_text="0 divides by last year’s use alone, 100 by head count alone.",
        min_value=0, max_value=100, max_digits=5, decimal_places=2, initial=0,
    )  # fmt: skip
    file = forms.FileField(
        required=False,
        label="Customers from a CSV file",
        help_text="Columns micro_enterprise, use, heads. It replaces the rows below.",
    )


def _share(label: str) -> forms.DecimalField:
    widget = forms.TextInput(attrs={"class": "input input-short", "inputmode": "decimal"})
    return forms.DecimalField(
        required=False, min_value=0, max_value=_LARGEST_SHARE, max_digits=12, decimal_places=2,
        label=label, widget=widget,
    )  # fmt: skip


class CustomerForm(forms.Form):
    """One customer of the department; a row without use is no customer."""

    micro_enterprise = NamedMeField(required=False, label="Customer")
    use = _share("Used")
    heads = _share("Heads")

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("use") is not None and not cleaned.get("micro_enterprise"):
            self.add_error("micro_enterprise", "Name the micro-enterprise that used this.")
        return cleaned


CustomerFormSet = forms.formset_factory(
    CustomerForm, extra=0, max_num=MOST_CUSTOMERS, absolute_max=MOST_CUSTOMERS
)


class ImportForm(forms.Form):
    """A file of grants."""

    file = forms.FileField(
        label="CSV file",
        help_text="Columns micro_enterprise, fund, amount, fiscal_year, release, reference.",
    )

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        if file.size > LARGEST_FILE:
            raise forms.ValidationError("The file is larger than 1.5 MB; import it in parts.")
        return file


class TakeBackForm(forms.Form):
    """A mistaken grant, or a part of it."""

    amount = forms.DecimalField(
        required=False, label="Take back", max_digits=14, decimal_places=2, min_value=0,
        help_text="Empty or 0 takes nothing back.",
    )  # fmt: skip
    reason = forms.CharField(
        max_length=200, label="Why", help_text="Members read this on their statement."
    )
    stop = forms.BooleanField(required=False, label="Also stop the releases that are still to come")
    number = forms.IntegerField(min_value=1, widget=forms.HiddenInput)


def _filter(everything: str, choices: Sequence[tuple[str, str]]) -> forms.ChoiceField:
    widget = forms.Select(attrs={"class": "input"})
    return forms.ChoiceField(required=False, choices=[("", everything), *choices], widget=widget)


class MovementFilter(forms.Form):
    """The filters of the movements; what makes no sense is left out."""

    fund = _filter("All funds", Wallet.Fund.choices)
    kind = _filter("All kinds", _KINDS)
    month = _filter("All months", ())


def _grant(fund: str) -> forms.DecimalField:
    return forms.DecimalField(
        label=f"Charged grant, {fund}",
        max_digits=18,
        decimal_places=2,
        min_value=0,
        help_text="It must cover what is promised for later months and outside.",
    )


class SwitchForm(forms.Form):
    starts_on = DayField(label="Charged from", help_text="A 1st that lies ahead.")
    operating = _grant("operating")
    learning = _grant("learning")
    reason = forms.CharField(
        max_length=300,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="The members of the micro-enterprise read it.",
    )

    def __init__(self, data: Any, *, initial: dict[str, Any]) -> None:
        super().__init__(data, initial=initial)
