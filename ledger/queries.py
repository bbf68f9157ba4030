"""What pages, the API and rules read of the money."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db.models import Q, QuerySet, Sum

from accounts.models import MicroEnterprise, Organization
from ledger.models import Reservation, Transfer, Wallet
from ledger.money import ZERO
from ledger.months import fiscal_year

_SPENT = [Transfer.Kind.CHARGE, Transfer.Kind.PURCHASE, Transfer.Kind.LEARNING, Transfer.Kind.LEVY]


def fiscal_year_of(day: date) -> int:
    """The fiscal year of that day, by the organisation's calendar."""
    starts = Organization.objects.values_list("fiscal_year_start_month", flat=True).first()
    return fiscal_year(day, starts_in=starts or 1)


@dataclass(frozen=True)
class Money:
    """The figures of every money bar, for one ME, fund and fiscal year (PRODUCT 4.7)."""

    micro_enterprise: MicroEnterprise
    fund: str
    fiscal_year: int
    balance: Decimal = ZERO
    pre_committed: Decimal = ZERO
    committed: Decimal = ZERO
    dispute_window: Decimal = ZERO
    spent: Decimal = ZERO
    held: Decimal = ZERO

    @property
    def available(self) -> Decimal:
        """What may be promised or spent now."""
        return self.balance - self.pre_committed - self.committed - self.dispute_window

    @property
    def reserved(self) -> Decimal:
        return self.pre_committed + self.committed + self.dispute_window


def money_of(me: MicroEnterprise, *, on: date, fund: str = Wallet.Fund.OPERATING) -> Money:
    """The money bar of an ME's wallet of the fiscal year of that day; zeros before the first grant.

    A dispute window that ended before `on` counts as free even if no job has closed it yet.
    """
    year = fiscal_year_of(on)
    wallet = Wallet.objects.filter(owner=me, fund=fund, fiscal_year=year).first()
    if wallet is None:
        return Money(me, fund, year)
    kinds = Reservation.Kind
    open_rows = wallet.reservations.open().exclude(kind=kinds.DISPUTE_WINDOW, ends_on__lt=on)
    reserved = {
        row["kind"]: row["total"]
        for row in open_rows.values("kind").annotate(total=Sum("amount")).order_by()
    }
    held = Q(payee__system=Wallet.System.HELD)
    totals = wallet.paid.aggregate(
        spent=Sum("amount", filter=Q(kind__in=_SPENT), default=ZERO),
        held=Sum("amount", filter=held, default=ZERO),
    )
    return Money(
        me,
        fund,
        year,
        balance=wallet.balance,
        pre_committed=reserved.get(kinds.PRE_COMMITTED, ZERO),
        committed=reserved.get(kinds.COMMITTED, ZERO),
        dispute_window=reserved.get(kinds.DISPUTE_WINDOW, ZERO),
        spent=totals["spent"],
        held=totals["held"],
    )


def balance_of(wallet: Wallet) -> Decimal:
    """What the transfers say; for a system wallet there is no other balance."""
    return _total(wallet.received.all()) - _total(wallet.paid.all())


def _total(rows: QuerySet[Transfer]) -> Decimal:
    return Decimal(rows.aggregate(total=Sum("amount", default=ZERO))["total"])
