"""Budgets published, released by month, and taken back (PRODUCT 4.8).

Publishing grants what is due, and the job of the 1st grants the rest, each part once by its
reference `grant/<allocation>/<month>`.
"""

from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from django.db import transaction
from django.db.models import Q, Sum

from accounts import audit
from accounts.constraints import saying
from accounts.errors import Invalid, Refused
from accounts.models import MicroEnterprise, User
from accounts.permissions import mes_of
from ledger import actions, releasing
from ledger.drafting import (
    Envelope,
    State,
    checked_amount,
    draft_grant,
    require_may_set,
    require_trading,
    require_year,
)
from ledger.models import Allocation, BudgetRule, Transfer, Wallet
from ledger.money import ZERO, to_cents
from ledger.months import month_of


class _Twin(Refused):
    """Somebody else has just used the same reference; a second look finds it."""


class TakenBack(NamedTuple):
    """What was asked to come back and what could: the rest is promised or spent."""

    asked: Decimal
    taken: Decimal


def own_mes(rule: BudgetRule, *, on: date) -> list[MicroEnterprise]:
    """The MEs that the rule grants to and whoever drafted it is a member of."""
    if rule.drafted_by is None:
        return []
    mine = mes_of(rule.drafted_by, on=on)
    return list(mine.filter(allocations__rule=rule).distinct())


@transaction.atomic
def publish(rule: BudgetRule, *, by: User | None, on: date) -> BudgetRule:
    """Grant what is due by `on` and leave the rest to the job of the 1st; a replay does nothing.

    Refused `second_hr_admin_needed` where whoever drafted it is a member of an ME that it grants
    to, and nobody else publishes it (PRODUCT 4.22).
    """
    require_may_set(by)
    found = BudgetRule.objects.select_for_update(no_key=True).get(pk=rule.pk)
    if found.state == State.PUBLISHED:
        return found
    if found.budget_id:
        raise Refused(
            f"{found} is a rule of a year’s budget.",
            code="rule_of_a_budget",
            help="Publish the budget: it grants by all of its rules.",
        )
    if by == found.drafted_by and (own := own_mes(found, on=on)):
        raise Refused(
            f"You are a member of {own[0]}, so a second HR admin publishes this grant.",
            code="second_hr_admin_needed",
            help="Ask another HR admin to open this page and publish it.",
        )
    require_year(found.fiscal_year, on=on)
    for allocation in found.allocations.select_related("micro_enterprise"):
        require_trading(allocation.micro_enterprise)
    found.state, found.published_on = State.PUBLISHED, on
    found.confirmed_by = by if by != found.drafted_by else None
    found.save(update_fields=["state", "published_on", "confirmed_by"])
    paid = releasing.release(found, last=month_of(on), on=on, by=by)
    total = found.allocations.aggregate(total=Sum("amount", default=ZERO))["total"]
    audit.record(
        "budget.publish", found, by=by, on=on, total=total, granted=sum(row.amount for row in paid)
    )
    return found


@transaction.atomic
def grant(
    me: MicroEnterprise,
    amount: Decimal,
    envelope: Envelope,
    *,
    by: User | None,
    on: date,
    reference: str,
) -> Allocation:
    """Draft and publish in one step, once per reference; a replay returns the first allocation.

    Where a second HR admin is needed it stays a draft. Refused `key_reused` where the reference
    stands for another grant.
    """
    require_may_set(by)
    asked = (me.pk, to_cents(checked_amount(amount)), *envelope[:3])
    by_reference = Allocation.objects.select_related("rule").filter(reference=reference)
    found = by_reference.first()
    if found is None:
        with suppress(_Twin), saying(allocation_reference_used_once=_Twin("")):
            rule = draft_grant(me, amount, envelope, by=by, on=on, reference=reference)
            if not own_mes(rule, on=on):
                publish(rule, by=by, on=on)
        found = by_reference.get()
    if payload_of(found) != asked:
        raise _reused(reference)
    return found


@transaction.atomic
def take_back(
    allocation: Allocation,
    amount: Decimal,
    *,
    number: int,
    reason: str,
    by: User,
    on: date,
    stop: bool = False,
) -> TakenBack:
    """Return a mistaken grant to the treasury, as far as the ME still has it available.

    `number` counts the allocation's returns from 1, so that a double submit returns once; `stop`
    also ends the releases to come. Refused where nothing can come back.
    """
    require_may_set(by)
    rule = BudgetRule.objects.select_for_update(no_key=True).get(pk=allocation.rule_id)
    if not reason.strip():
        raise Invalid("Say why the grant was a mistake.", field="reason", value=reason)
    reference = f"grant/{allocation.pk}/back/{number}"
    if done := Transfer.objects.filter(reference=reference).first():
        return _taken_before(done, amount, reason=reason, by=by)
    me = allocation.micro_enterprise
    taken = ZERO
    if amount:
        asked = checked_amount(amount)
        _require_granted(allocation, asked)
        taken = _return(allocation, rule, asked, reference=reference, reason=reason, by=by, on=on)
    if not taken and not stop:
        raise Refused(
            f"Nothing of it is left to take back: {me} has promised or spent all of it.",
            code="not_enough_money",
            help="What is promised comes free when it is cancelled or ends.",
            field="amount",
        )
    if stop:
        Allocation.objects.filter(pk=allocation.pk, stopped_on=None).update(stopped_on=on)
    audit.record(
        "budget.take_back", allocation, by=by, on=on, me=me,
        asked=amount, taken=taken, reason=reason, stop=stop,
    )  # fmt: skip
    return TakenBack(amount, taken)


