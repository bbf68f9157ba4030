"""What one contract costs in a month, line by line; free of Django (PRODUCT 4.6, 4.10)."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from accounts.errors import Refused
from contracts.pricing import Days, PricedDays, days_of, fee
from ledger.money import LARGEST, ZERO, to_cents
from ledger.months import days_in, month_of
from marketplace.price_plans import Plan, PricePlan

FEE, USAGE = "fee", "usage"
_LONGEST = 300


class Terms(NamedTuple):
    """One signed version as settlement reads it; in force from its day until the next one's."""

    version: int
    valid_from: date
    plan: PricePlan


class Delivered(NamedTuple):
    used_on: date
    quantity: Decimal


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


class Line(NamedTuple):
    """One charge, as it is stored; the calculation is in words and figures."""

    version: int
    kind: str
    term: str
    origin_month: date
    amount: Decimal
    quantity: Decimal | None
    calculation: str


class InForce(NamedTuple):
    days: Days
    terms: Terms


def lines_of(case: Case, month: date) -> list[Line]:
    """The month's lines, those of 0 included: they prove that it was computed.

    Refused says why there are none. Usage of an earlier month keeps its month as the origin.
    """
    spans = in_force(case)
    if not spans:
        raise Refused("No version of it carries both signatures on one text.", code="unsigned")
    usage = _usage_by_month(case)
    lines: list[Line] = []
    for origin in sorted({month, *case.late, *usage}):
        active = [
            InForce(shared, terms)
            for days, terms in spans
            if _has_days(shared := days.shared(days_of(origin)))
        ]
        if origin == month or origin in case.late:
            lines += _fee_line(active, origin)
        lines += _usage_line(active, usage.get(origin, []), origin)
    return lines


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
    return [span for span in spans if _has_days(span.days)]


def _fee_line(active: Sequence[InForce], origin: date) -> Iterator[Line]:
    """One line, however many prices the month had, rounded once."""
    fixed = [span for span in active if span.terms.plan.plan is Plan.FIXED]
    if not fixed:
        return
    prices = [PricedDays(*days, terms.plan.monthly_fee()) for days, terms in fixed]
    amount = _bounded(fee(prices, origin))
    total = days_in(origin)
    counts = [(span.last - span.first).days + 1 for span in prices]
    parts = [f"{span.price:,.2f} × {days}" for span, days in zip(prices, counts, strict=True)]
    words = f"{' + '.join(parts)} of {total} days"
    if counts == [total]:
        words = f"{amount:,.2f} a month, all {total} days"
    yield Line(fixed[-1].terms.version, FEE, "fee", origin, amount, None, words[:_LONGEST])


def _usage_line(
    active: Sequence[InForce], delivered: Sequence[Delivered], origin: date
) -> Iterator[Line]:
    """One line over all deliveries, each at the price of its day, rounded once."""
    measured = [span for span in active if span.terms.plan.plan is Plan.PER_UNIT]
    if not measured and not delivered:
        return
    by_terms: dict[Terms, Decimal] = {span.terms: ZERO for span in measured}
    for used_on, quantity in delivered:
        terms = next((s.terms for s in measured if s.days.first <= used_on <= s.days.last), None)
        if terms is None:
            raise Refused(
                f"Usage of {used_on} lies on a day on which the contract counts no usage.",
                code="usage_outside_dates",
            )
        by_terms[terms] += quantity
    amount = sum((terms.plan.usage_amount(q) for terms, q in by_terms.items()), ZERO)
    parts = [
        f"{_plain(quantity)} × {terms.plan.price:,.2f} per {terms.plan.unit}"
        for terms, quantity in by_terms.items()
    ]
    last = measured[-1].terms
    quantity = sum(by_terms.values(), ZERO)
    words = " + ".join(parts)[:_LONGEST]
    yield Line(last.version, USAGE, "usage", origin, _bounded(amount), quantity, words)


def _has_days(days: Days) -> bool:
    return days.first <= days.last


def _usage_by_month(case: Case) -> dict[date, list[Delivered]]:
    found: dict[date, list[Delivered]] = defaultdict(list)
    for each in case.usage:
        found[month_of(each.used_on)].append(each)
    return found


def _bounded(amount: Decimal) -> Decimal:
    if amount > LARGEST:
        raise Refused(f"{amount:,.2f} is more than any wallet can hold.", code="amount_too_large")
    return to_cents(amount)


def _day_before(day: date) -> date:
    return date.fromordinal(day.toordinal() - 1)


def _plain(quantity: Decimal) -> str:
    """180 for 180.000, and 2.5 for 2.500."""
    text = f"{quantity:,f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
