"""What buyers dispute on the preview is held when the month is posted (PRODUCT 4.10, 4.12)."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import connection

from contracts.models import Dispute, Overage
from ledger.charges import Hold
from ledger.money import ZERO
from ledger.sql import array

Rows = Callable[[str, dict[str, Any]], list[tuple[Any, ...]]]
ROUTE = "contracts:dispute"
# Also of an earlier month whose payment was refused: it is held once it is paid.
_DISPUTED = """
    SELECT d.contract_id, d.id, d.amount FROM contracts_dispute d
    JOIN contracts_contract c ON c.id = d.contract_id
    WHERE d.state = 'open' AND d.month <= %(month)s AND d.line_id IS NOT NULL
      AND d.held_on IS NULL AND c.buyer_id BETWEEN %(first)s AND %(until)s ORDER BY d.id"""
_HELD = """
    UPDATE contracts_dispute d
    SET held_amount = held.amount, held_on = %(on)s, held_from_id = c.buyer_id
    FROM unnest(%(disputes)s::bigint[], %(amounts)s::numeric[]) AS held (id, amount),
         contracts_contract c
    WHERE d.id = held.id AND c.id = d.contract_id"""


def disputed(values: dict[str, Any], *, rows: Rows) -> dict[int, list[Hold]]:
    """What is to be held of each contract, in the order in which it was disputed; one query."""
    found: dict[int, list[Hold]] = defaultdict(list)
    for contract, dispute, amount in rows(_DISPUTED, values):
        found[contract].append(Hold(dispute, amount))
    return found


def note_held(held: Iterable[Hold], *, on: date) -> None:
    """Write down what lies in the wallet of held money.

    Where nothing was paid there is nothing to hold: the overage that waits is contested instead,
    with the buyer's reason.
    """
    found = [each for each in held if each.amount]
    if found:
        with connection.cursor() as cursor:
            cursor.execute(
                _HELD,
                {
                    "on": on,
                    "disputes": array(each.cause_id for each in found),
                    "amounts": array(each.amount for each in found),
                },
            )
    nothing = [each.cause_id for each in held if not each.amount]
    for dispute in Dispute.objects.filter(pk__in=nothing):
        Overage.objects.filter(
            contract=dispute.contract_id, state=Overage.State.WAITING, month__gte=dispute.month
        ).update(
            state=Overage.State.CONTESTED, contest_reason=dispute.reason[:300],
            answered_on=on, answered_by=dispute.opened_by_id,
        )  # fmt: skip
    Dispute.objects.filter(pk__in=nothing).update(
        state=Dispute.State.SETTLED, because=Dispute.Because.WAITS, percent=Decimal(0),
        decided_on=on, settled_on=on, buyer_amount=ZERO, provider_amount=ZERO,
    )  # fmt: skip
