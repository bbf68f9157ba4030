"""Micro-enterprises before they trade, and the outcomes they promise, for tests."""

from decimal import Decimal

from accounts import actions
from accounts.actions import OutcomeTerms
from tests.make.people import TODAY, org, user


def outcome_terms(**fields):
    """A customer outcome: water is back in 4 hours instead of 9."""
    defaults = {
        "name": "Water is back sooner", "customer": "Households", "unit": "h",
        "metric": "hours without water", "baseline": Decimal(9), "target": Decimal(4),
        "source": "call centre",
    }  # fmt: skip
    return OutcomeTerms(**defaults | fields)


def proposed(name="Leak Finders", *, by=None, on=TODAY, **fields):
    """An ME that a member proposed today through the form."""
    org()
    defaults = {"kind": "service", "purpose": "Find leaks before customers do.", "role": "Finder"}
    return actions.form(
        name=name, outcome=fields.pop("outcome", outcome_terms()), by=by or user(), on=on,
        **defaults | fields,
    )  # fmt: skip
