"""What is charged for a month: its fee and its usage, by the price plans; free of Django.

A line is rounded once, however many prices and deliveries stand in it (PRODUCT 4.4, 4.6). Usage is
priced by the terms of its day. The bands, caps and baselines of a month are the month's own: they
go on where other terms of the same month left them, and where an earlier run left them when usage
comes late. They never begin again.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from accounts.errors import Refused
from contracts.pricing import PricedDays, fee
from contracts.settlement.cases import LONGEST_WORDS, Case, Delivered, InForce, Line, Terms, bounded
from contracts.settlement.gates import gate_of
from ledger.money import ZERO, to_cents
from ledger.months import days_in, month_of
from marketplace.price_plans import plain

FEE, USAGE = "fee", "usage"
_ALL = Decimal(1)
# What a line of units is called; the others by what was counted.
_TERMS = {"units": "usage"}


class Counted(NamedTuple):
    """Units that one version prices."""

    terms: Terms
    quantity: Decimal


def fee_lines(active: Sequence[InForce], origin: date) -> Iterator[Line]:
    """One line, however many prices the month had, rounded once."""
    fixed = [span for span in active if span.terms.plan.has_fee]
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
    case: Case, active: Sequence[InForce], delivered: Sequence[Delivered], origin: date
) -> Iterator[Line]:
    """A line for each item that was counted, over all its deliveries of the origin month.

    What waits for the month's success has a line of 0 that says so.
    """
    counts = (span.terms.plan.counts for span in active)
    for item in dict.fromkeys([*filter(None, counts), *(each.item for each in delivered)]):
        spans = [span for span in active if span.terms.plan.counts == item]
        new = [each for each in delivered if each.item == item]
        if not spans:
            raise _outside(new[0])
        yield _usage_line(case, spans, new, origin)


def waits(case: Case, active: Sequence[InForce], origin: date) -> bool:
    """Whether the month's outcomes wait for a value that both sides hold for true."""
    gated = [span for span in active if span.terms.plan.is_gated]
    return bool(gated) and _gate(case, gated, origin) is None


def _usage_line(
    case: Case, spans: Sequence[InForce], new: Sequence[Delivered], origin: date
) -> Line:
    last = spans[-1].terms
    term = _TERMS.get(last.plan.counts, last.plan.counts)
    gate = _gate(case, spans, origin)
    if gate is None:
        words = f"No value of {origin:%B %Y} stands yet that says how far it was a success."
        return Line(last.version, USAGE, term, origin, ZERO, ZERO, words)
    old = [
        each
        for each in case.settled
        if each.item == last.plan.counts and month_of(each.used_on) == origin
    ]
    every = _by_terms(spans, [*old, *new])
    amount, subsidy, words = to_cents(_amount(every) * gate), _subsidy(every), _words(every)
    if last.plan.is_gated:
        words = f"{words} × {plain(round(gate * 100, 2))} % success"
    if old:
        before = _by_terms(spans, old)
        paid = to_cents(_amount(before) * gate)
        words = f"{words} = {amount:,.2f}, less {paid:,.2f} for {plain(_sum(before))} before"
        amount, subsidy = amount - paid, subsidy - _subsidy(before)
    quantity = sum((each.quantity for each in new), ZERO)
    return Line(
        last.version, USAGE, term, origin, bounded(amount), quantity, words[:LONGEST_WORDS], subsidy
    )


def _by_terms(spans: Sequence[InForce], delivered: Iterable[Delivered]) -> list[Counted]:
    """How much falls under each version, in the order of the versions; 0 where nothing does.

    A version that was suspended within the month has several spans.
    """
    counted = {span.terms.version: Counted(span.terms, ZERO) for span in spans}
    for each in delivered:
        terms = next((s.terms for s in spans if s.days.first <= each.used_on <= s.days.last), None)
        if terms is None:
            raise _outside(each)
        before = counted[terms.version].quantity
        counted[terms.version] = Counted(terms, before + each.quantity)
    return list(counted.values())


def _outside(usage: Delivered) -> Refused:
    return Refused(
        f"Usage of {usage.used_on} lies on a day on which the contract counts no usage.",
        code="usage_outside_dates",
    )


def _amount(counted: Sequence[Counted]) -> Decimal:
    """What the units cost, exact: each part at its version's price, bands and caps going on."""
    if len(counted) == 1:
        return counted[0].terms.plan.usage_amount(counted[0].quantity)
    total, before, amount = _sum(counted), ZERO, ZERO
    for terms, quantity in counted:
        amount += terms.plan.usage_part(quantity, before=before, total=total)
        before += quantity
    most = counted[-1].terms.plan.most_of_month() if counted else None
    return amount if most is None else min(amount, most)


def _words(counted: Sequence[Counted]) -> str:
    if len(counted) == 1:
        return counted[0].terms.plan.words(counted[0].quantity)
    total, before, parts = _sum(counted), ZERO, []
    for terms, quantity in counted:
        part = terms.plan.usage_part(quantity, before=before, total=total)
        words = terms.plan.words(quantity)
        if terms.plan.usage_amount(quantity) != part:
            unit = terms.plan.item
            words = f"{plain(quantity)} {unit} after {plain(before)} = {to_cents(part):,.2f}"
        parts.append(words)
        before += quantity
    return " + ".join(parts)


def _subsidy(counted: Sequence[Counted]) -> Decimal:
    """What the treasury adds to these units for the provider, up to the cap of the month."""
    before, amount = ZERO, ZERO
    for terms, quantity in counted:
        covered = quantity
        if terms.cap is not None:
            covered = max(min(quantity, terms.cap - before), ZERO)
        amount += covered * terms.plan.subsidy_per_unit()
        before += quantity
    return to_cents(amount)


def _gate(case: Case, spans: Sequence[InForce], origin: date) -> Decimal | None:
    """By the measures of the month's last terms, which are those that values are entered for."""
    last = spans[-1].terms
    if not last.plan.is_gated:
        return _ALL
    return gate_of(case.results, version=last.version, month=origin, measure=last.plan.gate)


def _sum(counted: Sequence[Counted]) -> Decimal:
    return sum((each.quantity for each in counted), ZERO)
