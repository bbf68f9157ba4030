"""What pages, the API and rules read of the money."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

from django.db.models import Case, F, Max, Min, OuterRef, Q, QuerySet, Subquery, Sum, Value, When
from django.db.models.functions import Coalesce

from accounts import clock
from accounts.models import MicroEnterprise, User
from accounts.permissions import may_see_all_money, may_see_budgets, memberships_of
from ledger import holds
from ledger.models import (
    Allocation,
    BudgetRule,
    Cause,
    Reservation,
    ReservationQuerySet,
    SettlementRun,
    Transfer,
    Wallet,
)
from ledger.money import ZERO
from ledger.months import fiscal_year

Kind = Transfer.Kind
SPENT = (Kind.CHARGE, Kind.PURCHASE, Kind.LEARNING, Kind.LEVY)
RESERVED = Reservation.Kind
System = Wallet.System
# What came back of a payment; what of held money comes back is told by `holds`.
REFUNDED = Q(kind=Kind.CREDIT) | Q(kind=Kind.PURCHASE, payer__system=System.OUTSIDE)


def fiscal_year_of(day: date) -> int:
    """The fiscal year of that day, by the organisation's calendar."""
    return fiscal_year(day, starts_in=fiscal_year_start())


def fiscal_year_start() -> int:
    """The month, 1 to 12, in which the organisation's fiscal years begin."""
    organization = clock.organization_now()
    return organization.fiscal_year_start_month if organization else 1


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
        return self.balance - self.reserved

    @property
    def reserved(self) -> Decimal:
        return self.pre_committed + self.committed + self.dispute_window

    @property
    def received(self) -> Decimal:
        """All that came in and did not leave as spent or held money."""
        return self.balance + self.spent + self.held


def money_of(me: MicroEnterprise, *, on: date, fund: str = Wallet.Fund.OPERATING) -> Money:
    """The money bar of an ME's wallet of the fiscal year of that day; zeros before the first grant.

    A dispute window that ended before `on` counts as free even if no job has closed it yet. Two
    queries, three where money is held.
    """
    year = fiscal_year_of(on)
    rows = Wallet.objects.filter(owner=me, fund=fund, fiscal_year=year)
    return next(iter(_monies(me, rows, on=on)), Money(me, fund, year))


def monies_of(me: MicroEnterprise, *, on: date) -> list[Money]:
    """A money bar for each wallet of the ME, the newest year first; at most two queries."""
    return _monies(me, Wallet.objects.filter(owner=me).order_by("-fiscal_year", "-fund"), on=on)


def available_by_me(
    keys: Iterable[int], *, on: date, fund: str = Wallet.Fund.OPERATING
) -> dict[int, Decimal]:
    """What each of these MEs may spend in the fiscal year of that day; 0 where it has no wallet."""
    rows = Wallet.objects.filter(owner__in=list(keys), fund=fund, fiscal_year=fiscal_year_of(on))
    found: dict[int, Decimal] = defaultdict(lambda: ZERO)
    ended = Reservation.objects.open().filter(_ended(on), wallet=OuterRef("pk"))
    for row in rows.annotate(free=_summed(ended.order_by().values("wallet"))):
        found[row.owner_id or 0] = row.available + row.free
    return found


def wallets_available(*, fund: str, fiscal_year: int) -> dict[int, Decimal]:
    """What each ME has available in that wallet; a dispute window counts as reserved."""
    rows = Wallet.objects.filter(fund=fund, fiscal_year=fiscal_year)
    return {row.owner_id or 0: row.available for row in rows}


def in_force(rows: ReservationQuerySet, *, on: date) -> ReservationQuerySet:
    """Open promises without the dispute windows that are over by date (a clock rule)."""
    return rows.open().exclude(_ended(on))


def balance_of(wallet: Wallet) -> Decimal:
    """What the transfers say; for a system wallet there is no other balance."""
    return _total(wallet.received.all()) - _total(wallet.paid.all())


