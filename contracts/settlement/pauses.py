"""Suspended days in the settlement: read for a chunk, and proven by a line of 0."""

from collections.abc import Iterator, Sequence
from datetime import date

from contracts.settlement.cases import InForce, Line
from contracts.settlement.charging import FEE, USAGE
from ledger.money import ZERO

# Of late months too, so it looks at no month.
PAUSES = """
    SELECT s.contract_id, s.first_on, s.last_on FROM contracts_suspension s
    WHERE s.contract_id = ANY(%(contracts)s::bigint[]) ORDER BY s.contract_id, s.first_on"""


def pause_lines(held: Sequence[InForce], origin: date) -> Iterator[Line]:
    """One line of 0 for a month of which every day was suspended: it proves that it was computed.

    `held` are the spans of the month as if nothing were suspended.
    """
    if not held:
        return
    terms = held[-1].terms
    kind = FEE if terms.plan.has_fee else USAGE
    quantity = None if kind == FEE else ZERO
    count = sum(span.days.length for span in held)
    words = f"Suspended on all {count} days of the month that belong to it"
    yield Line(terms.version, kind, kind, origin, ZERO, quantity, words)
