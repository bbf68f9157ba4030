"""Contracts that the rules cannot tell apart are computed once; free of Django.

Most of a month has one price for all of its days and nothing else: its lines follow from the price
plan and the month alone. They come from the same rules as all others, so nothing is said twice.
"""

from datetime import date

from contracts.pricing import days_of
from contracts.settlement.cases import Case, Line, Terms
from contracts.settlement.computing import lines_of
from marketplace.price_plans import PricePlan


def lines_alike(plan: PricePlan, month: date, *, version: int = 0) -> list[Line]:
    """The lines of a contract under this one plan all month, of which nothing else is known."""
    days = days_of(month)
    return lines_of(Case(0, 0, 0, days, [Terms(version, days.first, plan)]), month)
