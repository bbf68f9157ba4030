"""A contract's terms in the words that pages and mails print."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

from contracts.models import ContractVersion
from contracts.terms import SECTIONS, Measure, terms_of
from marketplace.price_plans import Plan


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
    amount = f"{version.price:,.2f} {currency}"
    if version.plan == Plan.FIXED.value:
        return f"{amount} a month, by calendar days"
    return f"{amount} per {version.unit}"


def price_rows(version: ContractVersion, currency: str) -> list[TermRow]:
    """Price, quantities and term."""
    rows = [TermRow("Price", price_of(version, currency))]
    if version.expected_quantity is not None and version.cap_quantity is not None:
        unit = version.unit
        rows += [
            TermRow("Expected", f"{number(version.expected_quantity)} {unit} a month"),
            TermRow(
                "Not to exceed",
                f"{number(version.cap_quantity)} {unit} a month; more waits for the buyer",
            ),
        ]
    term = f"{day(version.starts_on)} to {day(version.ends_on)}, both days included"
    return [*rows, TermRow("Term", term)]


def section_rows(terms: Mapping[str, Any]) -> list[TermRow]:
    """All five sections, also those that say nothing (PRODUCT 2, 5)."""
    return [
        TermRow(name, terms.get(field) or "Nothing agreed.") for field, name in SECTIONS.items()
    ]


def changes(before: ContractVersion, after: ContractVersion, currency: str) -> list[Change]:
    """What a counter changed, term by term."""
    old, new = _all_rows(before, currency), _all_rows(after, currency)
    return [
        Change(label, old.get(label, ""), new.get(label, ""))
        for label in {**old, **new}
        if old.get(label) != new.get(label)
    ]


def _all_rows(version: ContractVersion, currency: str) -> dict[str, str]:
    rows = [*price_rows(version, currency), *section_rows(version.terms)]
    words = {row.label: row.text for row in rows}
    return words | {
        f"Success: {each.name}": _measure(each) for each in terms_of(version.terms).measures
    }


def _measure(measure: Measure) -> str:
    return (
        f"target {number(measure.target)} {measure.unit}, floor {number(measure.floor)},"
        f" {measure.direction} is better; {measure.method}, by the {measure.measurer};"
        f" weight {measure.weight}"
    )
