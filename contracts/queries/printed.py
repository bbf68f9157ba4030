"""A contract's terms in the words that pages and mails print."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

from accounts.models import Person
from contracts.models import ContractVersion
from contracts.terms import SECTIONS, Adjustment, Measure, terms_of
from ledger.money import ZERO, to_cents
from marketplace import level_words
from marketplace.service_levels import percent_of
from marketplace.units import counted


class TermRow(NamedTuple):
    label: str
    text: str


class Change(NamedTuple):
    """One term in two versions; empty where a version does not have it."""

    label: str
    before: str
    after: str


def day(value: date) -> str:
    return f"{value:%-d %B %Y}"


def number(value: Decimal) -> str:
    """1,234.5 without trailing zeros."""
    text = f"{value:,f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def price_of(version: ContractVersion, currency: str) -> str:
    plan = version.price_plan
    if plan.values:
        return f"{plan.plan.label}, {currency}: {plan.tariff()}"
    amount = f"{version.price:,.2f} {currency}"
    return f"{amount} per {version.unit}" if plan.counts else f"{amount} a month, by calendar days"


def price_rows(version: ContractVersion, currency: str) -> list[TermRow]:
    """Price, quantities and term."""
    rows = [TermRow("Price", price_of(version, currency))]
    if version.expected_quantity is not None and version.cap_quantity is not None:
        unit = version.price_plan.item
        rows += [
            TermRow("Expected", f"{counted(version.expected_quantity, unit)} a month"),
            TermRow(
                "Not to exceed",
                f"{counted(version.cap_quantity, unit)} a month; more waits for the buyer",
            ),
        ]
    term = f"{day(version.starts_on)} to {day(version.ends_on)}, both days included"
    return [*rows, TermRow("Term", term), *_end_rows(version)]


def _end_rows(version: ContractVersion) -> list[TermRow]:
    """How a notice runs, and whether the terms renew it by themselves."""
    days = version.terms.get("notice_days", 30)
    months = version.terms.get("renews_months", 0)
    rows = [TermRow("Notice", f"{days} days, then to the end of that month")]
    if months:
        rows.append(TermRow("Renewal", f"By itself, by {months} months at its last day"))
    return rows


def section_rows(terms: Mapping[str, Any]) -> list[TermRow]:
    """All five sections, also those that say nothing (PRODUCT 2, 5)."""
    return [
        TermRow(name, terms.get(field) or "Nothing agreed.") for field, name in SECTIONS.items()
    ]


def mediator_row(terms: Mapping[str, Any]) -> TermRow:
    """Who mediates a dispute (PRODUCT 4.12); the terms hold an id, for a name may be blanked."""
    named = terms.get("mediator")
    person = Person.objects.filter(pk=named).first() if named else None
    text = person.name if person else "Whom the CHRO names when there is one"
    return TermRow("Mediator of disputes", text)


def level_rows(version: ContractVersion, currency: str) -> list[TermRow]:
    """Service levels in words, with an example in money, their cap, and the adjustment."""
    terms = terms_of(version.terms)
    plan = terms.price_plan
    base = plan.monthly_fee() or to_cents(plan.usage_amount(terms.expected_quantity or ZERO))
    rows = [
        TermRow(each.name, "\n".join(level_words.sentences(each, base=base, currency=currency)))
        for each in terms.levels
    ]
    if terms.levels:
        cap = level_words.cap_of(terms.levels, terms.credit_cap, base=base, currency=currency)
        rows.append(TermRow("All credits together", cap))
    if terms.adjustment:
        rows.append(TermRow("Satisfaction", _adjustment(terms.adjustment, base, currency)))
    return rows


def _adjustment(agreed: Adjustment, base: Decimal, currency: str) -> str:
    share = level_words.percent(agreed.percent)
    amount = f"{percent_of(base, agreed.percent):,.2f} {currency} in a full month"
    return (
        f"Plus {share} of the month’s fee where {level_words.percent(agreed.target)} of the answers"
        f" are satisfied, minus {share} below {level_words.percent(agreed.floor)}: {amount}.\n"
        "By the ratings that were revealed last; nothing below five raters or 30 % answers."
    )


def changes(before: ContractVersion, after: ContractVersion, currency: str) -> list[Change]:
    """What a counter changed, term by term."""
    old, new = _all_rows(before, currency), _all_rows(after, currency)
    return [
        Change(label, old.get(label, ""), new.get(label, ""))
        for label in {**old, **new}
        if old.get(label) != new.get(label)
    ]


def _all_rows(version: ContractVersion, currency: str) -> dict[str, str]:
    rows = [
        *price_rows(version, currency), *section_rows(version.terms), mediator_row(version.terms),
    ]  # fmt: skip
    words = {row.label: row.text for row in rows}
    words |= {f"Level: {row.label}": row.text for row in level_rows(version, currency)}
    return words | {
        f"Success: {each.name}": _measure(each) for each in terms_of(version.terms).measures
    }


def _measure(measure: Measure) -> str:
    return (
        f"target {number(measure.target)} {measure.unit}, floor {number(measure.floor)},"
        f" {measure.direction} is better; {measure.method}, by the {measure.measurer};"
        f" weight {measure.weight}"
    )
