"""Locks on promises and wallets, and what changes under them.

They are taken in one order, so that two payments never wait for each other: promises before
wallets, each by key. They are "no key" locks: a row that only points at a locked one needs a key
lock on it when it commits, and need not wait. A wallet is decided on only after it is locked.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal

from django.db.models import QuerySet

from accounts.errors import Refused
from ledger.models import Reservation, Wallet
from ledger.money import ZERO
from ledger.sql import array, run

# By what changes and in one statement, because others wait for it.
_CHANGE = """
    UPDATE ledger_wallet w SET balance = w.balance + d.moved, reserved = w.reserved + d.held
    FROM unnest(%(wallets)s::bigint[], %(moved)s::numeric[], %(held)s::numeric[])
         AS d (id, moved, held)
    WHERE w.id = d.id"""


def held(rows: QuerySet[Reservation]) -> list[Reservation]:
    return list(rows.select_for_update(no_key=True).order_by("pk"))


def ended_windows(*, on: date) -> QuerySet[Reservation]:
    kind = Reservation.Kind.DISPUTE_WINDOW
    return Reservation.objects.open().filter(kind=kind, ends_on__lt=on)


def close(rows: Sequence[Reservation], *, on: date) -> dict[int, Decimal]:
    """Close promises whose rows are locked, and tell by wallet by how much `reserved` changes."""
    freed: dict[int, Decimal] = defaultdict(Decimal)
    for row in rows:
        freed[row.wallet_id] -= row.amount
    if rows:
        Reservation.objects.filter(pk__in=[row.pk for row in rows]).update(closed_on=on)
    return freed


def lock_wallets(keys: Iterable[int], *, on: date) -> dict[int, Wallet]:
    """Lock wallets of MEs by key; a system wallet stores nothing, so it is never among them.

    What has left its dispute window by date is free even if no job has run (a clock rule), so it
    is freed here, before anybody decides.
    """
    found = list(keys)
    ended = held(ended_windows(on=on).filter(wallet__in=found))
    rows = Wallet.objects.filter(pk__in=found, system="")
    wallets = {w.pk: w for w in rows.select_for_update(no_key=True).order_by("pk")}
    if ended:
        change_wallets(wallets, reserved=close(ended, on=on))
    return wallets


def require_year_open(wallets: Iterable[Wallet]) -> None:
    """Refused `year_closed` where one of the locked wallets is of a fiscal year that is closed."""
    for wallet in wallets:
        if wallet.closed_on:
            raise Refused(
                f"The fiscal year {wallet.fiscal_year} of {wallet.owner} was closed on "
                f"{wallet.closed_on:%-d %B %Y}.",
                code="year_closed",
                help="What was left and what was promised lies in the next year’s wallet.",
            )


def require_available(wallets: Mapping[int, Wallet], payer: Wallet, amount: Decimal) -> None:
    wallet = wallets.get(payer.pk)
    if wallet and amount > 0 and wallet.available < amount:
        raise Refused(
            f"{wallet.owner} has {wallet.available:,.2f} available in its {wallet.fund} wallet of "
            f"{wallet.fiscal_year}, {amount:,.2f} is needed.",
            code="not_enough_money",
            help="Ask an HR admin for a grant, or end or cancel something that is committed.",
            facts={"available": str(wallet.available), "needed": str(amount)},
        )


def change_wallets(
    wallets: Mapping[int, Wallet],
    *,
    balance: Mapping[int, Decimal] | None = None,
    reserved: Mapping[int, Decimal] | None = None,
) -> None:
    """Write what changes in locked wallets; the others stay as they are."""
    changed = []
    for key, wallet in wallets.items():
        moved, held_more = (balance or {}).get(key, ZERO), (reserved or {}).get(key, ZERO)
        if moved or held_more:
            wallet.balance += moved
            wallet.reserved += held_more
            changed.append((key, moved, held_more))
    if changed:
        keys, moves, holds = (array(column) for column in zip(*changed, strict=True))
        run(_CHANGE, {"wallets": keys, "moved": moves, "held": holds})
