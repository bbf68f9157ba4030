"""What one contract costs in a month, line by line; free of Django (PRODUCT 4.6, 4.10)."""

from collections import defaultdict
from datetime import date

from accounts.errors import Refused
from contracts.pricing import days_of
from contracts.settlement.arrears import carried_lines, correction_lines
from contracts.settlement.cases import Case, Delivered, InForce, Line, has_days, in_force
from contracts.settlement.charging import fee_lines, usage_lines
from ledger.months import month_of


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
            if has_days(shared := days.shared(days_of(origin)))
        ]
        if origin == month or origin in case.late:
            lines += fee_lines(active, origin)
        lines += usage_lines(active, usage.get(origin, []), origin)
    newest = spans[-1].terms.version
    lines += correction_lines(case, newest)
    lines += carried_lines(case, newest)
    return lines


def _usage_by_month(case: Case) -> dict[date, list[Delivered]]:
    found: dict[date, list[Delivered]] = defaultdict(list)
    for each in case.usage:
        found[month_of(each.used_on)].append(each)
    return found
