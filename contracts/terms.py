"""What the parties sign, free of Django: the same terms always give the same hash (PRODUCT 4.2).

Canonical JSON has sorted keys, no spaces and no floats; amounts and quantities are strings with a
fixed number of places, days are ISO, parties are ids, so that a name can be blanked later.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, date, datetime
from decimal import Decimal
from hashlib import sha256
from typing import Any, Self

from accounts.errors import Invalid, Refused
from ledger.money import LARGEST, exact
from marketplace import service_levels
from marketplace.price_plans import MOST_UNITS, Plan, PricePlan, plan_of, sound
from marketplace.service_levels import DEFAULT_CAP, Level, level_of

QUANTITY = Decimal("0.001")
VALUE = Decimal("0.0001")
PERCENT = Decimal("0.01")
# The widest that the columns hold, and what no reader would believe.
LARGEST_VALUE = Decimal(10_000_000_000)
LONGEST_YEARS = 5
LONGEST_SECTION = 4000
MOST_MEASURES = 12
LONGEST_NOTICE_DAYS = 366
MOST_RENEWED_MONTHS = 60
HEAVIEST = 100
HUNDRED = Decimal(100)
DIRECTIONS = ("higher", "lower")
MEASURERS = ("provider", "buyer")
# The five sections of a contract (PRODUCT 2, 5), in the order in which they are printed.
SECTIONS: Mapping[str, str] = {
    "joint_objective": "Joint objective",
    "commitments": "Commitments",
    "resources": "Resources",
    "risks": "Risks",
    "ins_and_outs": "Ins and outs",
}


@dataclass(frozen=True, kw_only=True)
class Measure:
    """One success measure: its target, the floor below which it counts nothing, who measures it."""

    name: str
    unit: str
    target: Decimal
    floor: Decimal
    method: str
    direction: str = "higher"
    measurer: str = "provider"
    weight: int = 1

    @property
    def floor_is_worse(self) -> bool:
        """Whether the floor lies on the worse side of the target, or on it."""
        is_lower = self.direction == "lower"
        return self.target <= self.floor if is_lower else self.target >= self.floor

    def document(self, number: int) -> dict[str, Any]:
        return asdict(self) | {
            "number": number,
            "target": self.target.quantize(VALUE),
            "floor": self.floor.quantize(VALUE),
        }


@dataclass(frozen=True, kw_only=True)
class Adjustment:
    """The satisfaction adjustment that both sides opt into, all in percent (PRODUCT 4.10).

    `percent` of the month's fee is added where `target` percent of the answers are satisfied, and
    taken off below `floor`.
    """

    percent: Decimal
    target: Decimal
    floor: Decimal


@dataclass(frozen=True, kw_only=True)
class Terms:
    """What the parties negotiate; everything else of the document is given by the contract.

    `plan` and `unit` are those of the offering: the actions fill them in, whatever stood there.
    `price` is the headline of the plan and `parameters` what else it needs to know, as canonical
    JSON (`price_plans.sound`). A plan that counts something expects `expected_quantity` of it a
    month and pays at most `cap_quantity` without asking the buyer (PRODUCT 4.7).
    """

    price: Decimal
    starts_on: date
    ends_on: date
    plan: str = ""
    unit: str = ""
    parameters: Mapping[str, Any] = field(default_factory=dict)
    expected_quantity: Decimal | None = None
    cap_quantity: Decimal | None = None
    # A notice runs so many days and then to the end of that month; at its end the contract renews
    # itself by so many months, 0 where that is not chosen (PRODUCT 4.2).
    notice_days: int = 30
    renews_months: int = 0
    measures: tuple[Measure, ...] = ()
    levels: tuple[Level, ...] = ()
    credit_cap: Decimal = DEFAULT_CAP
    adjustment: Adjustment | None = None
    # The key of the person who mediates disputes; without one the CHRO names somebody.
    mediator: int | None = None
    joint_objective: str = ""
    commitments: str = ""
    resources: str = ""
    risks: str = ""
    ins_and_outs: str = ""

    @property
    def price_plan(self) -> PricePlan:
        return plan_of(self.plan, price=self.price, unit=self.unit, parameters=self.parameters)

    @property
    def cap_amount(self) -> Decimal | None:
        """The most that a month's usage can cost up to its cap; None where nothing is counted."""
        return (
            None if self.cap_quantity is None else self.price_plan.dearest_usage(self.cap_quantity)
        )

    def with_changes(self, **changes: Any) -> Self:
        return replace(self, **changes)

    def document(
        self,
        *,
        contract: int,
        number: int,
        buyer: int,
        provider: int,
        offering: int,
        title: str,
        valid_from_on: date,
    ) -> dict[str, Any]:
        """The full terms as plain JSON, which is what is stored, printed and hashed."""
        words = asdict(self) | {
            "contract": contract,
            "number": number,
            "buyer": buyer,
            "provider": provider,
            "offering": offering,
            "title": title,
            "valid_from_on": valid_from_on,
            "price": exact(self.price),
            "expected_quantity": _quantity(self.expected_quantity),
            "cap_quantity": _quantity(self.cap_quantity),
            "measures": [each.document(n) for n, each in enumerate(self.measures, start=1)],
            "levels": [
                {"number": n, **each.document()} for n, each in enumerate(self.levels, start=1)
            ],
        }
        return {name: plain(value) for name, value in words.items()}