def wallets_visible_to(user: User, *, on: date) -> QuerySet[Wallet]:
    """Wallets of the own MEs, and of every ME for whoever sees all money (PRODUCT 4.22)."""
    wallets = Wallet.objects.filter(system="")
    if may_see_all_money(user):
        return wallets
    return wallets.filter(owner__in=memberships_of(user, on=on).values("micro_enterprise"))


def transfers_visible_to(user: User, *, on: date) -> QuerySet[Transfer]:
    """What moved in or out of the wallets that the user sees."""
    if may_see_all_money(user):
        return Transfer.objects.all()
    mine = wallets_visible_to(user, on=on).values("pk")
    return Transfer.objects.filter(Q(payer__in=mine) | Q(payee__in=mine))


def mes_with_money_visible_to(user: User, *, on: date) -> QuerySet[MicroEnterprise]:
    """The own MEs, and every one for whoever sees all money (PRODUCT 4.22)."""
    if may_see_all_money(user):
        return MicroEnterprise.objects.all()
    mine = memberships_of(user, on=on).values("micro_enterprise")
    return MicroEnterprise.objects.filter(pk__in=mine)


def allocations_visible_to(user: User, *, on: date) -> QuerySet[Allocation]:
    """All planned grants for whoever sees budgets; else those published to the own MEs."""
    if may_see_budgets(user):
        return Allocation.objects.all()
    mine = memberships_of(user, on=on).values("micro_enterprise")
    published = Allocation.objects.filter(rule__state=BudgetRule.State.PUBLISHED)
    return published.filter(micro_enterprise__in=mine)


class Measured(NamedTuple):
    """A wallet and the figures of its money bar."""

    wallet: Wallet
    money: Money


def figures_of(wallets: Iterable[Wallet], *, on: date) -> list[Measured]:
    """The money bars of these wallets of MEs, in their order; three queries, four with holds."""
    found = list(wallets)
    owners = MicroEnterprise.objects.in_bulk({wallet.owner_id for wallet in found})
    rows = Wallet.objects.filter(pk__in=[wallet.pk for wallet in found])
    figures = {row.pk: (row, held) for row, held in _figures(rows, on=on)}
    return [
        Measured(wallet, _money(owners[wallet.owner_id or 0], *figures[wallet.pk]))
        for wallet in found
    ]


def transfers_of(me: MicroEnterprise, *, fund: str = "") -> QuerySet[Transfer]:
    """What moved in or out of the ME's wallets, newest first, with both wallets and their MEs.

    `signed` is the amount as the ME sees it: above zero what came in (also between two of its own
    wallets, where it came in), below zero what went out.
    """
    wallets = list(_wallets(me, fund).values_list("pk", flat=True))
    found = Transfer.objects.filter(Q(payer__in=wallets) | Q(payee__in=wallets))
    return (
        found.annotate(signed=Case(When(payee__in=wallets, then=F("amount")), default=-F("amount")))
        .select_related("payer__owner", "payee__owner")
        .order_by("-posted_at", "-pk")
    )


def promises_of(me: MicroEnterprise, *, on: date) -> QuerySet[Any, Any]:
    """What is reserved in the ME's wallets, one row for each cause and kind, largest first.

    A row has `cause_route`, `cause_id`, `kind`, `wallet__fund`, `total`, `first_month` and
    `last_month`.
    """
    rows = in_force(Reservation.objects.filter(wallet__owner=me), on=on)
    return (
        rows.values("cause_route", "cause_id", "kind", "wallet__fund")
        .annotate(total=Sum("amount"), first_month=Min("month"), last_month=Max("month"))
        .order_by("-total", "cause_route", "cause_id", "kind")
    )


def promised_by_month(me: MicroEnterprise, *, on: date) -> list[tuple[date, str, Decimal]]:
    """What is reserved for each month: (month, kind, sum), in order."""
    rows = in_force(Reservation.objects.filter(wallet__owner=me), on=on)
    sums = rows.values("month", "kind").annotate(total=Sum("amount")).order_by("month", "kind")
    return [(row["month"], row["kind"], row["total"]) for row in sums]


