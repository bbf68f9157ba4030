"""The money of an ME that dissolves: what keeps it, and where the rest goes (PRODUCT 4.1)."""

from datetime import date

from accounts.models import MicroEnterprise
from ledger import actions, queries
from ledger.models import Cause, Transfer, Wallet
from ledger.months import month_of

ROUTE = "marketplace:me"


def blockers(me: MicroEnterprise, on: date) -> list[str]:
    """Money that is reserved for something or held by a dispute."""
    year, said = queries.fiscal_year_of(on), []
    for purse in queries.monies_of(me, on=on):
        where = f"in the {purse.fund} wallet of {purse.fiscal_year}"
        if purse.reserved:
            said.append(f"{purse.reserved:,.2f} is still reserved {where}.")
        if purse.held:
            said.append(f"{purse.held:,.2f} is still held {where}.")
        if purse.fiscal_year < year and purse.balance:
            said.append(f"The fiscal year {purse.fiscal_year} is not closed yet.")
    return said


def return_money(me: MicroEnterprise, *, on: date) -> None:
    """The rest of all its wallets goes to the treasury; a dissolved ME is granted nothing more."""
    treasury = actions.system_wallet(Wallet.System.TREASURY)
    for wallet in Wallet.objects.filter(owner=me, balance__gt=0).order_by("pk"):
        actions.pay(
            wallet, treasury, wallet.balance, kind=Transfer.Kind.LAPSE, month=month_of(on),
            reference=f"dissolve/{me.pk}/{wallet.pk}", cause=Cause(ROUTE, me.pk), on=on,
            note="Dissolved",
        )  # fmt: skip