def terms_of(document: Mapping[str, Any]) -> Terms:
    """The negotiable part of a stored document, to start the next version from.

    What a document of an earlier form does not say has its default.
    """
    words = {name: document[name] for name in Terms.__dataclass_fields__ if name in document}
    words["price"] = Decimal(words["price"])
    for name in ("starts_on", "ends_on"):
        words[name] = date.fromisoformat(words[name])
    for name in ("expected_quantity", "cap_quantity"):
        words[name] = None if words[name] is None else Decimal(words[name])
    words["measures"] = tuple(_measure(each) for each in words["measures"])
    words["levels"] = tuple(level_of(each) for each in words.get("levels", ()))
    words["credit_cap"] = Decimal(words.get("credit_cap", DEFAULT_CAP))
    if adjustment := words.get("adjustment"):
        words["adjustment"] = Adjustment(
            **{name: Decimal(value) for name, value in adjustment.items()}
        )
    return Terms(**words)


def require_sound(terms: Terms, *, on: date, for_signature: bool = False) -> Terms:
    """The same terms in their normal form, or Invalid names the field, its value and the remedy.

    A draft may still lack its success measures; what is signed may not (PRODUCT 2, 23).
    """
    _require_term(terms, on=on)
    plan = _require_price(terms)
    _require_words(terms)
    for measure in terms.measures:
        _require_measure(measure)
    if len({each.name.casefold() for each in terms.measures}) < len(terms.measures):
        raise Invalid("Two success measures have the same name. Rename one.", field="measures")
    if len(terms.measures) > MOST_MEASURES:
        raise Invalid(f"Name at most {MOST_MEASURES} success measures.", field="measures")
    if for_signature and not terms.measures:
        raise Refused(
            "A contract without a success measure cannot be signed.",
            code="no_measure",
            field="measures",
            help="Say at least one thing by which both sides will see whether it was a success.",
        )
    return terms.with_changes(
        levels=service_levels.require_sound(terms.levels, cap=terms.credit_cap),
        credit_cap=terms.credit_cap.quantize(PERCENT),
        adjustment=_sound_adjustment(terms.adjustment),
        price=plan.price,
        unit=plan.unit,
        parameters=plan.document(),
        expected_quantity=_quantity(terms.expected_quantity),
        cap_quantity=_quantity(terms.cap_quantity),
    )


def _require_term(terms: Terms, *, on: date) -> None:
    if terms.starts_on <= on:
        raise Invalid(
            f"The start {terms.starts_on:%-d %B %Y} is too early: tomorrow at the earliest.",
            field="starts_on",
            value=terms.starts_on,
        )
    if terms.ends_on < terms.starts_on:
        raise Invalid(
            f"The end {terms.ends_on:%-d %B %Y} lies before the start. Choose a later day.",
            field="ends_on",
            value=terms.ends_on,
        )
    if terms.ends_on.year - terms.starts_on.year > LONGEST_YEARS:
        raise Invalid(
            f"A term of more than {LONGEST_YEARS} years is too long. Choose an earlier end.",
            field="ends_on",
            value=terms.ends_on,
        )
    if not 0 <= terms.notice_days <= LONGEST_NOTICE_DAYS:
        raise Invalid(
            f"A notice of {terms.notice_days} days is not possible. Choose 0 to"
            f" {LONGEST_NOTICE_DAYS}.",
            field="notice_days",
            value=terms.notice_days,
        )
    if not 0 <= terms.renews_months <= MOST_RENEWED_MONTHS:
        raise Invalid(
            f"Renewing by {terms.renews_months} months is not possible. Choose 1 to"
            f" {MOST_RENEWED_MONTHS}, or 0 to let it end.",
            field="renews_months",
            value=terms.renews_months,
        )


def _require_price(terms: Terms) -> PricePlan:
    """The plan in its normal form, once its quantities are sound."""
    expected, cap = terms.expected_quantity, terms.cap_quantity
    if Plan(terms.plan).counts:
        _require_quantities(terms)
    elif expected is not None or cap is not None:
        raise Invalid(
            "A fixed price has no quantities. Leave them empty.",
            field="expected_quantity",
            value=expected,
        )
    plan = sound(
        terms.plan, price=terms.price, unit=terms.unit, parameters=terms.parameters,
        quantity=expected,
    )  # fmt: skip
    plan.require_gate(measure.name for measure in terms.measures)
    if plan.dearest_usage(cap or Decimal(0)) > LARGEST:
        raise Invalid("Price and cap together are too large.", field="cap_quantity", value=cap)
    return plan


