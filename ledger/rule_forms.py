"""What HR admins type for the budget of a year: its start, and each kind of rule."""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any, ClassVar

from django import forms

from accounts.errors import Invalid
from accounts.models import MicroEnterprise, User
from ledger import figure_files
from ledger.budget_requests import peers_named
from ledger.drafting import LARGEST_GRANT
from ledger.forms import LARGEST_FILE, NamedMeField
from ledger.models import BoardSeat, BudgetRule, Wallet
from ledger.money import CENT
from ledger.months import parse, text_of

Kind = BudgetRule.Kind
Release = BudgetRule.Release
LONGEST_LIST = 400_000


def _amount(label: str, help_text: str = "", **options: Any) -> forms.DecimalField:
    return forms.DecimalField(
        label=label, help_text=help_text, max_digits=14, decimal_places=2, min_value=CENT,
        max_value=LARGEST_GRANT, **options,
    )  # fmt: skip


def _day(label: str, help_text: str = "") -> forms.DateField:
    widget = forms.DateInput(attrs={"type": "date", "class": "input"}, format="%Y-%m-%d")
    return forms.DateField(label=label, help_text=help_text, widget=widget)


class MonthField(forms.CharField):
    """`2026-01`, as the first day of the month."""

    def __init__(self, **options: Any) -> None:
        widget = forms.TextInput(attrs={"class": "input", "type": "month"})
        super().__init__(max_length=7, widget=widget, **options)

    def clean(self, value: Any) -> date:
        try:
            return parse(super().clean(value))
        except ValueError as error:
            raise forms.ValidationError("Write a month like 2026-01.") from error


