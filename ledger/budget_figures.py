"""What the pages of budgets show: who may see which, what was released, what is to come."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Subquery, Sum, Value
from django.db.models.functions import Coalesce, Lower

from accounts.models import HeadCount, Membership, MicroEnterprise, User
from accounts.permissions import is_auditor, is_hr_admin, may_see_budgets, mes_of
from ledger import allocating
from ledger.models import Allocation, BudgetRule, Transfer, Wallet
from ledger.money import ZERO
from ledger.switch_figures import basis_in_year

ROUTE = "ledger:budget"


class Flow(NamedTuple):
    """What a budget, or one allocation of it, has released, and what of that came back."""

    released: Decimal = ZERO
    taken_back: Decimal = ZERO

    @property
    def net(self) -> Decimal:
        return self.released - self.taken_back


def visible_budgets(user: User, *, on: date) -> QuerySet[BudgetRule]:
    """All for HR admins and auditors, the published ones for the CHRO, and for everybody else those
    that granted money to the own MEs."""
    rules = BudgetRule.objects.select_related("department", "drafted_by__person", "budget")
    if is_hr_admin(user) or is_auditor(user):
        return rules
    rules = rules.filter(state=BudgetRule.State.PUBLISHED)
    if may_see_budgets(user):
        return rules
    mine = Allocation.objects.filter(micro_enterprise__in=mes_of(user, on=on)).values("rule")
    return rules.filter(pk__in=mine)


def visible_allocations(rule: BudgetRule, user: User, *, on: date) -> QuerySet[Allocation]:
    """Every figure of the budget, or those of the own MEs."""
    rows = rule.allocations.select_related("micro_enterprise").order_by("pk")
    if may_see_budgets(user):
        return rows
    return rows.filter(micro_enterprise__in=mes_of(user, on=on))


def with_totals(rules: QuerySet[BudgetRule], *, on: date) -> QuerySet[BudgetRule]:
    """Adds `total`, `me_count`, and `waits` where a draft needs a second HR admin."""
    figures = Allocation.objects.filter(rule=OuterRef("pk")).order_by().values("rule")
    summed = figures.annotate(total=Sum("amount")).values("total")
    counted = figures.annotate(count=Count("micro_enterprise", distinct=True)).values("count")
    own = Membership.objects.current(on=on).filter(
        person__user=OuterRef("drafted_by"), micro_enterprise__allocations__rule=OuterRef("pk")
    )
    return rules.annotate(
        total=Coalesce(Subquery(summed), Value(ZERO)),
        me_count=Coalesce(Subquery(counted), Value(0)),
        waits=Q(Exists(own), state=BudgetRule.State.DRAFT),
    )


def flows_of(rules: Iterable[BudgetRule]) -> dict[int, Flow]:
    """By key of the budget."""
    moved = Transfer.objects.filter(cause_route=ROUTE, cause_id__in=[rule.pk for rule in rules])
    sums = moved.values("cause_id").annotate(
        released=Sum("amount", filter=Q(payer__system=Wallet.System.TREASURY), default=ZERO),
        taken_back=Sum("amount", filter=Q(payee__system=Wallet.System.TREASURY), default=ZERO),
    )
    found = {row["cause_id"]: Flow(row["released"], row["taken_back"]) for row in sums.order_by()}
    return defaultdict(Flow, found)


def flows_by_allocation(rule: BudgetRule, allocations: Sequence[Allocation]) -> dict[int, Flow]:
    """By key of the allocation."""
    mes = [each.micro_enterprise_id for each in allocations]
    moved = Transfer.objects.filter(
        Q(payer__owner__in=mes) | Q(payee__owner__in=mes), cause_route=ROUTE, cause_id=rule.pk
    )
    sums: dict[int, list[Decimal]] = defaultdict(lambda: [ZERO, ZERO])
    rows = moved.values_list("reference", "amount", "payee__system")
    for reference, amount, payee in rows:
        sums[int(reference.split("/")[1])][payee == Wallet.System.TREASURY] += amount
    return defaultdict(Flow, {key: Flow(*pair) for key, pair in sums.items()})


@dataclass(frozen=True)
class CustomerShare:
    """How one customer's amount came about, and what its money is in words."""

    name: str
    use: Decimal
    heads: Decimal
    share: Decimal
    amount: Decimal
    basis: str


def customer_shares(rule: BudgetRule, *, only: Sequence[int] | None = None) -> list[CustomerShare]:
    """The preview of a department's cost (PRODUCT 4.8), in the order in which it was entered."""
    entered = rule.terms["customers"]
    keys = [each["micro_enterprise"] for each in entered]
    uses = [allocating.Use(Decimal(each["use"]), Decimal(each["heads"])) for each in entered]
    phase_in = Decimal(rule.terms["phase_in"])
    parts = allocating.shares(uses, phase_in=phase_in)
    amounts = dict(rule.allocations.values_list("micro_enterprise", "amount"))
    names = dict(MicroEnterprise.objects.filter(pk__in=keys).values_list("pk", "name"))
    basis = basis_in_year(keys, year=rule.fiscal_year)
    return [
        CustomerShare(
            names[key], use.use, use.heads, Decimal(part.numerator) / part.denominator,
            amounts.get(key, ZERO), basis[key],
        )
        for key, use, part in zip(keys, uses, parts, strict=True)
        if only is None or key in only
    ]  # fmt: skip


def heads_by_me(keys: Iterable[int], *, on: date) -> dict[int, Decimal]:
    """Full-time posts of each ME: those of its members, else what HR data counts in its unit."""
    wanted = list(keys)
    found: dict[int, Decimal] = {}
    members = Membership.objects.current(on=on).filter(micro_enterprise__in=wanted)
    for me, fte, percent in members.values_list(
        "micro_enterprise", "person__fte", "allocation_percent"
    ):
        found[me] = found.get(me, ZERO) + fte * percent / 100
    return _counted(wanted, on=on) | {me: round(heads, 2) for me, heads in found.items()}


def _counted(keys: list[int], *, on: date) -> dict[int, Decimal]:
    units = MicroEnterprise.objects.filter(pk__in=keys).exclude(hr_unit="")
    mes = dict(units.values_list("hr_unit", "pk"))
    posts = HeadCount.objects.filter(hr_unit__in=mes, counted_on__lte=on)
    heads: dict[str, Decimal] = {}
    by_day = posts.values("hr_unit", "counted_on").annotate(total=Sum("fte"))
    for row in by_day.order_by("counted_on"):
        heads[row["hr_unit"]] = row["total"]
    return {mes[unit]: total for unit, total in heads.items()}


def mes_by_name(names: Iterable[str]) -> dict[str, MicroEnterprise]:
    """MEs by their names in lower case."""
    wanted = {name.lower() for name in names}
    found = MicroEnterprise.objects.annotate(lower=Lower("name")).filter(lower__in=wanted)
    return {me.name.lower(): me for me in found}
