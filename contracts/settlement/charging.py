"""What is charged for a month: its fee and its usage, by the price plans; free of Django.

A line is rounded once, however many prices and deliveries stand in it (PRODUCT 4.4, 4.6).
"""

from collections.abc import Iterator, Sequence
from datetime import date

from accounts.errors import Refused
from contracts.pricing import PricedDays, fee
from contracts.settlement.cases import LONGEST_WORDS, Delivered, InForce, Line, bounded, plain
from ledger.money import ZERO
from ledger.months import days_in
from marketplace.price_plans import Plan

FEE, USAGE = "fee", "usage"


def fee_lines(active: Sequence[InForce], origin: date) -> Iterator[Line]:
    """One line, however many prices the month had, rounded once."""
    fixed = [span for span in active if span.terms.plan.plan is Plan.FIXED]
    if not fixed:
        return
    prices = [PricedDays(*days, terms.plan.monthly_fee()) for days, terms in fixed]
    amount = bounded(fee(prices, origin))
    total = days_in(origin)
    counts = [(span.last - span.first).days + 1 for span in prices]
    parts = [f"{span.price:,.2f} × {days}" for span, days in zip(prices, counts, strict=True)]
    words = f"{' + '.join(parts)} of {total} days"
    if counts == [total]:
        words = f"{amount:,.2f} a month, all {total} days"
    yield Line(fixed[-1].terms.version, FEE, "fee", origin, amount, None, words[:LONGEST_WORDS])


def usage_lines(
    active: Sequence[InForce], delivered: Sequence[Delivered], origin: date
) -> Iterator[Line]:
    """One line over all deliveries, each at the price of its day, rounded once."""
    measured = [span for span in active if span.terms.plan.plan is Plan.PER_UNIT]
    if not measured and not delivered:
        return
    by_terms = {span.terms: ZERO for span in measured}
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
        f"{plain(quantity)} × {terms.plan.price:,.2f} per {terms.plan.unit}"
        for terms, quantity in by_terms.items()
    ]
    last = measured[-1].terms
    quantity = sum(by_terms.values(), ZERO)
    words = " + ".join(parts)[:LONGEST_WORDS]
    yield Line(last.version, USAGE, "usage", origin, bounded(amount), quantity, words)
