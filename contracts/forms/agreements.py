"""The terms of a contract as a form: price, days, the five sections and the success measures."""

from collections.abc import Collection, Mapping, Sequence
from decimal import Decimal
from typing import Any
from uuid import uuid4

from django import forms
from django.db.models import QuerySet

from accounts.errors import Refused
from accounts.forms.days import DayField
from accounts.models import MicroEnterprise
from contracts.forms.people import MediatorField
from contracts.terms import (
    LONGEST_NOTICE_DAYS,
    LONGEST_SECTION,
    MOST_MEASURES,
    MOST_RENEWED_MONTHS,
    SECTIONS,
    Adjustment,
    Measure,
    Terms,
)
from ledger.money import ZERO
from marketplace.forms import plans
from marketplace.forms.levels import LevelRows
from marketplace.models import OfferedMeasure
from marketplace.price_plans import Plan

_DAYS = {"starts_on", "ends_on", "valid_from_on"}
# What a form that leaves it out does not change.
_MAY_BE_EMPTY = {"notice_days", "renews_months", "credit_cap"}
_HINTS = {
    "joint_objective": "What both sides want to reach together.",
    "commitments": "Who does what, by when.",
    "resources": "People, tools, rooms, data: who brings what.",
    "risks": "What could go wrong, and what happens then.",
    "ins_and_outs": "What belongs to it, and what does not.",
}


def _quantity(label: str, hint: str) -> forms.DecimalField:
    return forms.DecimalField(
        label=label, help_text=hint, max_digits=13, decimal_places=3, min_value=Decimal("0.001")
    )


def _percent(label: str, hint: str) -> forms.DecimalField:
    return forms.DecimalField(
        label=label, help_text=hint, max_digits=5, decimal_places=2, min_value=Decimal(0),
        max_value=Decimal(100), required=False,
    )  # fmt: skip


class TermsForm(forms.Form):
    """All terms but measures and levels; a fixed price has no quantities."""

    key = forms.CharField(widget=forms.HiddenInput, required=False, max_length=40)
    hash = forms.CharField(widget=forms.HiddenInput, required=False, max_length=64)
    buyer = forms.ModelChoiceField(
        MicroEnterprise.objects.none(), label="For which buyer", empty_label="Choose the buyer"
    )
    price = forms.DecimalField(max_digits=18, decimal_places=2, min_value=Decimal("0.01"))
    expected_quantity = _quantity("Expected a month", "What is reserved each month.")
    cap_quantity = _quantity(
        "Not to exceed a month", "More is delivered, but waits for the buyer before it is paid."
    )
    credit_cap = _percent(
        "All credits of a month at most", "Percent of the month’s fee; bonuses too."
    )
    satisfied_percent = _percent(
        "Adjust the fee by", "Added at the target, taken off below the floor. Empty: not at all."
    )
    satisfied_target = _percent("Target", "Satisfied answers; from here the fee is more.")
    satisfied_floor = _percent("Floor", "Satisfied answers; below it the fee is less.")
    starts_on = DayField(label="First day")
    ends_on = DayField(label="Last day", help_text="Included.")
    valid_from_on = DayField(
        label="In force from", help_text="Tomorrow at the earliest; until then nothing changes."
    )
    notice_days = forms.IntegerField(
        label="Notice", help_text="Days, then to the end of that month.", required=False,
        min_value=0, max_value=LONGEST_NOTICE_DAYS,
    )  # fmt: skip
    renews_months = forms.IntegerField(
        label="Renews itself by", help_text="Months at its last day; 0 lets it end.",
        required=False, min_value=0, max_value=MOST_RENEWED_MONTHS,
    )  # fmt: skip
    mediator = MediatorField(
        label="Who mediates a dispute", required=False,
        help_text="Name or e-mail address of somebody of neither party; empty: the CHRO names one.",
    )  # fmt: skip
    note = forms.CharField(
        label="Word to the other side", required=False, max_length=1000,
        widget=forms.Textarea(attrs={"rows": 2}),
    )  # fmt: skip

    def __init__(
        self,
        data: Mapping[str, Any] | None,
        *,
        plan: str,
        customers: QuerySet[MicroEnterprise] | None,
        with_note: bool,
        days: Collection[str],
        initial: Mapping[str, Any],
    ) -> None:
        super().__init__(data, initial={"key": uuid4().hex} | dict(initial))
        plans.add_fields(self, Plan(plan), initial if data is None else data)
        for field, name in SECTIONS.items():
            self.fields[field] = forms.CharField(
                label=name, help_text=_HINTS[field], required=False, max_length=LONGEST_SECTION,
                widget=forms.Textarea(attrs={"rows": 3}),
            )  # fmt: skip
        if not Plan(plan).counts:
            del self.fields["expected_quantity"], self.fields["cap_quantity"]
        if customers is None:
            del self.fields["buyer"]
        else:
            self.fields["buyer"].queryset = customers  # type: ignore[attr-defined]
        if not with_note:
            del self.fields["note"]
        for name in _DAYS - set(days):
            del self.fields[name]

    def clean(self) -> dict[str, Any]:
        """The three figures of the satisfaction adjustment come together, or not at all."""
        told = self.cleaned_data
        figures = {name: told.get(f"satisfied_{name}") for name in ("percent", "target", "floor")}
        given = [name for name, value in figures.items() if value is not None]
        for name, value in figures.items():
            field = f"satisfied_{name}"
            if given and value is None and field not in self.errors:
                self.add_error(field, "Fill in all three figures, or none of them.")
        return told

    @property
    def adjustment(self) -> Adjustment | None:
        """What both sides would opt into, of a valid form."""
        told = self.cleaned_data
        if told["satisfied_percent"] is None:
            return None
        return Adjustment(
            percent=told["satisfied_percent"], target=told["satisfied_target"],
            floor=told["satisfied_floor"],
        )  # fmt: skip

    @property
    def sections(self) -> list[forms.BoundField]:
        """The five sections in their order."""
        return [self[name] for name in SECTIONS]


