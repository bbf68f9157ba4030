"""What the month knows about one contract, and what it makes of it; free of Django."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from accounts.errors import Refused
from contracts.pricing import Days
from ledger.money import LARGEST, to_cents
from marketplace.price_plans import PricePlan

LONGEST_WORDS = 300


class Terms(NamedTuple):
    """One signed version as settlement reads it; in force from its day until the next one's."""

    version: int
    valid_from: date
    plan: PricePlan


class Delivered(NamedTuple):
    used_on: date
    quantity: Decimal


class Corrected(NamedTuple):
    """A confirmed correction of a locked month; above zero the buyer pays it."""

    key: int
    origin_month: date
    amount: Decimal
    reason: str


class Carried(NamedTuple):
    """What an earlier month left unpaid; `keys` are the rows that say so, where there are any."""

    term: str
    origin_month: date
    amount: Decimal
    keys: Sequence[int] = ()


@dataclass(slots=True)
class Case:
    """Everything the month knows about one contract.

    `active` are its days by dates alone, `terms` come in the order of their versions, `late` are
    earlier months that were refused and locked without it.
    """

    contract: int
    buyer: int
    provider: int
    active: Days
    terms: list[Terms] = field(default_factory=list)
    usage: list[Delivered] = field(default_factory=list)
    late: list[date] = field(default_factory=list)
    corrections: list[Corrected] = field(default_factory=list)
    carried: list[Carried] = field(default_factory=list)


class Line(NamedTuple):
    """One charge, as it is stored; the calculation is in words and figures."""

    version: int
    kind: str
    term: str
    origin_month: date
    amount: Decimal
    quantity: Decimal | None
    calculation: str


Computed = tuple[Case, list[Line]]


class InForce(NamedTuple):
    """The days, inclusive, on which a version's terms hold."""

    days: Days
    terms: Terms


def in_force(case: Case) -> list[InForce]:
    """Which terms hold on which active days; a later version holds from its day on."""
    spans: list[InForce] = []
    for terms in case.terms:
        start = max(terms.valid_from, case.active.first)
        spans = [
            InForce(Days(days.first, min(days.last, _day_before(start))), earlier)
            for days, earlier in spans
            if days.first < start
        ]
        spans.append(InForce(Days(start, case.active.last), terms))
    return [span for span in spans if has_days(span.days)]


def has_days(days: Days) -> bool:
    return days.first <= days.last


def bounded(amount: Decimal) -> Decimal:
    """To the cent, once a line; Refused where no wallet could hold it."""
    if amount > LARGEST:
        raise Refused(f"{amount:,.2f} is more than any wallet can hold.", code="amount_too_large")
    return to_cents(amount)


def plain(quantity: Decimal) -> str:
    """180 for 180.000, and 2.5 for 2.500."""
    text = f"{quantity:,f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _day_before(day: date) -> date:
    return date.fromordinal(day.toordinal() - 1)