def _require_quantities(terms: Terms) -> None:
    expected, cap = terms.expected_quantity, terms.cap_quantity
    for name, quantity in (("expected_quantity", expected), ("cap_quantity", cap)):
        if quantity is None or not quantity.is_finite() or not 0 < quantity <= MOST_UNITS:
            raise Invalid(
                f"Say how many units a month, above zero and at most {MOST_UNITS:,}.",
                field=name,
                value=quantity,
            )
    if expected is not None and cap is not None and cap < expected:
        raise Invalid(
            f"The cap of {cap:f} lies below the {expected:f} that are expected. Raise it.",
            field="cap_quantity",
            value=cap,
        )


def _require_words(terms: Terms) -> None:
    for section, name in SECTIONS.items():
        if len(getattr(terms, section)) > LONGEST_SECTION:
            raise Invalid(
                f"{name} is longer than {LONGEST_SECTION:,} characters. Shorten it.", field=section
            )


def _require_measure(measure: Measure) -> None:
    if not measure.name.strip() or not measure.method.strip():
        raise Invalid(
            "A success measure needs a name and how it is measured.",
            field="measures",
            value=measure.name,
        )
    figures = (measure.target, measure.floor)
    if not all(each.is_finite() and abs(each) < LARGEST_VALUE for each in figures):
        raise Invalid(
            f"Target and floor of “{measure.name}” must be numbers below {LARGEST_VALUE:,}.",
            field="measures",
            value=str(measure.target),
        )
    if measure.direction not in DIRECTIONS or measure.measurer not in MEASURERS:
        raise Invalid(
            f"“{measure.name}” needs a direction ({', '.join(DIRECTIONS)}) and a measurer"
            f" ({', '.join(MEASURERS)}).",
            field="measures",
            value=f"{measure.direction}, {measure.measurer}",
        )
    if not measure.floor_is_worse:
        raise Invalid(
            f"The floor {measure.floor:f} of “{measure.name}” is better than its target"
            f" {measure.target:f}. Exchange them, or change the direction.",
            field="measures",
            value=str(measure.floor),
        )
    if not 1 <= measure.weight <= HEAVIEST:
        raise Invalid(
            f"The weight of “{measure.name}” must be 1 to {HEAVIEST}.",
            field="measures",
            value=measure.weight,
        )


def _sound_adjustment(adjustment: Adjustment | None) -> Adjustment | None:
    if adjustment is None:
        return None
    figures = asdict(adjustment)
    for name, value in figures.items():
        is_percent = value.is_finite() and 0 <= value <= HUNDRED
        if not is_percent or value != value.quantize(PERCENT):
            raise Invalid(
                f"The {name} of the satisfaction adjustment is 0 to 100, with two places at most.",
                field="adjustment",
                value=value,
            )
    if not adjustment.percent or adjustment.floor >= adjustment.target:
        raise Invalid(
            f"The satisfaction adjustment needs a percentage above 0, and a floor below its target;"
            f" {adjustment.floor:f} is not below {adjustment.target:f}.",
            field="adjustment",
            value=adjustment.floor,
        )
    return Adjustment(**{name: value.quantize(PERCENT) for name, value in figures.items()})


def plain(value: object) -> Any:
    """The value as JSON knows it, with decimals and days as strings; TypeError for a float."""
    match value:
        case None | bool() | int() | str():
            return value
        case Decimal():
            return f"{value:f}"
        case datetime():
            return value.astimezone(UTC).isoformat()
        case date():
            return value.isoformat()
        case Mapping():
            return {str(name): plain(each) for name, each in value.items()}
        case list() | tuple():
            return [plain(each) for each in value]
    raise TypeError(f"{value!r} has no canonical form.")


def canonical(value: object) -> str:
    """One text for one meaning: sorted keys, no spaces, no floats."""
    return json.dumps(plain(value), sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def hash_of(document: Mapping[str, Any]) -> str:
    """SHA-256 of the canonical JSON, in hexadecimal."""
    return sha256(canonical(document).encode()).hexdigest()


def link(previous_hash: str, event: Mapping[str, Any]) -> str:
    """The hash of an event chained to the one before: h_i = SHA-256(h_{i-1} || event)."""
    return sha256((previous_hash + canonical(event)).encode()).hexdigest()


def _quantity(value: Decimal | None) -> Decimal | None:
    return None if value is None else value.quantize(QUANTITY)


def _measure(document: Mapping[str, Any]) -> Measure:
    words = {name: document[name] for name in Measure.__dataclass_fields__}
    return Measure(**words | {name: Decimal(words[name]) for name in ("target", "floor")})
