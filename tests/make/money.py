"""Money for tests, through the ledger's own actions."""

from decimal import Decimal
from itertools import count

from ledger import actions, drafting, queries
from ledger.models import Cause, Transfer, Wallet
from tests.make.people import FORMED, TODAY, hr_admin

_numbers = count(1)


def granted(to, amount, *, fund="operating", month=FORMED, on=TODAY):
    """Grant the ME money of that month's fiscal year and return its wallet, fresh."""
    number = next(_numbers)
    actions.pay(
        actions.system_wallet("treasury"), actions.wallet_of(to, month=month, fund=fund),
        Decimal(amount), kind=Transfer.Kind.GRANT, month=month, on=on,
        reference=f"grant/test/{number}", cause=Cause("ledger:grant", number),
    )  # fmt: skip
    return wallet(to, fund=fund)


def wallet(of, *, fund="operating", year=2026):
    return Wallet.objects.get(owner=of, fund=fund, fiscal_year=year)


def money(of, *, on=TODAY, fund="operating"):
    """The money bar of the ME on that day."""
    return queries.money_of(of, on=on, fund=fund)


def budget_draft(to, amount, *, release="yearly", by=None, reference="", year=2026):
    """A budget that grants the ME this amount, not yet published."""
    envelope = drafting.Envelope("operating", year, release, "Travel 2026")
    return drafting.draft_grant(
        to, Decimal(amount), envelope, by=by or hr_admin(), on=TODAY, reference=reference
    )
