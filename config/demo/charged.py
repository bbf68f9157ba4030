"""Two micro-enterprises of the demo whose money became real, and one whose day is set."""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from functools import partial

from config.demo.cast import Cast
from config.demo.diary import Deed
from config.demo.founding import HR_ADMIN
from ledger import switching

# On which day it was planned, from which day on it is charged, and the grants of that day.
_SWITCHES = (
    ("Housing Associations", date(2026, 6, 15), date(2026, 7, 1), "48000.00", "2750.00",
     "It settles with housing associations in real money, so its own costs are real too."),
    ("Legal Desk", date(2026, 6, 15), date(2026, 7, 1), "6000.00", "1250.00",
     "It works for Housing Associations, and its fees are part of what they charge."),
    ("Tartu and South", date(2026, 10, 8), date(2027, 1, 1), "90000.00", "7500.00",
     "Half a year of statements was right to the cent; from January on the money is real."),
)  # fmt: skip


def deeds(cast: Cast) -> Iterator[Deed]:
    for name, planned_on, starts_on, operating, learning, reason in _SWITCHES:
        grants = {"operating": Decimal(operating), "learning": Decimal(learning)}
        yield Deed(planned_on, partial(_plan, cast, name, starts_on, grants, reason))


def _plan(
    cast: Cast, name: str, starts_on: date, grants: dict[str, Decimal], reason: str, on: date
) -> None:
    switching.plan(
        cast.me(name), starts_on=starts_on, reason=reason, by=cast.user(HR_ADMIN), on=on, **grants
    )