class StartYearForm(forms.Form):
    """Which fund and year is budgeted."""

    fund = forms.ChoiceField(choices=Wallet.Fund.choices, widget=forms.RadioSelect)
    fiscal_year = forms.TypedChoiceField(coerce=int, label="Fiscal year")
    name = forms.CharField(
        max_length=120, required=False, label="Name",
        help_text="Members read this on their statement. Empty: Operating budget and the year.",
    )  # fmt: skip

    def __init__(self, *args: Any, year: int, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["fiscal_year"].choices = [(each, str(each)) for each in (year, year + 1)]  # type: ignore[attr-defined]
        self.initial.setdefault("fiscal_year", year + 1)
        self.initial.setdefault("fund", Wallet.Fund.OPERATING)


class PublishForm(forms.Form):
    """From which day the figures that were read hold."""

    starts_on = _day("Holds from")
    seen = forms.CharField(max_length=64, widget=forms.HiddenInput)


class RuleForm(forms.Form):
    """What every rule says; `terms` is what `budget_terms.checked` takes."""

    kind: ClassVar[str]
    release = forms.ChoiceField(
        choices=[
            (Release.YEARLY.value, "All at once, on the first day"),
            (Release.MONTHLY.value, "Month by month, in equal parts on the 1st"),
        ],
        widget=forms.RadioSelect, initial=Release.YEARLY.value,
    )  # fmt: skip
    name = forms.CharField(max_length=120, required=False, label="Name of the rule")

    def terms(self) -> dict[str, Any]:
        given = self.cleaned_data
        return {name: given[name] for name in self.fields if name not in _BESIDE}

    def named_department(self) -> MicroEnterprise | None:
        return self.cleaned_data.get("department")

    def named_board(self) -> Sequence[User] | None:
        return self.cleaned_data.get("peers")

    @classmethod
    def of(cls, rule: BudgetRule) -> dict[str, Any]:
        """What the form shows of a rule that is changed."""
        return {"name": rule.name, "release": rule.release, **rule.terms}


_BESIDE = {"release", "name", "department", "peers", "file", "listed"}


class _KindsForm(RuleForm):
    kinds = forms.MultipleChoiceField(
        choices=MicroEnterprise.Kind.choices, required=False, label="For these kinds",
        widget=forms.CheckboxSelectMultiple, help_text="None ticked: for every kind.",
    )  # fmt: skip


class _ListForm(RuleForm):
    """Figures of MEs, typed or from a file; the file goes before what is typed."""

    columns: ClassVar[Sequence[str]] = ("amount",)
    optional: ClassVar[Sequence[str]] = ()
    into: ClassVar[str] = "figures"
    listed = forms.CharField(
        required=False, max_length=LONGEST_LIST, label="Listed amounts",
        widget=forms.Textarea(attrs={"class": "input", "rows": 6}),
        help_text="One micro-enterprise a line: Shop North; 1200.00",
    )  # fmt: skip
    file = forms.FileField(
        required=False, label="CSV or XLSX file",
        help_text="Columns micro_enterprise and amount. It replaces the list.",
    )  # fmt: skip

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        if file and file.size > LARGEST_FILE:
            raise forms.ValidationError("The file is larger than 1.5 MB; leave out other columns.")
        return file

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        file = given.get("file")
        field = "file" if file else "listed"
        try:
            rows = self._rows(file, given.get("listed") or "")
            read = figure_files.figures(
                rows, columns=self.columns, optional=self.optional, field=field
            )
        except Invalid as reason:
            self.add_error(field, str(reason))
        else:
            given[self.into] = read
        return given

    def _rows(self, file: Any, listed: str) -> figure_files.Rows:
        if file:
            return figure_files.in_file(
                file.read(), name=file.name, columns=self.columns, optional=self.optional
            )
        return figure_files.in_lines(listed, columns=(*self.columns, *self.optional))

    def terms(self) -> dict[str, Any]:
        return super().terms() | {self.into: self.cleaned_data[self.into]}

    @classmethod
    def of(cls, rule: BudgetRule) -> dict[str, Any]:
        columns = (*cls.columns, *cls.optional)
        lines = figure_files.as_lines(rule.terms[cls.into], columns=columns)
        return super().of(rule) | {"listed": lines}


class FixedForm(_KindsForm, _ListForm):
    """Fixed amounts: the same for each ME, or listed."""

    kind = Kind.FIXED
    field_order = ["each", "kinds", "listed", "file", "release", "name"]
    each = _amount("Amount for each", "For every ME that is not in the list.", required=False)


class PerHeadForm(_KindsForm):
    """An amount for each full-time post."""

    kind = Kind.PER_HEAD
    field_order = ["amount", "on", "kinds", "release", "name"]
    amount = _amount("Amount per full-time post")
    on = _day("Posts on", "Memberships count by their share of a full-time post on this day.")


class RevenueForm(_KindsForm, _ListForm):
    """A percentage of revenue."""

    kind = Kind.REVENUE_SHARE
    field_order = ["percent", "first", "last", "inside", "listed", "file", "kinds", "release",
                   "name"]  # fmt: skip
    percent = forms.DecimalField(min_value=0, max_value=100, max_digits=7, decimal_places=4)
    first = MonthField(label="From month")
    last = MonthField(label="To month")
    inside = forms.BooleanField(
        required=False, initial=True, label="What it earned inside, less credits"
    )

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["percent"].label = "Share of revenue"
        self.fields["listed"].label = "Sales outside the firm"

    @classmethod
    def of(cls, rule: BudgetRule) -> dict[str, Any]:
        months = {name: text_of(date.fromisoformat(rule.terms[name])) for name in ("first", "last")}
        return super().of(rule) | months


class LastUseForm(_ListForm):
    """A sum that is divided by last year's use and head count."""

    kind = Kind.LAST_USE
    columns = ("use",)
    optional = ("heads",)
    into = "customers"
    field_order = ["department", "former_cost", "period", "phase_in", "listed", "file", "on",
                   "release", "name"]  # fmt: skip
    former_cost = _amount("Sum to divide")
    period = forms.CharField(max_length=40, required=False, label="Period of the use")
    phase_in = forms.DecimalField(
        label="Share divided by head count", min_value=0, max_value=100, max_digits=5,
        decimal_places=2, initial=0,
        help_text="0 divides by last year’s use alone, 100 by head count alone.",
    )  # fmt: skip
    on = _day("Heads on", "Heads that the list leaves out are full-time posts on this day.")

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["listed"].label = "Use and heads"
        self.fields["listed"].help_text = "One micro-enterprise a line: Shop North; 60; 20"
        self.fields[
            "file"
        ].help_text = "Columns micro_enterprise, use and, if known, heads. It replaces the list."

    def terms(self) -> dict[str, Any]:
        return super().terms() | {"phase_in": self.cleaned_data["phase_in"] / 100}

    @classmethod
    def of(cls, rule: BudgetRule) -> dict[str, Any]:
        phase_in = Decimal(rule.terms["phase_in"]) * 100
        department = rule.department and rule.department.name
        return super().of(rule) | {"phase_in": phase_in, "department": department}


class DepartmentRuleForm(LastUseForm):
    """A department's former cost, which goes to its customers."""

    kind = Kind.DEPARTMENT_TO_CUSTOMERS
    department = NamedMeField(
        label="Department", help_text="The service micro-enterprise that it became."
    )
    former_cost = _amount("Former cost", "What the department cost; all of it goes to customers.")


class RequestsForm(RuleForm):
    """MEs ask, peers decide."""

    kind = Kind.REQUESTS
    field_order = ["ask_until", "decide_by", "most", "peers", "release", "name"]
    ask_until = _day("MEs ask until")
    decide_by = _day("Peers vote until")
    most = _amount(
        "At most together", "Above it every request is cut alike. Empty: no limit.", required=False
    )
    peers = forms.CharField(
        max_length=8_000, label="Peers who decide",
        widget=forms.Textarea(attrs={"class": "input", "rows": 4}),
        help_text="One name or e-mail address a line. Nobody votes on the own micro-enterprise.",
    )  # fmt: skip

    def clean_peers(self) -> Sequence[User]:
        try:
            return peers_named(self.cleaned_data["peers"].splitlines())
        except Invalid as reason:
            raise forms.ValidationError(str(reason)) from reason

    @classmethod
    def of(cls, rule: BudgetRule) -> dict[str, Any]:
        seats = BoardSeat.objects.filter(rule=rule).order_by("pk")
        return super().of(rule) | {"peers": "\n".join(seats.values_list("peer__email", flat=True))}


FORMS: Mapping[str, type[RuleForm]] = {
    form.kind: form
    for form in (FixedForm, PerHeadForm, RevenueForm, LastUseForm, RequestsForm, DepartmentRuleForm)
}
