"""What three teams cost and sell to customers outside, month by month, as their leads record it."""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from functools import partial

from config.demo.cast import Cast
from config.demo.diary import Deed
from ledger.models import OutsideSale
from ledger.months import months_between
from ledger.own_figures import Cost, Sale, correct, record_cost, record_sale

_FIRST, _LAST = date(2026, 3, 1), date(2026, 8, 1)
# Sold outside, other costs, hours and what an hour costs; Riga had a slow summer.
_TEAMS = {
    "Tallinn Installations": ("196000.00", "41500.00", 3200, "34.00"),
    "Riga Installations": ("171000.00", "38200.00", 3100, "31.50"),
    "Tartu and South": ("88000.00", "17900.00", 1580, "32.00"),
}
_SLOW = {("Riga Installations", 7): "118000.00", ("Riga Installations", 8): "121500.00"}


def deeds(cast: Cast) -> Iterator[Deed]:
    for month in months_between(_FIRST, _LAST):
        day = date(month.year, month.month + 1, 7)
        yield Deed(day, partial(_record, cast, month))
    yield Deed(date(2026, 9, 8), partial(_correct, cast))


def _record(cast: Cast, month: date, on: date) -> None:
    for name, (sold, other, hours, an_hour) in _TEAMS.items():
        me = cast.me(name)
        by, reference = cast.lead(me), f"{month:%Y-%m}/{me.pk}"
        amount = Decimal(_SLOW.get((name, month.month), sold))
        labour = Decimal(an_hour) * hours
        record_sale(Sale(me, month, amount, "billing", reference), by=by, on=on)
        record_cost(
            Cost(me, month, labour, "payroll", reference, hours=Decimal(hours)), by=by, on=on
        )
        record_cost(
            Cost(me, month, Decimal(other), "vans, material and rent", reference, kind="other"),
            by=by, on=on,
        )  # fmt: skip


def _correct(cast: Cast, on: date) -> None:
    """A credit note came after August was recorded."""
    me = cast.me("Tallinn Installations")
    entry = OutsideSale.objects.get(micro_enterprise=me, month=_LAST)
    correct(
        entry, amount=entry.amount - Decimal("1400.00"), source="billing, credit note 71",
        by=cast.lead(me), on=on,
    )  # fmt: skip
