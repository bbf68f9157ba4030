"""Money of the treasury for many MEs at once, and what comes back from them."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from django.db import transaction

from accounts import clock
from accounts.constraints import saying
from accounts.models import MicroEnterprise, User
from ledger import basis
from ledger.actions import payload_of, reference_reused, system_wallet
from ledger.locking import change_wallets, lock_wallets
from ledger.models import Cause, Transfer, Wallet
from ledger.money import exact
from ledger.runs import month_is_locked


class Grant(NamedTuple):
    """Money of the treasury for one ME in one month; the reference grants once."""

    owner: MicroEnterprise
    amount: Decimal
    month: date
    reference: str


class Return(NamedTuple):
    """What is asked back of one ME; it comes as far as the ME has it available."""

    owner: int
    amount: Decimal
    reference: str
    cause: Cause


@transaction.atomic
def grant_all(
    grants: Sequence[Grant],
    *,
    fund: str,
    fiscal_year: int,
    cause: Cause,
    on: date,
    by: User | None = None,
    note: str = "",
) -> list[Transfer]:
    """Pay many grants of one fund and fiscal year; those that were not paid before come back.

    A handful of queries for thousands of MEs. Refused `month_locked`, or `key_reused` where a
    reference stands for something else; then none is paid.
    """
    treasury = system_wallet(Wallet.System.TREASURY)
    wallets_by_owner = _wallets_of(
        {each.owner.pk for each in grants}, fund=fund, fiscal_year=fiscal_year
    )
    at, since = clock.now(), basis.charged_since(wallets_by_owner)
    asked = [
        Transfer(
            payer=treasury, payee_id=wallets_by_owner[each.owner.pk], amount=exact(each.amount),
            is_charged=since.get(each.owner.pk, date.max) <= each.month,
            kind=Transfer.Kind.GRANT, month=each.month, reference=each.reference, posted_on=on,
            posted_at=at, posted_by=by, note=note, **cause._asdict(),
        )
        for each in grants
    ]  # fmt: skip
    wallets = lock_wallets(wallets_by_owner.values(), on=on)
    # A twin that pays the same grant locks the same wallet, so a look after the lock is final.
    done = Transfer.objects.in_bulk([row.reference for row in asked], field_name="reference")
    for row in asked:
        if row.reference in done and payload_of(done[row.reference]) != payload_of(row):
            raise reference_reused(row.reference)
    new = [row for row in asked if row.reference not in done]
    months = {row.month for row in new}
    with saying(transfer_month_is_open=month_is_locked(min(months, default=on))):
        Transfer.objects.bulk_create(new)
    received: dict[int, Decimal] = defaultdict(Decimal)
    for row in new:
        received[row.payee_id] += row.amount
    change_wallets(wallets, balance=received)
    return new


@transaction.atomic
def return_all(
    returns: Sequence[Return],
    *,
    fund: str,
    fiscal_year: int,
    month: date,
    on: date,
    by: User | None = None,
    note: str = "",
) -> list[Transfer]:
    """Take back what each ME has available, at most what is asked, in the order of the returns.

    A handful of queries for thousands of MEs; a reference that was used before returns nothing
    more. Refused `month_locked`.
    """
    keys = _wallets_of({each.owner for each in returns}, fund=fund, fiscal_year=fiscal_year)
    treasury = system_wallet(Wallet.System.TREASURY)
    wallets = lock_wallets(keys.values(), on=on)
    done = Transfer.objects.in_bulk([each.reference for each in returns], field_name="reference")
    charged = basis.charged_mes(keys, month=month)
    at, taken = clock.now(), defaultdict[int, Decimal](Decimal)
    new = []
    for each in returns:
        wallet = wallets[keys[each.owner]]
        amount = min(each.amount, wallet.available + taken[wallet.pk])
        if amount <= 0 or each.reference in done:
            continue
        taken[wallet.pk] -= amount
        new.append(
            Transfer(
                payer=wallet, payee=treasury, amount=exact(amount), kind=Transfer.Kind.GRANT,
                month=month, reference=each.reference, posted_on=on, posted_at=at, posted_by=by,
                note=note, is_charged=each.owner in charged, **each.cause._asdict(),
            )
        )  # fmt: skip
    with saying(transfer_month_is_open=month_is_locked(month)):
        Transfer.objects.bulk_create(new)
    change_wallets(wallets, balance=taken)
    return new


def _wallets_of(owners: Collection[int], *, fund: str, fiscal_year: int) -> dict[int, int]:
    """The key of each owner's wallet, made where it is missing."""
    rows = Wallet.objects.filter(fund=fund, fiscal_year=fiscal_year, owner__in=owners)
    found = dict(rows.values_list("owner", "pk"))
    if len(found) < len(owners):
        Wallet.objects.bulk_create(
            (
                Wallet(owner_id=owner, fund=fund, fiscal_year=fiscal_year)
                for owner in sorted(set(owners) - found.keys())
            ),
            ignore_conflicts=True,
        )
        found = dict(rows.values_list("owner", "pk"))
    return found
