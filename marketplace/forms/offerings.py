"""What a provider writes about an offering and the measures it is willing to be judged by."""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from itertools import chain
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.forms.boundfield import BoundField
from django.http import QueryDict

from accounts.errors import Invalid
from accounts.forms.days import DayField
from marketplace.actions import MeasureTerms, OfferingTerms
from marketplace.forms import plans
from marketplace.forms.levels import LevelRows
from marketplace.models import PLANS, Category, OfferedMeasure
from marketplace.price_lists import safe_text
from marketplace.service_levels import DEFAULT_CAP

_MEASURES = "measures"
_FIRST_ROWS = 2


def plain_words(value: str) -> None:
    """Refuses what a spreadsheet would take for a formula once it is exported."""
    try:
        safe_text(value, "text")
    except Invalid as reason:
        raise ValidationError(str(reason)) from reason


class OfferingForm(forms.Form):
    name = forms.CharField(max_length=120, validators=[plain_words], help_text="What a buyer gets")
    category = forms.ModelChoiceField(
        Category.objects.all(), help_text="Prices are compared within it", empty_label="Choose one"
    )
    summary = forms.CharField(
        max_length=300, validators=[plain_words], help_text="One line for the list of offers"
    )
    description = forms.CharField(
        required=False,
        max_length=20_000,
        widget=forms.Textarea(attrs={"rows": 8}),
        help_text="What is included and what is not. Markdown",
    )
    plan = forms.ChoiceField(choices=PLANS, widget=forms.RadioSelect, label="Price plan")
    price = forms.DecimalField(max_digits=18, decimal_places=2, min_value=Decimal("0.01"))
    unit = forms.CharField(
        required=False,
        max_length=40,
        validators=[plain_words],
        help_text="What one unit is, such as hour or sample. Left out where the price is fixed",
    )
    usual_quantity = forms.DecimalField(
        label="Usual a month",
        max_digits=13,
        decimal_places=3,
        min_value=Decimal("0.001"),
        required=False,
        help_text="At which the market shows your price and compares it with the outside",
    )
    capacity = forms.IntegerField(
        required=False,
        min_value=1,
        max_value=2_147_483_647,
        help_text="Contracts at a time, or units a month where priced per unit",
    )
    lead_time_days = forms.IntegerField(
        min_value=0, max_value=730, label="Lead time", help_text="Days until it can start"
    )

    credit_cap = forms.DecimalField(
        label="All credits of a month at most", max_digits=5, decimal_places=2, required=False,
        min_value=Decimal(0), max_value=Decimal(100), initial=f"{DEFAULT_CAP.normalize():f}",
        help_text="Percent of the month, whatever the service levels ask for",
    )  # fmt: skip

    def __init__(
        self, data: Mapping[str, Any] | None = None, *, initial: Mapping[str, Any] | None = None
    ) -> None:
        super().__init__(data, initial=dict(initial or {}))
        values = (initial if data is None else data) or {}
        self.price_plan = plans.chosen(values)
        plans.add_fields(self, self.price_plan, values)
        if not self.price_plan.counts:
            del self.fields["usual_quantity"]
        elif self.price_plan.rule.needs_usual_quantity:
            self.fields["usual_quantity"].required = True

    def clean_credit_cap(self) -> Decimal:
        """Left empty it is the cap that the market is used to."""
        given: Decimal | None = self.cleaned_data["credit_cap"]
        return DEFAULT_CAP if given is None else given

    def clean(self) -> dict[str, Any]:
        given, rule = self.cleaned_data, self.price_plan.rule
        if not rule.unit and not given.get("unit", "x").strip():
            self.add_error("unit", "Say what the price is per, such as hour.")
        return given


class PublishForm(forms.Form):
    """From which day the price of a next version holds."""

    holds_from_on = DayField(
        label="Holds from",
        required=False,
        help_text="Empty is today. A later day is announced to everybody until then",
    )


