"""What one contract costs in a month, line by line; free of Django (PRODUCT 4.6, 4.10)."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date
from functools import cache, partial

from accounts.errors import Refused
from contracts.pricing import days_of
from contracts.settlement.arrears import carried_lines, correction_lines
from contracts.settlement.cases import Case, Delivered, InForce, Line, active, has_days, in_force
from contracts.settlement.charging import fee_lines, usage_lines, waits
from contracts.settlement.levels import level_lines
from contracts.settlement.opinions import satisfaction_lines
from contracts.settlement.pauses import pause_lines
from ledger.months import month_of
from marketplace.price_plans import Plan

_OUTCOMES = Plan.OUTCOME.counts


def lines_of(case: Case, month: date) -> list[Line]:
    """The month's lines, those of 0 included: they prove that it was computed.

    Refused says why there are none. Usage of an earlier month keeps its month as the origin.
    """
    held = in_force(case)
    if not held:
        raise Refused("No version of it carries both signatures on one text.", code="unsigned")
    spans = active(held, case.suspended)
    usage = _usage_by_month(case)
    due = {month, *case.late}
    spans_in = cache(partial(_within, spans))
    lines: list[Line] = []
    for origin in sorted({*due, *usage}):
        charged = spans_in(origin)
        if origin in due:
            lines += (
                fee_lines(charged, origin)
                if charged
                else pause_lines(_within(held, origin), origin)
            )
        elif waits(case, charged, origin):
            continue
        lines += usage_lines(case, charged, usage.get(origin, []), origin)
    if case.book:
        promised = level_lines(case.book, lines, month, due=due, spans_in=spans_in)
        adjusted = satisfaction_lines(case.book, lines, due=due, spans_in=spans_in)
        lines += [*promised, *adjusted]
    newest = held[-1].terms.version
    lines += correction_lines(case, newest)
    lines += carried_lines(case, newest)
    return lines


def counted_keys(case: Case) -> list[int]:
    """The rows of usage that the lines hold: not the outcomes of months that wait."""
    if not any(terms.plan.is_gated for terms in case.terms):
        return [each.key for each in case.usage]
    spans = active(in_force(case), case.suspended)
    waiting = {
        month for month in _usage_by_month(case) if waits(case, _within(spans, month), month)
    }
    return [
        each.key
        for each in case.usage
        if each.item != _OUTCOMES or month_of(each.used_on) not in waiting
    ]


def _within(spans: Sequence[InForce], month: date) -> list[InForce]:
    """The parts of the spans that lie in the month."""
    first, last = whole = days_of(month)
    found = []
    for span in spans:
        days = span.days
        if first <= days.first and days.last <= last:
            found.append(span)
        elif has_days(shared := days.shared(whole)):
            found.append(InForce(shared, span.terms))
    return found


def _usage_by_month(case: Case) -> dict[date, list[Delivered]]:
    found: dict[date, list[Delivered]] = defaultdict(list)
    for each in case.usage:
        found[month_of(each.used_on)].append(each)
    return found