def payload_of(allocation: Allocation) -> tuple[object, ...]:
    """What a repeated reference must say again: ME, amount, fund, fiscal year and release."""
    rule = allocation.rule
    return (
        allocation.micro_enterprise_id, allocation.amount, rule.fund, rule.fiscal_year,
        rule.release,
    )  # fmt: skip


def granted_so_far(allocation: Allocation) -> tuple[Decimal, Decimal]:
    """What an allocation has released, and what of that was taken back."""
    rows = Transfer.objects.filter(
        **releasing.cause_of(allocation.rule)._asdict(),
        reference__startswith=f"grant/{allocation.pk}/",
    )
    treasury = Wallet.System.TREASURY
    sums = rows.aggregate(
        granted=Sum("amount", filter=Q(payer__system=treasury), default=ZERO),
        taken=Sum("amount", filter=Q(payee__system=treasury), default=ZERO),
    )
    return sums["granted"], sums["taken"]


def returns_of(allocation: Allocation) -> int:
    """How often something of it was taken back."""
    rows = Transfer.objects.filter(**releasing.cause_of(allocation.rule)._asdict())
    return rows.filter(reference__startswith=f"grant/{allocation.pk}/back/").count()


def returns_by_allocation(allocations: Sequence[Allocation]) -> dict[int, int]:
    """As `returns_of`, for the allocations of one budget by their keys; one query."""
    rules = {row.rule_id for row in allocations}
    route = releasing.cause_of(allocations[0].rule).cause_route
    rows = Transfer.objects.filter(
        cause_route=route, cause_id__in=rules, reference__contains="/back/"
    )
    counts = Counter(int(key.split("/")[1]) for key in rows.values_list("reference", flat=True))
    return {row.pk: counts[row.pk] for row in allocations}


def due_on(rule: BudgetRule, *, on: date) -> Decimal:
    """What publishing the draft on that day would grant at once."""
    return sum((part.amount for part in releasing.due_parts(rule, last=month_of(on), on=on)), ZERO)


def _require_granted(allocation: Allocation, asked: Decimal) -> None:
    granted, taken = granted_so_far(allocation)
    if asked > granted - taken:
        raise Invalid(
            f"{granted:,.2f} was released to {allocation.micro_enterprise} and {taken:,.2f} taken "
            f"back, so at most {granted - taken:,.2f} can come back.",
            field="amount",
            value=str(asked),
        )


def _return(
    allocation: Allocation,
    rule: BudgetRule,
    asked: Decimal,
    *,
    reference: str,
    reason: str,
    by: User,
    on: date,
) -> Decimal:
    me = allocation.micro_enterprise
    sent = actions.pay_up_to(
        Wallet.objects.get(owner=me, fund=rule.fund, fiscal_year=rule.fiscal_year),
        actions.system_wallet(Wallet.System.TREASURY),
        asked,
        kind=Transfer.Kind.GRANT, month=month_of_return(rule, on=on), reference=reference,
        cause=releasing.cause_of(rule), on=on, by=by, note=reason,
    )  # fmt: skip
    return sent.amount if sent else ZERO


def month_of_return(rule: BudgetRule, *, on: date) -> date:
    """This month, or the open month of the budget's own year that is next to it."""
    months = releasing.open_months(rule)
    if not months:
        raise Refused(
            f"The fiscal year {rule.fiscal_year} is locked, so nothing of it comes back.",
            code="month_locked",
            help="What was carried over lies in the wallet of the next year.",
        )
    return next((month for month in months if month >= month_of(on)), months[-1])


def _taken_before(done: Transfer, asked: Decimal, *, reason: str, by: User) -> TakenBack:
    if done.posted_by != by or done.note != reason:
        raise Refused(
            f"{done.amount:,.2f} of it was taken back meanwhile.",
            code="stale",
            help="Look at what is left and decide again.",
        )
    return TakenBack(asked, done.amount)


def _reused(reference: str) -> Refused:
    return Refused(
        f"The reference {reference} already stands for another grant.",
        code="key_reused",
        help="Use a new reference, or take the earlier grant back on its page.",
        field="reference",
        value=reference,
    )