class MeasureForm(forms.Form):
    name = forms.CharField(max_length=160, validators=[plain_words], label="Measure")
    unit = forms.CharField(max_length=30, validators=[plain_words], help_text="Such as % or days")
    # What a new row begins with, so that an untouched one counts as empty.
    direction = forms.ChoiceField(
        choices=OfferedMeasure.Direction.choices, initial=OfferedMeasure.Direction.HIGHER.value
    )
    target = forms.DecimalField(
        max_digits=14, decimal_places=4, help_text="Here all of it is attained"
    )
    floor = forms.DecimalField(
        max_digits=14, decimal_places=4, help_text="From here on nothing is attained"
    )
    method = forms.CharField(
        max_length=200,
        validators=[plain_words],
        label="How it is measured",
        help_text="From which source, how often",
    )
    measurer = forms.ChoiceField(
        choices=OfferedMeasure.Measurer.choices,
        initial=OfferedMeasure.Measurer.PROVIDER.value,
        label="Measured by",
    )
    weight = forms.IntegerField(
        min_value=1, max_value=1000, initial=1, help_text="Against the other measures"
    )

    def clean(self) -> dict[str, Any]:
        given = self.cleaned_data
        target, floor = given.get("target"), given.get("floor")
        if target is None or floor is None:
            return given
        higher = given.get("direction") == OfferedMeasure.Direction.HIGHER
        if (target < floor) if higher else (target > floor):
            worse = "below" if higher else "above"
            self.add_error("floor", f"The floor must lie {worse} the target.")
        return given


MeasureFormSet = forms.formset_factory(
    MeasureForm, extra=1, can_delete=True, max_num=20, absolute_max=20, validate_max=True
)


class Together:
    """The form and all its rows as one, for the summary of what is to correct."""

    def __init__(self, form: OfferingForm, measures: Any, levels: LevelRows) -> None:
        self._forms = [form, *measures.forms, *levels.formset.forms]
        self.is_bound = form.is_bound

    def __iter__(self) -> Iterator[BoundField]:
        return chain.from_iterable(self._forms)

    def non_field_errors(self) -> list[str]:
        return [str(error) for form in self._forms for error in form.non_field_errors()]


def measures_of(terms: OfferingTerms | None) -> Any:
    """The rows of a draft, or a few empty ones."""
    rows = [_values(measure) for measure in terms.measures] if terms else []
    return _rows(rows, empty=1 if rows else _FIRST_ROWS)


def posted_measures(data: QueryDict) -> Any:
    return MeasureFormSet(data, prefix=_MEASURES)


def one_more(data: QueryDict, *, add: bool = True) -> Any:
    """The rows as they were typed, unchecked, and an empty one where one was asked for."""
    count = min(int(data.get(f"{_MEASURES}-TOTAL_FORMS", "0") or 0), 20)
    rows = [
        {name: data.get(f"{_MEASURES}-{at}-{name}", "") for name in MeasureForm.base_fields}
        for at in range(count)
        if f"{_MEASURES}-{at}-DELETE" not in data
    ]
    typed = [row for row in rows if row["name"]]
    return _rows(typed, empty=1 if add or not typed else 0)


def terms_from(form: OfferingForm, measures: Any, levels: LevelRows) -> OfferingTerms:
    """What all valid forms say together."""
    given = form.cleaned_data
    kept = [
        MeasureTerms(**{name: row.cleaned_data[name] for name in MeasureForm.base_fields})
        for row in measures.forms
        if row.cleaned_data and not row.cleaned_data.get("DELETE")
    ]
    values = {name: given[name] for name in OfferingTerms.__slots__ if name in given}
    parameters = plans.parameters_from(given, form.price_plan)
    return OfferingTerms(**values, parameters=parameters, measures=kept, levels=levels.levels)


def _values(measure: MeasureTerms) -> dict[str, Any]:
    values = {name: getattr(measure, name) for name in MeasureForm.base_fields}
    plain = {name: f"{values[name].normalize():f}" for name in ("target", "floor")}
    return values | plain


def _rows(rows: list[dict[str, Any]], *, empty: int) -> Any:
    formset = forms.formset_factory(
        MeasureForm, extra=empty, can_delete=True, max_num=20, absolute_max=20
    )
    return formset(initial=rows, prefix=_MEASURES)
