"""Arithmetic of money, free of Django: exact, and rounded in one place (PRODUCT 4.0)."""

from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

CENT = Decimal("0.01")
ZERO = Decimal("0.00")
# Sixteen digits before the point: the widest amount that numeric(18,2) holds.
LARGEST = Decimal("9999999999999999.99")


def to_cents(amount: Decimal) -> Decimal:
    """Rounded half up to the cent; the only rounding of money (PRODUCT 4.0)."""
    return amount.quantize(CENT, ROUND_HALF_UP)


def exact(amount: Decimal) -> Decimal:
    """The amount with two places; ArithmeticError if it had more: it was to be rounded before."""
    if amount != to_cents(amount):
        raise ArithmeticError(f"{amount} has more than two places.")
    return to_cents(amount)


def split(total: Decimal, weights: Sequence[Decimal | Fraction]) -> list[Decimal]:
    """Shares of the total in proportion to the weights, which add up to it to the cent.

    Largest remainder, ties to the earlier listed (PRODUCT 4.0): 100.00 by 1, 1, 1 is 33.34,
    33.33, 33.33. A negative total is split as its opposite. ValueError if a weight is negative or
    all are zero.
    """
    if any(weight < 0 for weight in weights) or not any(weights):
        raise ValueError("Weights must not be negative, and one of them must be above zero.")
    cents = abs(int(exact(total) * 100))
    # Fractions: a remainder that was rounded could give the last cent to the wrong one.
    parts = [Fraction(weight) for weight in weights]
    whole = sum(parts)
    shares = [cents * part / whole for part in parts]
    rounded = [int(share) for share in shares]
    by_remainder = sorted(range(len(parts)), key=lambda i: (rounded[i] - shares[i], i))
    for index in by_remainder[: cents - sum(rounded)]:
        rounded[index] += 1
    sign = -1 if total < 0 else 1
    return [Decimal(sign * each).scaleb(-2) for each in rounded]
