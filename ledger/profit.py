"""What an ME makes in a month, and by the hour; free of Django (PRODUCT 4.15).

net production = outside sales + inside sales + subsidies - inside purchases
value added    = net production - costs without labour
"""

from dataclasses import dataclass, fields
from decimal import Decimal

from ledger.money import ZERO, to_cents


@dataclass(frozen=True)
class Profit:
    """The lines of one ME and month, or of several months added up.

    90,000 + 12,000 - 30,000 = 72,000; less 21,600 = 50,400; by 840 hours 60.00 an hour.
    """

    outside_sales: Decimal = ZERO
    inside_sales: Decimal = ZERO
    subsidies: Decimal = ZERO
    inside_purchases: Decimal = ZERO
    other_costs: Decimal = ZERO
    paid_outside: Decimal = ZERO
    levy: Decimal = ZERO
    labour: Decimal = ZERO
    hours: Decimal = ZERO
    # How many costs and sales outside are on record.
    entry_count: int = 0

    @property
    def net_production(self) -> Decimal:
        """What customers gave for the ME's own part of the work."""
        return self.outside_sales + self.inside_sales + self.subsidies - self.inside_purchases

    @property
    def costs(self) -> Decimal:
        """All costs without labour: those on record, what was paid outside, and the levy."""
        return self.other_costs + self.paid_outside + self.levy

    @property
    def value_added(self) -> Decimal:
        return self.net_production - self.costs

    @property
    def margin(self) -> Decimal:
        """What is left of the value added when labour is paid."""
        return self.value_added - self.labour

    @property
    def per_hour(self) -> Decimal | None:
        """Value added by the hour; None without hours."""
        return _by_hours(self.value_added, self.hours)

    @property
    def labour_per_hour(self) -> Decimal | None:
        return _by_hours(self.labour, self.hours)

    @property
    def margin_per_hour(self) -> Decimal | None:
        return _by_hours(self.margin, self.hours)

    @property
    def is_on_record(self) -> bool:
        """A month without any cost and sale outside on record is not judged."""
        return self.entry_count > 0

    def __add__(self, other: "Profit") -> "Profit":
        return Profit(
            **{each.name: getattr(self, each.name) + getattr(other, each.name)
               for each in fields(self)}
        )  # fmt: skip


def _by_hours(amount: Decimal, hours: Decimal) -> Decimal | None:
    return to_cents(amount / hours) if hours else None
