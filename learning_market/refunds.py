"""What a cancelled seat gives back, free of Django (PRODUCT 4.20)."""

from datetime import date
from decimal import Decimal

from ledger.money import ZERO, to_cents


def released(
    price: Decimal, *, starts_on: date, cancelled_on: date, full_days: int, part: Decimal
) -> Decimal:
    """All of a seat's price from `full_days` before the start on, `part` of it (0 to 1, half up
    for the buyer) until the day before, nothing from the start on.

    100.01 cancelled 13 days before the start at one half: 50.01.
    """
    days_left = (starts_on - cancelled_on).days
    if days_left >= full_days:
        return price
    return to_cents(price * part) if days_left >= 1 else ZERO


def return_on_investment(cost: Decimal, value: Decimal) -> Decimal | None:
    """(value - cost) / cost as a fraction; None where nothing was paid.

    5,400 for an expected 6,000 is 0.111 (PRODUCT 4.20).
    """
    return (value - cost) / cost if cost else None


def payback_months(cost: Decimal, value: Decimal) -> Decimal | None:
    """Months until a value spread over twelve months has paid the cost: 5,400 of 6,000 is 10.8.

    None where there is nothing to pay back, or nothing that pays it.
    """
    return cost / value * 12 if cost and value else None
