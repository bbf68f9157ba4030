"""What earlier months left open: corrections, refused payments, credits that were not paid.

Free of Django (PRODUCT 4.10). Each becomes a line that keeps the month it comes from.
"""

from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal

from contracts.settlement.cases import LONGEST_WORDS, Case, Line
from ledger.money import ZERO

CORRECTION, CARRIED = "correction", "carried"
# The two terms of a carried line: who could not pay.
UNPAID_CREDIT, UNPAID_CHARGE = "credit", "unpaid"
_WORDS = {
    UNPAID_CREDIT: "Owed by the provider for {month:%B %Y}, which had too little available",
    UNPAID_CHARGE: "Charged for {month:%B %Y}, when the payment was refused",
}


def correction_lines(case: Case, version: int) -> Iterator[Line]:
    """One line per correction, above zero for the buyer to pay; in the order they were entered."""
    for each in case.corrections:
        words = f"Correction of {each.origin_month:%B %Y}: {each.reason}"[:LONGEST_WORDS]
        term = f"correction {each.key}"
        yield Line(version, CORRECTION, term, each.origin_month, each.amount, None, words)


def carried_lines(case: Case, version: int) -> Iterator[Line]:
    """One line per origin month and reason, with the sign that it had."""
    for each in case.carried:
        words = _WORDS[each.term].format(month=each.origin_month)
        yield Line(version, CARRIED, each.term, each.origin_month, each.amount, None, words)


def rest_by_origin(
    sums: Sequence[tuple[date, Decimal]], rest: Decimal
) -> list[tuple[date, Decimal]]:
    """How an unpaid rest, above zero, of a month that is below zero splits by origin month.

    What was paid, or charged in the same month, counts for the oldest debt first, so the rest
    lies with the newest; the parts are below zero and add up to it.
    """
    left, parts = rest, []
    for origin, amount in sorted(sums, reverse=True):
        part = min(left, max(-amount, ZERO))
        if part:
            parts.append((origin, -part))
        left -= part
    return parts[::-1]
