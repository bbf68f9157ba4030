"""Costs and sales outside, recorded through the ledger's own actions."""

from datetime import date
from decimal import Decimal

from ledger.own_figures import Cost, Sale, record_cost, record_sale
from tests.make.people import TODAY

JANUARY = date(2026, 1, 1)


def labour(of, amount, hours, *, month=JANUARY, reference="payroll", by=None, on=TODAY):
    wish = Cost(
        of, month, Decimal(amount), "payroll", reference, kind="labour", hours=Decimal(hours)
    )
    return record_cost(wish, by=by, on=on)


def other_cost(of, amount, *, month=JANUARY, reference="rent", by=None, on=TODAY):
    wish = Cost(of, month, Decimal(amount), "accounts payable", reference, kind="other")
    return record_cost(wish, by=by, on=on)


def outside_sale(of, amount, *, month=JANUARY, reference="invoices", by=None, on=TODAY):
    return record_sale(Sale(of, month, Decimal(amount), "billing", reference), by=by, on=on)
