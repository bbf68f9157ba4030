"""What was measured of the service levels in the demo, month by month."""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from functools import partial

from config.demo import material
from config.demo.cast import Cast
from config.demo.delivery import MONTHS
from config.demo.diary import Deed
from config.demo.trade import Trade
from contracts.actions import measurements
from contracts.actions.measurements import Counts
from contracts.models import Measurement, ServiceLevel
from ledger.months import following

_MEASURED: dict[str, list[list[int]]] = material.table("contracts")["measured"]
_ONE = timedelta(days=1)
# Home Service says that the desk's September was worse than it counted.
_CONTESTED = ("H-desk", MONTHS[-1])
_WHY = "Calls that nobody answered are missing from your list."


class Levels:
    """Figures of the providers on the 2nd; about every third buyer looks at them on the 3rd."""

    def __init__(self, cast: Cast, trade: Trade) -> None:
        self._cast, self._trade = cast, trade

    def deeds(self) -> Iterator[Deed]:
        for number, (name, figures) in enumerate(_MEASURED.items()):
            for month, told in zip(MONTHS, figures, strict=False):
                if not told:
                    continue
                day = following(month) + _ONE
                yield Deed(day, partial(self._enter, name, month, told))
                if (name, month) == _CONTESTED:
                    yield Deed(day + _ONE, partial(self._contest, name, month))
                elif number % 3 == 0:
                    yield Deed(day + _ONE, partial(self._confirm, name, month))

    def _enter(self, name: str, month: date, told: Sequence[int], on: date) -> None:
        contract = self._trade.contract(name)
        parties = ("version__contract__buyer", "version__contract__provider")
        levels = ServiceLevel.objects.filter(version=contract.current_id)
        met, measured, *caused = told
        reason = "Power was off in your depot" if caused else ""
        counts = Counts(
            measured=measured, met=met, buyer_caused=sum(caused), exclusion_reason=reason
        )
        measurements.enter_measurement(
            levels.select_related(*parties).get(), month=month, counts=counts,
            by=self._cast.lead(contract.provider), on=on,
        )  # fmt: skip

    def _confirm(self, name: str, month: date, on: date) -> None:
        found = self._measurement(name, month)
        by = self._cast.members(found.contract.buyer)[1]
        measurements.confirm_measurement(found, by=by, on=on)

    def _contest(self, name: str, month: date, on: date) -> None:
        found = self._measurement(name, month)
        by = self._cast.lead(found.contract.buyer)
        measurements.contest_measurement(found, reason=_WHY, by=by, on=on)

    def _measurement(self, name: str, month: date) -> Measurement:
        contract = self._trade.contract(name)
        rows = Measurement.objects.select_related("contract__buyer", "contract__provider")
        return rows.get(contract=contract, month=month)
