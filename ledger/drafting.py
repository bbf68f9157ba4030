"""Budgets as drafts: a grant to one ME, a list, or a department's former cost (PRODUCT 4.8).

A draft moves nothing; `ledger.budgets` publishes it.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

from django.db import transaction

from accounts import audit, permissions
from accounts.errors import Invalid, Refused
from accounts.models import MicroEnterprise, User
from ledger import allocating, queries, reasons
from ledger.models import Allocation, BudgetRule, Wallet
from ledger.money import CENT, ZERO
from ledger.months import fiscal_year, last_day, months_of_year

FUNDS = (Wallet.Fund.OPERATING, Wallet.Fund.LEARNING)
# Twelve digits before the point: sums of thousands of grants still fit a wallet.
LARGEST_GRANT = Decimal("999999999999.99")
Kind = BudgetRule.Kind
State = BudgetRule.State


class Envelope(NamedTuple):
    """What every budget says beside its figures: `release` is `yearly` or `monthly`."""

    fund: str
    fiscal_year: int
    release: str
    name: str = ""
    reason: str = ""


class Share(NamedTuple):
    """An amount planned for one ME, with the sender's own key if there is one."""

    micro_enterprise: MicroEnterprise
    amount: Decimal
    reference: str = ""


class Customer(NamedTuple):
    """A customer of a department: what it used last year, and its head count."""

    micro_enterprise: MicroEnterprise
    use: Decimal
    heads: Decimal


@transaction.atomic
def draft_grant(
    me: MicroEnterprise,
    amount: Decimal,
    envelope: Envelope,
    *,
    by: User | None,
    on: date,
    reference: str = "",
    instead_of: BudgetRule | None = None,
    is_form: bool = False,
) -> BudgetRule:
    """Plan a grant to one ME, anew or instead of an earlier draft. Invalid names the field.

    A form (`is_form`) that was sent twice drafts once: the same draft of the same day is answered.
    """
    require_may_set(by)
    envelope = checked(envelope, on=on)
    if envelope.reason:
        reasons.require_known(envelope.reason)
    share = Share(me, checked_amount(amount), reference)
    require_trading(me)
    twin = _twin(Kind.SINGLE, envelope, [share], by=by, on=on) if is_form else None
    if twin and not instead_of:
        return twin
    rule = _drafted(Kind.SINGLE, envelope, by=by, on=on, instead_of=instead_of)
    allocate(rule, [share])
    audit.record("budget.draft", rule, by=by, on=on, me=me, amount=share.amount)
    return rule


@transaction.atomic
def draft_department(
    department: MicroEnterprise,
    customers: Sequence[Customer],
    envelope: Envelope,
    *,
    former_cost: Decimal,
    period: str,
    phase_in: Decimal,
    by: User | None,
    on: date,
    instead_of: BudgetRule | None = None,
    is_form: bool = False,
) -> BudgetRule:
    """Plan to give a department's former cost to its customers, to the cent (PRODUCT 4.8).

    `phase_in` is a of `share = (1-a) x old use + a x head count`, from 0 to 1; `period` names the
    time of the cost and the use. Invalid names the field. A form that was sent twice drafts once.
    """
    require_may_set(by)
    envelope = checked(envelope, on=on)
    cost = checked_amount(former_cost, field="former_cost")
    amounts = _divided(department, customers, cost, phase_in=phase_in)
    what: dict[str, Any] = {
        "department": department,
        "terms": {
            "former_cost": str(cost), "period": period, "phase_in": str(phase_in),
            "customers": [
                {"micro_enterprise": each.micro_enterprise.pk, "use": str(each.use),
                 "heads": str(each.heads)}
                for each in customers
            ],
        },
    }  # fmt: skip
    kind = Kind.DEPARTMENT_TO_CUSTOMERS
    mes = [customer.micro_enterprise for customer in customers]
    shares = [Share(me, part) for me, part in zip(mes, amounts, strict=True) if part]
    twin = _twin(kind, envelope, shares, by=by, on=on, **what) if is_form else None
    if twin and not instead_of:
        return twin
    rule = _drafted(kind, envelope, by=by, on=on, instead_of=instead_of, **what)
    allocate(rule, shares)
    audit.record("budget.draft", rule, by=by, on=on, me=department, amount=cost)
    return rule


@transaction.atomic
def discard(rule: BudgetRule, *, by: User, on: date) -> None:
    """Throw a draft away; Refused once it is published."""
    require_may_set(by)
    draft = locked_draft(rule)
    audit.record("budget.discard", draft, by=by, on=on, name=draft.name)
    draft.allocations.all().delete()
    draft.delete()


def draft_list(
    shares: Sequence[Share], envelope: Envelope, *, by: User | None, on: date
) -> BudgetRule:
    """Plan grants to many MEs, all of one fund, year and release, which were checked before."""
    rule = _drafted(Kind.LIST, envelope, by=by, on=on)
    allocate(rule, shares)
    total = sum((share.amount for share in shares), ZERO)
    audit.record("budget.draft", rule, by=by, on=on, amount=total, count=len(shares))
    return rule


def allocate(rule: BudgetRule, shares: Iterable[Share]) -> None:
    """Write the figures of a draft."""
    Allocation.objects.bulk_create(Allocation(rule=rule, **share._asdict()) for share in shares)


def require_may_set(by: User | None) -> None:
    """None is whoever works at the console of the server."""
    if by is not None:
        permissions.require(
            permissions.may_set_budgets(by), "Budgets are set by HR admins.", help="Ask one."
        )


