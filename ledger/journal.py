"""The month's journal for the finance system: real money by double entry (PRODUCT 4.7).

Each charged movement and every payment outside is a debit of whoever receives and a credit of
whoever pays, of the same amount; so the two columns are equal, and the journal proves zero.
Notional money never gets here. What a notional ME pays outside does.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import islice
from typing import NamedTuple

from django.db.models import Q, QuerySet, Sum

from accounts import permissions
from accounts.models import User
from ledger import causes
from ledger.models import Transfer, Wallet
from ledger.money import ZERO
from ledger.statements import SYSTEM_NAMES

CHUNK = 2_000
_OUTSIDE = Q(payer__system=Wallet.System.OUTSIDE) | Q(payee__system=Wallet.System.OUTSIDE)


class Account(NamedTuple):
    """Of an ME, or of the system: a code for the finance system, a name for people."""

    code: str
    name: str
    legal_entity: str = ""


@dataclass(frozen=True)
class Posting:
    """One half of an entry: an amount on one side of one account."""

    transfer: Transfer
    account: Account
    fund: str
    fiscal_year: int | None
    debit: Decimal
    credit: Decimal
    cause: str


class Balance(NamedTuple):
    """An account's sums in the month."""

    account: Account
    debit: Decimal
    credit: Decimal

    @property
    def balance(self) -> Decimal:
        return self.debit - self.credit


def require_may_read(user: User) -> None:
    """Forbidden but for HR admins, the CHRO, auditors, and clients that read money."""
    permissions.require(
        permissions.may_see_all_money(user),
        "HR admins, the CHRO and auditors read the journal.",
        help="What moved for your own ME stands on its statement.",
    )


def entries(month: date | None = None) -> QuerySet[Transfer]:
    """The charged movements and all payments outside, of one month or of all."""
    rows = Transfer.objects.filter(Q(is_charged=True) | _OUTSIDE)
    return rows if month is None else rows.filter(month=month)


def postings(month: date) -> Iterator[Posting]:
    """Two for each entry of the month, debit first, in the order of posting."""
    rows = entries(month).select_related("payer__owner", "payee__owner").order_by("pk")
    stream = rows.iterator(chunk_size=CHUNK)
    while chunk := list(islice(stream, CHUNK)):
        words = causes.words_for(row.cause for row in chunk)
        for row in chunk:
            yield _posting(row, row.payee, words[row.cause], debit=row.amount)
            yield _posting(row, row.payer, words[row.cause], credit=row.amount)


def trial_balance(month: date) -> list[Balance]:
    """The sums of every account, MEs by name, then those of the system; two queries.

    The columns are summed apart, by payee and by payer.
    """
    found: dict[Account, list[Decimal]] = defaultdict(lambda: [ZERO, ZERO])
    for place, side in enumerate(("payee", "payer")):
        names = [f"{side}__{each}" for each in _OF_WALLET]
        rows = entries(month).order_by().values_list(*names).annotate(total=Sum("amount"))
        for system, owner, name, legal_entity, total in rows:
            found[_account(system, owner, name, legal_entity)][place] += total
    balances = [Balance(account, *sums) for account, sums in found.items()]
    return sorted(balances, key=lambda each: (each.account.code in _SYSTEM, each.account.name))


_OF_WALLET = ("system", "owner", "owner__name", "owner__legal_entity")
_SYSTEM = {system.upper() for system in Wallet.System.values}


def account_of(wallet: Wallet) -> Account:
    """`ME-12`, or `TREASURY`, `OUTSIDE`, `HELD`."""
    owner = wallet.owner
    told = (owner.pk, owner.name, owner.legal_entity) if owner else (None, "", "")
    return _account(wallet.system, *told)


def _account(system: str, owner: int | None, name: str | None, entity: str | None) -> Account:
    if system:
        return Account(system.upper(), SYSTEM_NAMES[Wallet.System(system)])
    return Account(f"ME-{owner}", name or "", entity or "")


def _posting(
    row: Transfer, wallet: Wallet, cause: str, *, debit: Decimal = ZERO, credit: Decimal = ZERO
) -> Posting:
    account = account_of(wallet)
    return Posting(row, account, wallet.fund, wallet.fiscal_year, debit, credit, cause)
