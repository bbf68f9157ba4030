"""Whether a month of an ME was worth its cost, and what a row of months leads to (PRODUCT 4.1).

Free of Django. A month that nobody can judge, because nothing is on record for it, neither breaks
nor lengthens a row of months.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

ACTIVE, PROBATION = "active", "probation"


@dataclass(frozen=True)
class Measured:
    """What a month is judged by; margin = value added - labour (PRODUCT 4.15)."""

    is_judged: bool
    margin: Decimal
    has_paying_customer: bool
    has_met_outcome: bool

    @property
    def is_worth_nothing(self) -> bool:
        """The verdict "none": no paying customer and no outcome met."""
        return not self.has_paying_customer and not self.has_met_outcome

    @property
    def is_below(self) -> bool:
        """Below the floor: at a loss, or worth nothing to anybody."""
        return self.is_judged and (self.margin < 0 or self.is_worth_nothing)

    @property
    def word(self) -> str:
        """As a pill prints it."""
        if not self.is_judged:
            return "not_judged"
        return "below" if self.is_below else "above"

    @property
    def why(self) -> str:
        """The verdict as a sentence."""
        if not self.is_judged:
            return "No cost and no sale outside is on record, so nobody can tell."
        customer = "a paying customer" if self.has_paying_customer else "no paying customer"
        outcome = "a success measure met" if self.has_met_outcome else "no success measure met"
        loss = "a loss" if self.margin < 0 else "a margin"
        return f"{loss.capitalize()} of {abs(self.margin):,.2f}, {customer}, {outcome}."


def next_state(state: str, below: Sequence[bool], *, after: int, ends_after: int) -> str:
    """The state that the judged months lead to; `below` is the latest month first.

    Losses in January, February and March: probation at the close of March. Profit in April and
    May: active at the close of May.
    """
    if state == ACTIVE and len(below) >= after and all(below[:after]):
        return PROBATION
    if state == PROBATION and len(below) >= ends_after and not any(below[:ends_after]):
        return ACTIVE
    return state
