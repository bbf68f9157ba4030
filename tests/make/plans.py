"""Price plans with the figures of PRODUCT 4.4."""

from decimal import Decimal

from marketplace.price_plans import sound

BANDS = [
    {"up_to": "50.000", "price": "40.00"},
    {"up_to": "150.000", "price": "35.00"},
    {"up_to": None, "price": "30.00"},
]
# By plan: price, unit, usual quantity, parameters.
EXAMPLES = {
    "fixed": ("12000.00", "month", None, {}),
    "per_unit": ("30.00", "hire", "180", {}),
    "graduated": (None, "hire", "180", {"bands": BANDS}),
    "volume": (None, "hire", "180", {"bands": BANDS}),
    "two_part": (None, "hire", "180", {"fee": "2000.00", "unit_price": "12.00"}),
    "cost_plus": (None, "hire", "100", {"standard_cost": "52.00", "margin": "0.1000"}),
    "market_minus": (
        None, "hire", "100",
        {"benchmark": "70.00", "saving": "0.0600", "source": "GSA list",
         "priced_on": "2026-02-01", "outside_offer": None},
    ),
    "time_capped": ("85.00", "hour", "120", {"cap": "9000.00"}),
    "outcome": ("3000.00", "hire", "6", {"gate": ""}),
    "gain_share": (None, "month", "40000", {"share": "0.1500", "baseline": "0.00"}),
    "dual_price": ("62.00", "hire", "10", {"full_cost": "70.00"}),
}  # fmt: skip


def plan(kind, price=None, **changes):
    """The example of a plan; `changes` are of its parameters."""
    listed, unit, usual, parameters = EXAMPLES[kind]
    wanted = price or listed
    return sound(
        kind, price=None if wanted is None else Decimal(wanted), unit=unit,
        parameters=parameters | changes, quantity=None if usual is None else Decimal(usual),
    )  # fmt: skip
