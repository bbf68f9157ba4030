"""What pressing the button does to the buyer's money, told before it is pressed (PRODUCT 4.7)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from accounts.models import MicroEnterprise
from accounts.queries import organization
from contracts import pricing
from contracts.models import Contract, ContractVersion
from contracts.queries.planned import plan_of
from contracts.terms import Terms
from ledger.forecasts import WhatIf, what_if
from ledger.models import Cause
from ledger.money import ZERO, to_cents
from ledger.months import fiscal_year, month_of
from ledger.queries import Money
from marketplace.price_plans import PricePlan, sound

Facts = list[dict[str, Any]]


@dataclass(frozen=True)
class Effect:
    """Figures ready to print. Without `now` and `after` the reader may not see the wallet."""

    price_facts: Facts
    money_facts: Facts
    now: Money | None
    after: Money | None
    lacking: str
    commitment: pricing.Commitment
    notes: Sequence[str] = ()
    what: WhatIf | None = None


def effect_of(
    terms: Terms, *, buyer: MicroEnterprise | None, on: date, cause: Cause | None = None
) -> Effect:
    """The effect of signing these terms; `buyer` is None for whoever may not see its wallet.

    What is promised for the same cause already is not needed a second time.
    """
    tariff = _tariff(terms)
    plan = pricing.planned_by_month(
        tariff, expected=terms.expected_quantity, starts_on=terms.starts_on, ends_on=terms.ends_on
    )
    return _effect(plan, tariff, terms, buyer=buyer, on=on, cause=cause)


def effect_of_change(
    contract: Contract,
    terms: Terms,
    *,
    valid_from_on: date,
    buyer: MicroEnterprise | None,
    on: date,
) -> Effect:
    """The effect of other terms on a running contract, from that day on."""
    tariff = _tariff(terms)
    wanted = terms.with_changes(price=tariff.price, parameters=tariff.document())
    version = ContractVersion(
        terms=wanted.document(
            contract=contract.pk, number=0, buyer=contract.buyer_id,
            provider=contract.provider_id, offering=contract.offering_id, title="",
            valid_from_on=valid_from_on,
        ),
        valid_from_on=valid_from_on, ends_on=terms.ends_on,
    )  # fmt: skip
    plan = {m: a for m, a in plan_of(contract, also=version).items() if m >= month_of(on)}
    return _effect(plan, tariff, terms, buyer=buyer, on=on, cause=contract.cause)


def _tariff(terms: Terms) -> PricePlan:
    return sound(
        terms.plan, price=terms.price, unit=terms.unit, parameters=terms.parameters,
        quantity=terms.expected_quantity,
    )  # fmt: skip


def _effect(
    plan: dict[date, Decimal],
    tariff: PricePlan,
    terms: Terms,
    *,
    buyer: MicroEnterprise | None,
    on: date,
    cause: Cause | None,
) -> Effect:
    firm = organization()
    starts_in = firm.fiscal_year_start_month
    split = pricing.commitment(plan, on=on, year_starts_in=starts_in)
    year = fiscal_year(on, starts_in=starts_in)
    facts = _calculation(tariff, terms) + _price_facts(
        plan, split, year=year, currency=firm.currency
    )
    notes = _notes(tariff, terms)
    if buyer is None:
        return Effect(facts, [], None, None, "", split, notes)
    what = what_if(buyer, plan, on=on, cause=cause)
    money_facts = [
        {"label": "Available now", "money": what.now.available},
        {"label": "This contract", "money": -what.needed, "signed": True},
        {"label": f"Available after, {firm.currency}", "money": what.left, "total": True},
    ]
    lacking = ""
    if what.after is None:
        lacking = (
            f"{what.lacks:,.2f} {firm.currency} more is needed than is available.\n"
            "Ask an HR admin for a grant, or choose a lower price or a shorter term."
        )
    return Effect(facts, money_facts, what.now, what.after, lacking, split, notes, what)


def _calculation(tariff: PricePlan, terms: Terms) -> Facts:
    """How a full month at the expected quantity comes about; nothing where the price says it."""
    if not tariff.values or terms.expected_quantity is None:
        return []
    return [
        {"label": label[:1].upper() + label[1:], "money": amount}
        for label, amount in tariff.calculation(terms.expected_quantity)
    ]


def _notes(tariff: PricePlan, terms: Terms) -> list[str]:
    """What both sides should know before they sign: cliffs, the cap, the treasury's part."""
    notes = tariff.warnings()
    if tariff.values and terms.cap_quantity is not None:
        most = tariff.dearest_usage(terms.cap_quantity)
        notes.append(f"Usage of up to {most:,.2f} a month is paid without asking the buyer.")
        if adds := tariff.subsidy_per_unit():
            notes.append(
                f"The treasury adds {adds:,.2f} per {tariff.unit} for the provider, at most"
                f" {to_cents(adds * terms.cap_quantity):,.2f} a month."
            )
    return notes


def _price_facts(
    plan: dict[date, Decimal], split: pricing.Commitment, *, year: int, currency: str
) -> Facts:
    months = len(plan)
    facts: Facts = [
        {"label": "A full month", "money": max(plan.values(), default=ZERO)},
        {"label": f"Committed in {year}", "money": split.now},
    ]
    if split.future:
        facts.append({"label": f"Future commitment, after {year}", "money": split.future})
    together = f"{months} month{'s' * (months != 1)} together, {currency}"
    return [*facts, {"label": together, "money": split.total, "total": True}]
