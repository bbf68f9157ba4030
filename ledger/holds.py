"""What became of held money: held still, given to others, or back where it came from.

A hold and what is released of it carry the same cause. What the posting of a month holds was the
buyer's, and its reference begins with that month: what others get of it is spent. What is held
later was earned by then: what others get of it is a refund to them, and no spending of whoever
had earned it.
"""

import re
from collections import defaultdict
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from itertools import chain
from typing import NamedTuple

from django.db.models import Exists, OuterRef, Q, QuerySet

from ledger.models import Cause, Transfer, Wallet
from ledger.money import ZERO

_OF_A_POSTING = re.compile(r"\d{4}-\d\d/")


@dataclass
class Outcome:
    """Of one wallet: `still` held, and by month what others got of it, less what it got back."""

    still: Decimal = ZERO
    spent_by_month: dict[date, Decimal] = field(default_factory=lambda: defaultdict(Decimal))

    @property
    def spent(self) -> Decimal:
        return sum(self.spent_by_month.values(), ZERO)


class _Hold(NamedTuple):
    payer: Wallet
    amount: Decimal
    is_of_buyer: bool


def outcomes(wallets: Collection[int]) -> dict[int, Outcome]:
    """For each of these wallets that held money is of, in one query.

    Where one cause holds money of several, what is released counts for the earlier hold first.
    """
    if not wallets:
        return {}
    left: dict[Cause, list[_Hold]] = defaultdict(list)
    found: dict[int, Outcome] = defaultdict(Outcome)
    for row in _rows(wallets):
        if row.payee.system == Wallet.System.HELD:
            is_of_buyer = bool(_OF_A_POSTING.match(row.reference))
            left[row.cause].append(_Hold(row.payer, row.amount, is_of_buyer))
            continue
        comes_back = any(hold.payer == row.payee for hold in left[row.cause])
        for part in _taken(left[row.cause], row.amount):
            if part.is_of_buyer and not comes_back:
                found[part.payer.pk].spent_by_month[row.month] += part.amount
            elif not comes_back and _is_refund(part.payer, row.payee):
                found[row.payee_id].spent_by_month[row.month] -= part.amount
    for hold in chain.from_iterable(left.values()):
        found[hold.payer.pk].still += hold.amount
    return {key: found[key] for key in wallets if key in found}


def _rows(wallets: Collection[int]) -> QuerySet[Transfer]:
    """Every hold and release of the causes for which one of the wallets was held or released."""
    held = Wallet.System.HELD
    same = {"cause_route": OuterRef("cause_route"), "cause_id": OuterRef("cause_id")}
    mine = Q(payer__in=wallets, payee__system=held) | Q(payee__in=wallets, payer__system=held)
    rows = Transfer.objects.filter(
        Q(payer__system=held) | Q(payee__system=held), Exists(Transfer.objects.filter(mine, **same))
    )
    return rows.order_by("pk").select_related("payer", "payee")


def _taken(holds: list[_Hold], amount: Decimal) -> Iterator[_Hold]:
    """What a release takes of each hold, the earlier ones first; they shrink by it."""
    for place, hold in enumerate(holds):
        part = min(hold.amount, amount)
        amount -= part
        holds[place] = hold._replace(amount=hold.amount - part)
        if part:
            yield hold._replace(amount=part)


def _is_refund(payer: Wallet, payee: Wallet) -> bool:
    """Of the year in which it was paid; a later year has spent nothing that could come back."""
    return payer.owner_id != payee.owner_id and payer.fiscal_year == payee.fiscal_year