def require_trading(me: MicroEnterprise) -> None:
    """Only an ME that may trade has something to spend money on."""
    if not me.may_trade:
        raise Invalid(
            f"{me} is {me.state}; only an incubating, active or probation ME is granted money.",
            field="micro_enterprise",
            value=me.name,
        )


def checked(envelope: Envelope, *, on: date) -> Envelope:
    """The envelope, if its words are known and its year has a month left; else Invalid."""
    if envelope.fund not in FUNDS:
        raise Invalid(
            f"{envelope.fund!r} is no fund; write operating or learning.",
            field="fund",
            value=envelope.fund,
        )
    if envelope.release not in BudgetRule.Release.values:
        raise Invalid(
            f"{envelope.release!r} is no release; write yearly or monthly.",
            field="release",
            value=envelope.release,
        )
    require_year(envelope.fiscal_year, on=on)
    return envelope


def require_year(year: int, *, on: date) -> None:
    """Money is granted into the running fiscal year or one of the five to come."""
    starts_in = queries.fiscal_year_start()
    now = fiscal_year(on, starts_in=starts_in)
    if year > now + 5:
        raise Invalid(
            f"The fiscal year {year} is too far away; grant up to {now + 5}.",
            field="fiscal_year",
            value=year,
        )
    if year < now:
        end = last_day(months_of_year(max(year, 1), starts_in=starts_in)[-1])
        raise Invalid(
            f"The fiscal year {year} ended on {end:%-d %B %Y}; grant into {now} instead.",
            field="fiscal_year",
            value=year,
        )


def checked_amount(amount: Decimal, *, field: str = "amount") -> Decimal:
    """The amount with two places, above zero and below a million million; else Invalid."""
    if not amount.is_finite() or amount > LARGEST_GRANT:
        said = f"{amount} is no amount that can be granted; the most is {LARGEST_GRANT:,}."
    elif amount < CENT:
        said = f"{amount} grants nothing; write an amount above 0.00."
    elif amount != amount.quantize(CENT):
        said = f"{amount} has more than two places; round it to the cent."
    else:
        return amount.quantize(CENT)
    raise Invalid(said, field=field, value=str(amount))


def locked_draft(rule: BudgetRule) -> BudgetRule:
    """The rule, locked; Refused once it is published."""
    found = BudgetRule.objects.select_for_update(no_key=True).filter(pk=rule.pk).first()
    if found is None or found.budget_id:
        raise Refused("This draft was discarded.", code="gone", help="Draft it anew.")
    if found.state == State.PUBLISHED:
        raise Refused(
            f"{found.name} is published and stays as it is.",
            code="already_published",
            help="Take a mistaken grant back on its page, or grant what is missing.",
        )
    return found


def _twin(
    kind: str,
    envelope: Envelope,
    shares: Sequence[Share],
    *,
    by: User | None,
    on: date,
    department: MicroEnterprise | None = None,
    terms: Mapping[str, Any] | None = None,
) -> BudgetRule | None:
    """A draft that says just this, written today by the same person, who waits here for it."""
    if by is not None:
        User.objects.select_for_update(no_key=True).get(pk=by.pk)
    drafts = BudgetRule.objects.filter(
        kind=kind, state=State.DRAFT, drafted_by=by, drafted_on=on, department=department,
        terms=dict(terms or {}), **envelope._asdict(),
    )  # fmt: skip
    wanted = {(share.micro_enterprise.pk, share.amount) for share in shares}
    for draft in drafts.order_by("-pk").prefetch_related("allocations")[:10]:
        if {(each.micro_enterprise_id, each.amount) for each in draft.allocations.all()} == wanted:
            return draft
    return None


def _drafted(
    kind: str,
    envelope: Envelope,
    *,
    by: User | None,
    on: date,
    instead_of: BudgetRule | None = None,
    department: MicroEnterprise | None = None,
    terms: Mapping[str, Any] | None = None,
) -> BudgetRule:
    """A new draft, or the earlier one with new words and without its figures."""
    rule = locked_draft(instead_of) if instead_of else BudgetRule()
    rule.kind, rule.department, rule.terms = kind, department, dict(terms or {})
    rule.fund, rule.fiscal_year, rule.release = envelope[:3]
    rule.reason = envelope.reason
    rule.name = envelope.name or f"Grant {envelope.fiscal_year}"
    rule.drafted_by, rule.drafted_on = by, on
    rule.save()
    rule.allocations.all().delete()
    return rule


def _divided(
    department: MicroEnterprise, customers: Sequence[Customer], cost: Decimal, *, phase_in: Decimal
) -> list[Decimal]:
    if not customers:
        raise Invalid("Name at least one customer of the department.", field="customers")
    seen = set()
    for customer in customers:
        require_trading(customer.micro_enterprise)
        if customer.micro_enterprise == department:
            raise Invalid(
                f"{department} is no customer of itself.", field="customers", value=str(department)
            )
        if customer.micro_enterprise in seen:
            raise Invalid(
                f"{customer.micro_enterprise} is named twice.",
                field="customers",
                value=str(customer.micro_enterprise),
            )
        seen.add(customer.micro_enterprise)
    uses = [allocating.Use(each.use, each.heads) for each in customers]
    try:
        return allocating.to_customers(cost, uses, phase_in=phase_in)
    except ValueError as missing:
        said = {
            "use": "No customer used anything, so last year's use divides nothing; enter the use, "
            "or divide by head count alone.",
            "heads": "No customer has a head, so the head count divides nothing; enter the heads, "
            "or divide by use alone.",
        }
        raise Invalid(said[str(missing)], field="customers") from missing
