"""What the month knows about one contract, and what it makes of it; free of Django."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from accounts.errors import Refused
from contracts import spans
from contracts.pricing import Days
from contracts.settlement.gates import Result
from contracts.settlement.promises import Book
from ledger.money import LARGEST, ZERO, to_cents
from marketplace.price_plans import PricePlan

LONGEST_WORDS = 300


class Terms(NamedTuple):
    """One signed version as settlement reads it; in force from its day until the next one's."""

    version: int
    valid_from: date
    plan: PricePlan
    # How much of it the treasury's part of a dual price covers at most, a month.
    cap: Decimal | None = None


class Delivered(NamedTuple):
    """An entry of usage that stands; `key` is its row's, and 0 for one that was settled before."""

    used_on: date
    quantity: Decimal
    item: str = "units"
    key: int = 0


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
    earlier months that were refused and locked without it. `settled` is usage that an earlier run
    counted, of months of which more came late; `results` are those of plans paid by success.
    `suspended` days are not active ones. `book` is None without any promise beyond the price.
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
    suspended: list[Days] = field(default_factory=list)
    settled: list[Delivered] = field(default_factory=list)
    results: list[Result] = field(default_factory=list)
    book: Book | None = None


class Line(NamedTuple):
    """One charge, as it is stored; the calculation is in words and figures."""

    version: int
    kind: str
    term: str
    origin_month: date
    amount: Decimal
    quantity: Decimal | None
    calculation: str
    subsidy: Decimal = ZERO


class InForce(NamedTuple):
    """The days, inclusive, on which a version's terms hold."""

    days: Days
    terms: Terms


def in_force(case: Case) -> list[InForce]:
    """Which terms hold on which of its days; a later version holds from its day on."""
    versions = ((terms.valid_from, terms) for terms in case.terms)
    return [InForce(*span) for span in spans.in_force(versions, within=case.active)]


def active(held: Sequence[InForce], suspended: Sequence[Days]) -> list[InForce]:
    """The spans without their suspended days, which are not active (PRODUCT 4.6)."""
    if not suspended:
        return list(held)
    return [
        InForce(days, span.terms) for span in held for days in spans.without(span.days, suspended)
    ]


def has_days(days: Days) -> bool:
    return days.first <= days.last


def bounded(amount: Decimal) -> Decimal:
    """To the cent, once a line; Refused where no wallet could hold it."""
    if amount > LARGEST:
        raise Refused(f"{amount:,.2f} is more than any wallet can hold.", code="amount_too_large")
    return to_cents(amount)