class PrefillForm(forms.Form):
    """What the address may ask for; what makes no sense is left out."""

    quantity = forms.DecimalField(
        max_digits=10, decimal_places=3, min_value=Decimal("0.001"), required=False
    )
    starts_on = DayField(required=False)
    ends_on = DayField(required=False)

    @property
    def prefill(self) -> dict[str, Any]:
        """The valid ones, after `is_valid`."""
        return {name: value for name, value in self.cleaned_data.items() if value is not None}


class MeasureForm(forms.Form):
    """One success measure; an empty row is none."""

    name = forms.CharField(label="What is measured", max_length=160)
    unit = forms.CharField(max_length=30)
    direction = forms.ChoiceField(
        choices=OfferedMeasure.Direction.choices, initial=OfferedMeasure.Direction.HIGHER
    )
    target = forms.DecimalField(
        max_digits=14, decimal_places=4, help_text="From here on it is fully met."
    )
    floor = forms.DecimalField(
        max_digits=14, decimal_places=4, help_text="From here on it counts nothing."
    )
    measurer = forms.ChoiceField(
        label="Measured by", choices=OfferedMeasure.Measurer.choices,
        initial=OfferedMeasure.Measurer.PROVIDER,
    )  # fmt: skip
    method = forms.CharField(label="How it is measured", max_length=200)
    weight = forms.IntegerField(min_value=1, max_value=100, initial=1)

    @property
    def is_spare(self) -> bool:
        """A row for one more measure, in which nobody has typed yet."""
        return self.empty_permitted and not (self.is_bound and self.has_changed())


MeasureFormSet = forms.formset_factory(
    MeasureForm, extra=1, can_delete=True, max_num=MOST_MEASURES, absolute_max=MOST_MEASURES + 5
)


