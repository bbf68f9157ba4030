"""What is posted for a month: charges, what is disputed of them, and what they leave open."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from ledger.models import Cause
from ledger.money import ZERO, to_cents


class Hold(NamedTuple):
    """What is disputed of a charge: the key of the dispute, and the amount that is kept apart."""

    cause_id: int
    amount: Decimal


class Charge(NamedTuple):
    """What one cause owes for the month: buyer and provider are keys of MEs.

    `due` has two places; below zero the provider owes it to the buyer. `may_exceed` says whether
    what is above the promise may be paid at all without the buyer's word. `months` are earlier
    ones that it settles too: what is still committed for them pays with the rest. `holds` are
    parts of `due` that nobody is paid yet. `subsidy` is what the treasury adds for the provider.
    """

    cause_id: int
    buyer: int
    provider: int
    due: Decimal
    may_exceed: bool
    months: Sequence[date] = ()
    subsidy: Decimal = ZERO
    holds: Sequence[Hold] = ()


class Window(NamedTuple):
    """The dispute window in which a provider's revenue of the run stays reserved."""

    cause: Cause
    ends_on: date


class Levy(NamedTuple):
    """The share of what providers are paid that goes to one ME, as a factor (PRODUCT 4.10)."""

    owner: int
    rate: Decimal

    def of(self, paid: Decimal, *, provider: int) -> Decimal:
        """Rounded half up, once; nothing where the ME would pay it to itself."""
        return ZERO if provider == self.owner else to_cents(paid * self.rate)


class Waiting(NamedTuple):
    """What was above the promise and could not be paid: `available` when it was decided."""

    cause_id: int
    amount: Decimal
    available: Decimal
    is_above_cap: bool


class Unpaid(NamedTuple):
    """What a provider owed and could not pay back, above zero."""

    cause_id: int
    amount: Decimal


@dataclass(slots=True)
class Posted:
    """What a posting left open, and what it holds for disputes."""

    waiting: list[Waiting] = field(default_factory=list)
    unpaid: list[Unpaid] = field(default_factory=list)
    held: list[Hold] = field(default_factory=list)


def with_holds(charges: Iterable[Charge], holds: Mapping[int, Sequence[Hold]]) -> list[Charge]:
    """No more is held of a charge than is due, the earlier dispute first; `holds` by cause."""
    return [
        charge._replace(holds=_within(max(charge.due, ZERO), holds[charge.cause_id]))
        if charge.cause_id in holds
        else charge
        for charge in charges
    ]


def _within(left: Decimal, holds: Sequence[Hold]) -> list[Hold]:
    kept = []
    for cause_id, amount in holds:
        kept.append(Hold(cause_id, min(amount, left)))
        left -= kept[-1].amount
    return kept
