"""Charges that need no decision, paid where they lie: a few statements for thousands of them.

Most of a month is plain: its promise covers it, nobody disputes it, nothing is added to it. Those
never leave the database. Whoever posts puts all charges of a posting into a temporary table; what
is not plain comes back, to be decided one by one. The promises of all of them are locked first, by
key, as everywhere (`ledger.locking`).
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from ledger.charges import Charge
from ledger.models import Reservation, Transfer, Wallet
from ledger.money import ZERO
from ledger.moves import Sheet, prefix_of
from ledger.sql import array, run

_PREPARE = """
    DROP TABLE IF EXISTS pg_temp.charge_to_post, pg_temp.promise_to_use;
    CREATE TEMPORARY TABLE charge_to_post (
        cause_id bigint, buyer bigint, provider bigint, due numeric, may_exceed boolean,
        months date[], subsidy numeric, is_plain boolean) ON COMMIT DROP;
    CREATE TEMPORARY TABLE promise_to_use (
        id bigint, cause_id bigint, payer bigint, amount numeric, payee bigint, due numeric,
        pays boolean) ON COMMIT DROP;"""
_FILL = """
    INSERT INTO charge_to_post
           (cause_id, buyer, provider, due, may_exceed, months, subsidy, is_plain) """
_ALL = """
    SELECT cause_id, buyer, provider, due, may_exceed, months, subsidy FROM charge_to_post
    ORDER BY cause_id"""
_PARTIES = "SELECT buyer FROM charge_to_post UNION SELECT provider FROM charge_to_post"
_LOCK = """
    INSERT INTO promise_to_use
    SELECT r.id, c.cause_id, payer.id, r.amount, payee.id, c.due,
           c.is_plain AND r.month = %(month)s AND c.due BETWEEN 0 AND r.amount
    FROM charge_to_post c
    JOIN ledger_wallet payer ON payer.owner_id = c.buyer AND payer.fund = %(fund)s
         AND payer.fiscal_year = %(year)s
    JOIN ledger_wallet payee ON payee.owner_id = c.provider AND payee.fund = %(fund)s
         AND payee.fiscal_year = %(year)s
    JOIN ledger_reservation r ON r.cause_route = %(route)s AND r.cause_id = c.cause_id
         AND r.wallet_id = payer.id AND r.kind = %(kind)s AND r.month <= %(month)s
         AND r.closed_on IS NULL
    ORDER BY r.id FOR NO KEY UPDATE OF r"""
_PAY = """
    INSERT INTO ledger_transfer (month, payer_id, payee_id, amount, kind, reference, posted_on,
                                 posted_at, note, cause_route, cause_id, is_charged)
    SELECT %(month)s, payer, payee, due, %(charge)s, %(prefix)s || cause_id || '/net', %(on)s,
           %(at)s, '', %(route)s, cause_id,
           payer = ANY(%(charged)s::bigint[]) AND payee = ANY(%(charged)s::bigint[])
    FROM promise_to_use WHERE pays AND due > 0 ORDER BY cause_id"""
_CLOSE = """
    UPDATE ledger_reservation r SET closed_on = %(on)s
    FROM promise_to_use p WHERE p.pays AND r.id = p.id"""
_CHANGES = """
    SELECT payer, -sum(due), -sum(amount), 0 FROM promise_to_use WHERE pays GROUP BY 1
    UNION ALL
    SELECT payee, sum(due), 0, sum(due) FROM promise_to_use WHERE pays AND due > 0 GROUP BY 1"""
_REST = """
    SELECT c.cause_id, c.buyer, c.provider, c.due, c.may_exceed, c.months, c.subsidy
    FROM charge_to_post c LEFT JOIN promise_to_use p ON p.cause_id = c.cause_id AND p.pays
    WHERE p.id IS NULL ORDER BY c.cause_id"""


def collect(query: str, values: Mapping[str, Any]) -> None:
    """Put the charges of a posting where `pay` finds them, to the end of the transaction.

    The query's columns are those of a `Charge` without its holds, and whether it is plain: all of
    the posting's own month, without a subsidy, and not disputed.
    """
    run(_PREPARE)
    run(_FILL + query, values)


def everything() -> list[Charge]:
    """All that was collected, in the order of the causes."""
    return [Charge(*row) for row in run(_ALL)]


def parties() -> set[int]:
    """The keys of all MEs that pay or are paid."""
    return {me for (me,) in run(_PARTIES)}


def pay(sheet: Sheet, *, year: int) -> list[Charge]:
    """Pay what is plain and covered by its promise, and release the rest of that promise.

    What it changes in wallets stands in the sheet; the wallets themselves are not touched. The
    charges that are still to be decided, in the order of the causes. To be called with a sheet
    without levy, once the wallets of all parties exist.
    """
    values = {
        "route": sheet.route,
        "month": sheet.month,
        "fund": Wallet.Fund.OPERATING.value,
        "year": year,
        "kind": Reservation.Kind.COMMITTED.value,
        "charge": Transfer.Kind.CHARGE.value,
        "prefix": prefix_of(sheet.route, sheet.month),
        "on": sheet.on,
        "at": sheet.at,
        "charged": array(sheet.charged),
    }
    for statement in (_LOCK, _PAY, _CLOSE):
        run(statement, values)
    for wallet, moved, held, earned in run(_CHANGES):
        _add(sheet, wallet, moved, held, earned)
    return [Charge(*row) for row in run(_REST)]


def _add(sheet: Sheet, wallet: int, moved: Decimal, held: Decimal, earned: Decimal) -> None:
    sheet.moved[wallet] += moved
    sheet.held[wallet] += held or ZERO
    if earned:
        sheet.earned[wallet] += earned