class TermsInput:
    """All parts of the form as one thing that a view can ask.

    `initial` holds the terms that it starts from as `terms`.
    """

    def __init__(
        self,
        data: Mapping[str, Any] | None,
        *,
        plan: str,
        unit: str,
        initial: Mapping[str, Any],
        measures: Sequence[Measure],
        customers: QuerySet[MicroEnterprise] | None = None,
        earliest: str = "",
        with_note: bool = False,
        days: Collection[str] = ("starts_on", "ends_on"),
    ) -> None:
        self.plan, self.unit = plan, unit
        self.start: Terms = initial["terms"]
        self.form = TermsForm(
            data, plan=plan, customers=customers, with_note=with_note, days=days,
            initial=_as_typed({**initial, **_satisfied(self.start.adjustment)}),
        )  # fmt: skip
        self.levels = LevelRows(data, self.start.levels)
        if "starts_on" in self.form.fields:
            self.form.fields["starts_on"].help_text = earliest
        rows = [_as_typed(vars(each)) for each in measures]
        self.measures = MeasureFormSet(data, prefix="measure", initial=rows)
        for row in self.measures:
            row.fields["DELETE"].label = "Leave this measure out"

    def is_valid(self) -> bool:
        is_sound = self.form.is_valid()
        if not self.levels.is_valid():
            for problem in self.levels.problems:
                self.form.add_error(None, problem)
            is_sound = False
        if self.measures.is_valid():
            return is_sound
        for number, row in enumerate(self.measures, start=1):
            if row.errors:
                self.form.add_error(None, f"Success measure {number} needs another look.")
        for text in self.measures.non_form_errors():
            self.form.add_error(None, str(text))
        return False

    @property
    def rows(self) -> dict[str, Any]:
        """Success measures and service levels, by the names that the page knows them by."""
        return {"measures": self.measures, "levels": self.levels}

    def refuse(self, reason: Refused) -> None:
        """Put the rule's sentence where it belongs."""
        self.form.add_error(plans.field_of(reason, self.form), f"{reason} {reason.help}".strip())

    @property
    def terms(self) -> Terms:
        """What was typed, of a valid form; what it does not ask for stays as it started."""
        told = {
            name: value
            for name, value in self.form.cleaned_data.items()
            if not (name in _MAY_BE_EMPTY and value is None)
        }
        names = {*Terms.__dataclass_fields__} & told.keys()
        rows = [row.cleaned_data for row in self.measures if row not in self.measures.deleted_forms]
        return self.start.with_changes(
            plan=self.plan,
            unit=self.unit,
            parameters=plans.parameters_from(told, Plan(self.plan)),
            measures=tuple(_measure(row) for row in rows if row),
            levels=self.levels.levels,
            adjustment=self.form.adjustment,
            **{"price": ZERO} | {name: told[name] for name in names},
        )

    def plan_rows(self, currency: str) -> list[list[dict[str, Any]]]:
        """The fields of the price, as a template prints them."""
        return plans.rows_of(self.form, Plan(self.plan), currency)


def _as_typed(values: Mapping[str, Any]) -> dict[str, Any]:
    """Quantities without the zeros that the columns add: 90 and not 90.0000; a price keeps its."""
    return {
        name: f"{value.normalize():f}" if isinstance(value, Decimal) and name != "price" else value
        for name, value in values.items()
    }


def _satisfied(adjustment: Adjustment | None) -> dict[str, Any]:
    figures = vars(adjustment) if adjustment else {}
    return {f"satisfied_{name}": value for name, value in figures.items()}


def _measure(row: Mapping[str, Any]) -> Measure:
    return Measure(**{name: row[name] for name in Measure.__dataclass_fields__})


class SignForm(forms.Form):
    """A signature: on which hash, and that the terms were read."""

    hash = forms.CharField(max_length=64, widget=forms.HiddenInput)
    read = forms.BooleanField(
        label="I have read these terms",
        error_messages={"required": "Tick that you have read the terms, then sign."},
    )


class EndForm(forms.Form):
    """The last day that one side names."""

    last_day_on = DayField(
        label="Last day", help_text="Included. The other side has to confirm it."
    )
    reason = forms.CharField(
        label="Why", required=False, max_length=500, widget=forms.Textarea(attrs={"rows": 2})
    )


class ReasonForm(forms.Form):
    reason = forms.CharField(label="Why", required=False, max_length=500)
