"""The fields of one price plan, for every form that writes a price.

A share is typed as a percentage; bands are rows of which the last filled one is all the rest.
"""

from collections.abc import Mapping
from decimal import Decimal, DecimalException
from typing import Any

from django import forms

from accounts.errors import Invalid
from marketplace.plans.parameters import MOST_BANDS, Parameter, Sort, Values
from marketplace.price_plans import Plan, PricePlan, sound

_SHOWN_BANDS = 3
_PERCENT = Decimal(100)


def chosen(values: Mapping[str, Any] | None) -> Plan:
    """The plan that was chosen, a fixed price where none was."""
    word = (values or {}).get("plan")
    return Plan(word) if word in {plan.value for plan in Plan} else Plan.FIXED


def add_fields(form: forms.Form, plan: Plan, values: Mapping[str, Any]) -> None:
    """Give the form what the plan needs to know; `values` are those typed, or the first ones."""
    if plan.rule.price_label:
        form.fields["price"].label = plan.rule.price_label
    else:
        del form.fields["price"]
    for parameter in plan.parameters:
        if parameter.sort is not Sort.BANDS:
            form.fields[parameter.name] = _field(parameter)
            continue
        for number in range(_rows_of(values)):
            form.fields[f"band_{number}_up_to"] = forms.DecimalField(
                label=f"Band {number + 1}, up to", required=False, max_digits=13, decimal_places=3,
                min_value=Decimal("0.001"),
                help_text="Empty is all the rest" if number else parameter.help,
            )  # fmt: skip
            form.fields[f"band_{number}_price"] = forms.DecimalField(
                label=f"Band {number + 1}, price of one", required=False, max_digits=18,
                decimal_places=2, min_value=Decimal("0.01"),
            )  # fmt: skip


def rows_of(form: forms.Form, plan: Plan, currency: str) -> list[list[dict[str, Any]]]:
    """What a template prints of the plan: rows of fields with their units."""
    rows = [[_cell(form, "price", currency)]] if "price" in form.fields else []
    for parameter in plan.parameters:
        if parameter.sort is Sort.BANDS:
            numbers = range(sum(name.endswith("_up_to") for name in form.fields))
            rows += [
                [_cell(form, f"band_{n}_up_to", ""), _cell(form, f"band_{n}_price", currency)]
                for n in numbers
            ]
        else:
            unit = {Sort.MONEY: currency, Sort.SHARE: "%"}.get(parameter.sort, "")
            rows.append([_cell(form, parameter.name, unit)])
    return rows


def parameters_from(values: Mapping[str, Any], plan: Plan) -> dict[str, Any]:
    """The plan's parameters out of cleaned or typed values; nothing is checked here."""
    given: dict[str, Any] = {}
    for parameter in plan.parameters:
        if parameter.sort is Sort.BANDS:
            given[parameter.name] = [
                {"up_to": up_to or None, "price": price}
                for up_to, price in (
                    (values.get(f"band_{n}_up_to"), values.get(f"band_{n}_price"))
                    for n in range(MOST_BANDS + 1)
                )
                if up_to or price
            ]
            continue
        value = values.get(parameter.name)
        if parameter.sort is Sort.SHARE and value not in {None, ""}:
            value = Decimal(str(value)) / _PERCENT
        given[parameter.name] = value
    return given


def first_values(plan: Plan, values: Values) -> dict[str, Any]:
    """What the fields show of typed parameters."""
    shown: dict[str, Any] = {}
    for parameter in plan.parameters:
        value = values[parameter.name]
        if parameter.sort is Sort.BANDS:
            for number, band in enumerate(value):
                shown[f"band_{number}_up_to"] = _plain(band.up_to)
                shown[f"band_{number}_price"] = f"{band.price:.2f}"
        elif parameter.sort is Sort.SHARE:
            shown[parameter.name] = _plain(value * _PERCENT)
        else:
            money = parameter.sort is Sort.MONEY and value is not None
            shown[parameter.name] = f"{value:.2f}" if money else value
    return shown


def sketch(plan: Plan, values: Mapping[str, Any]) -> PricePlan | None:
    """The plan as far as it is typed, to be told in words; None while something is missing."""
    try:
        price, usual = (values.get(name) or None for name in ("price", "usual_quantity"))
        return sound(
            plan.value,
            price=None if price is None else Decimal(str(price)),
            unit=str(values.get("unit") or ""),
            parameters=parameters_from(values, plan),
            quantity=None if usual is None else Decimal(str(usual)),
        )
    except (Invalid, DecimalException):
        return None


def field_of(reason: Invalid | Any, form: forms.Form) -> str | None:
    """The field beside which a refusal belongs."""
    name = "band_0_up_to" if reason.field == "bands" else reason.field
    return name if name in form.fields else None


def _cell(form: forms.Form, name: str, unit: str) -> dict[str, Any]:
    return {"field": form[name], "unit": unit}


def _rows_of(values: Mapping[str, Any]) -> int:
    filled = [n for n in range(MOST_BANDS) if values.get(f"band_{n}_price")]
    return min(max(_SHOWN_BANDS, max(filled, default=0) + 2), MOST_BANDS)


def _field(parameter: Parameter) -> forms.Field:
    words: dict[str, Any] = {
        "label": parameter.label, "help_text": parameter.help,
        "required": parameter.is_required and not parameter.is_taken_over,
    }  # fmt: skip
    match parameter.sort:
        case Sort.TEXT:
            return forms.CharField(max_length=200, **words)
        case Sort.DAY:
            widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
            return forms.DateField(widget=widget, **words)
        case Sort.KEY:
            return forms.IntegerField(min_value=1, **words)
        case Sort.SHARE:
            most = (parameter.most or Decimal(1)) * _PERCENT
            return forms.DecimalField(
                max_digits=5, decimal_places=2, min_value=_least(parameter), max_value=most, **words
            )
        case Sort.QUANTITY:
            return forms.DecimalField(max_digits=13, decimal_places=3, min_value=0, **words)
    return forms.DecimalField(max_digits=18, decimal_places=2, min_value=_least(parameter), **words)


def _least(parameter: Parameter) -> Decimal:
    return Decimal(0) if parameter.may_be_zero else Decimal("0.01")


def _plain(value: Decimal | None) -> str:
    return "" if value is None else f"{value.normalize():f}"
