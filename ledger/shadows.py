"""The shadow statement: a notional month beside the former cost of the department (PRODUCT 2, 4.8).

A department's former cost went to its customers. Each notional month shows what the ME was given
for it, what it paid the department's ME for services, and what would have been spent before.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db.models import Q, Sum

from accounts.models import MicroEnterprise
from ledger import basis, queries
from ledger.models import Allocation, BudgetRule, Transfer
from ledger.money import ZERO, split
from ledger.months import months_of_year


@dataclass(frozen=True)
class ShadowLine:
    """One department's former cost and the ME's month, in amounts of that month.

    For a customer `share` is its part of the former cost and `paid` what it paid the department's
    ME; for the department itself they are its whole former cost and what its customers paid it.
    """

    rule: BudgetRule
    department: MicroEnterprise
    is_department: bool
    former_cost: Decimal
    share: Decimal
    paid: Decimal

    @property
    def role(self) -> str:
        """What the ME is on this line, as files and the API print it."""
        return "department" if self.is_department else "customer"

    @property
    def percent(self) -> Decimal:
        return (100 * self.share / self.former_cost).quantize(Decimal("0.1"))

    @property
    def difference(self) -> Decimal:
        """Above zero where the month cost less than before."""
        return self.share - self.paid


@dataclass(frozen=True)
class Shadow:
    micro_enterprise: MicroEnterprise
    month: date
    is_notional: bool
    lines: list[ShadowLine]

    @property
    def basis(self) -> str:
        return basis.word(not self.is_notional)

    @property
    def totals(self) -> dict[str, Decimal]:
        return {
            name: sum((getattr(line, name) for line in self.lines), ZERO)
            for name in ("share", "paid", "difference")
        }


def shadow_of(me: MicroEnterprise, *, month: date) -> Shadow:
    """The shadow statement of a month; it has no line once the ME is charged. Five queries."""
    is_notional = basis.of_me(me, month=month) == basis.NOTIONAL
    rules = _rules(me, queries.fiscal_year_of(month)) if is_notional else []
    shares = dict(
        Allocation.objects.filter(rule__in=rules, micro_enterprise=me)
        .values("rule")
        .annotate(total=Sum("amount"))
        .values_list("rule", "total")
    )
    paid = _paid(me, [rule.department_id or 0 for rule in rules], month)
    lines = [
        _line(me, rule, shares.get(rule.pk, ZERO), paid, month)
        for rule in rules
    ]  # fmt: skip
    return Shadow(me, month, is_notional, lines)


def _rules(me: MicroEnterprise, year: int) -> list[BudgetRule]:
    """Published budgets of the year that give a department's cost to customers, with this ME."""
    rules = BudgetRule.objects.filter(
        Q(department=me) | Q(allocations__micro_enterprise=me),
        kind=BudgetRule.Kind.DEPARTMENT_TO_CUSTOMERS, fiscal_year=year,
        state=BudgetRule.State.PUBLISHED,
    )  # fmt: skip
    return list(rules.select_related("department").distinct().order_by("pk"))


def _paid(
    me: MicroEnterprise, departments: Iterable[int], month: date
) -> dict[tuple[int, int], Decimal]:
    """By payer and payee: what the ME paid the departments, and what was paid to it."""
    rows = Transfer.objects.filter(
        Q(payer__owner=me, payee__owner__in=list(departments)) | Q(payee__owner=me),
        kind__in=[Transfer.Kind.CHARGE, Transfer.Kind.CREDIT], month=month,
    )  # fmt: skip
    found: dict[tuple[int, int], Decimal] = {}
    sums = rows.values("payer__owner", "payee__owner", "kind").annotate(total=Sum("amount"))
    for row in sums:
        pair = row["payer__owner"], row["payee__owner"]
        sign = 1
        if row["kind"] == Transfer.Kind.CREDIT:
            pair, sign = pair[::-1], -1
        found[pair] = found.get(pair, ZERO) + sign * row["total"]
    return found


def _line(
    me: MicroEnterprise,
    rule: BudgetRule,
    share: Decimal,
    paid: dict[tuple[int, int], Decimal],
    month: date,
) -> ShadowLine:
    if rule.department is None:
        raise TypeError(f"{rule} names no department.")
    cost = _of_month(Decimal(rule.terms["former_cost"]), month)
    is_department = rule.department_id == me.pk
    if is_department:
        customers = {int(each["micro_enterprise"]) for each in rule.terms["customers"]}
        got = sum((paid.get((key, me.pk), ZERO) for key in customers), ZERO)
        return ShadowLine(rule, me, True, cost, cost, got)  # noqa: FBT003
    spent = paid.get((me.pk, rule.department.pk), ZERO)
    return ShadowLine(rule, rule.department, False, cost, _of_month(share, month), spent)  # noqa: FBT003


def _of_month(amount: Decimal, month: date) -> Decimal:
    """A twelfth of a year's amount; the twelve add up to it."""
    months = months_of_year(queries.fiscal_year_of(month), starts_in=queries.fiscal_year_start())
    return split(amount, [Decimal(1)] * len(months))[months.index(month)]