def promised_in(me: MicroEnterprise, *, on: date, fund: str, year: int) -> dict[date, Decimal]:
    """What one wallet has promised to pay, by month; a dispute window is income, not among it."""
    rows = in_force(
        Reservation.objects.filter(
            wallet__owner=me, wallet__fund=fund, wallet__fiscal_year=year,
            kind__in=[RESERVED.PRE_COMMITTED, RESERVED.COMMITTED],
        ),
        on=on,
    )  # fmt: skip
    sums = rows.order_by().values("month").annotate(total=Sum("amount"))
    return {row["month"]: row["total"] for row in sums}


def promised_for(cause: Cause) -> dict[date, Decimal]:
    """What is promised for one cause, by month."""
    rows = Reservation.objects.open().of(cause)
    sums = rows.order_by().values("month").annotate(total=Sum("amount"))
    return {row["month"]: row["total"] for row in sums}


def _wallets(me: MicroEnterprise, fund: str) -> QuerySet[Wallet]:
    rows = Wallet.objects.filter(owner=me)
    return rows.filter(fund=fund) if fund else rows


def _ended(on: date) -> Q:
    return Q(kind=RESERVED.DISPUTE_WINDOW, ends_on__lt=on)


class _Measured(NamedTuple):
    """A wallet's row and the sums of its transfers and promises."""

    pk: int
    fund: str
    fiscal_year: int
    balance: Decimal
    pre_committed: Decimal
    committed: Decimal
    dispute_window: Decimal
    paid_out: Decimal
    refunded: Decimal
    was_held: Decimal


def _monies(me: MicroEnterprise, rows: QuerySet[Wallet], *, on: date) -> list[Money]:
    return [_money(me, row, held) for row, held in _figures(rows, on=on)]


def _figures(rows: QuerySet[Wallet], *, on: date) -> list[tuple[_Measured, holds.Outcome]]:
    measured = [
        _Measured(**row)
        for row in rows.annotate(
            pre_committed=_reserved(on, RESERVED.PRE_COMMITTED),
            committed=_reserved(on, RESERVED.COMMITTED),
            dispute_window=_reserved(on, RESERVED.DISPUTE_WINDOW),
            paid_out=_moved(Q(payer=OuterRef("pk"), kind__in=SPENT)),
            refunded=_moved(REFUNDED & Q(payee=OuterRef("pk"))),
            was_held=_moved(
                Q(payer=OuterRef("pk"), payee__system=System.HELD)
                | Q(payee=OuterRef("pk"), payer__system=System.HELD)
            ),
        ).values(*_Measured._fields)
    ]
    held = holds.outcomes({row.pk for row in measured if row.was_held})
    return [(row, held.get(row.pk, holds.Outcome())) for row in measured]


def _money(me: MicroEnterprise, row: _Measured, held: holds.Outcome) -> Money:
    return Money(
        me,
        row.fund,
        row.fiscal_year,
        balance=row.balance,
        pre_committed=row.pre_committed,
        committed=row.committed,
        dispute_window=row.dispute_window,
        spent=row.paid_out - row.refunded + held.spent,
        held=held.still,
    )


def _reserved(on: date, kind: str) -> Coalesce:
    rows = in_force(Reservation.objects.filter(wallet=OuterRef("pk"), kind=kind), on=on)
    return _summed(rows.order_by().values("wallet"))


def _moved(which: Q) -> Coalesce:
    return _summed(Transfer.objects.filter(which).order_by().values(same=Value(1)))


def _summed(rows: QuerySet[Any, Any]) -> Coalesce:
    return Coalesce(Subquery(rows.annotate(total=Sum("amount")).values("total")), Value(ZERO))


def _total(rows: QuerySet[Transfer]) -> Decimal:
    return Decimal(rows.aggregate(total=Sum("amount", default=ZERO))["total"])


def budget_names(keys: Collection[int]) -> dict[int, str]:
    """The name of a budget rule by its key; one query."""
    return dict(BudgetRule.objects.filter(pk__in=keys).values_list("pk", "name"))


def month_names(keys: Collection[int]) -> dict[int, str]:
    """What a provider earned in a settled month is called, by the run's key; one query."""
    runs = SettlementRun.objects.filter(pk__in=keys)
    return {run.pk: f"Earned in {run.month:%B %Y}" for run in runs}
