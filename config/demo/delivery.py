"""What was delivered in the demo, what success was, and what the buyers said."""

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from decimal import Decimal
from functools import partial
from typing import Any

from accounts.models import User
from config.demo import material
from config.demo.cast import Cast
from config.demo.diary import Deed
from config.demo.market import OFFERINGS
from config.demo.trade import SETTLED, Trade, starts_of
from contracts.actions import delivery, results, settlement
from contracts.models import Overage, SuccessMeasure, SuccessResult, Usage
from ledger.months import following, last_day, months_between

MONTHS = [*months_between(date(2026, 4, 1), date(2026, 9, 30))]
OCTOBER = date(2026, 10, 1)
_TOLD = material.table("contracts")
_LATE = {each["id"]: each["on"] for each in _TOLD["late_results"]}
_ONE, _FORTNIGHT = timedelta(days=1), timedelta(days=14)
# One team measured success from the first month on, and everybody the service desk; the others
# began in July.
_KEEN, _WATCHED = "Tallinn Installations", "service-desk"
COUNTED_ONCE = {"seat", "tablet", "van"}
_SHOWN = {_KEEN, "Recruiting", "Workplace IT"}
_FIRST_RESULTS = date(2026, 7, 1)


class Delivery:
    """Deliveries and results of the settled contracts, month by month."""

    def __init__(self, cast: Cast, trade: Trade) -> None:
        self._cast, self._trade = cast, trade

    def deeds(self) -> Iterator[Deed]:
        for number, told in enumerate(SETTLED):
            yield from self._usage_of(number, told)
            yield from self._results_of(number, told)
        for told in _TOLD["contested_usage"]:
            yield Deed(told["on"], partial(self._contest_usage, told))
        for told in _TOLD["overages"]:
            yield Deed(told.get("accepted") or told["contested"], partial(self._answer, told))
        for told in _TOLD["contested_results"]:
            yield Deed(told["on"], partial(self._contest_result, told))
            if "corrected" in told:
                yield Deed(told["corrected_on"], partial(self._correct_result, told))

    def _usage_of(self, number: int, told: Mapping[str, Any]) -> Iterator[Deed]:
        entries = told.get("entries", 1)
        months = months_between(starts_of(told), MONTHS[-1])
        for month, quantity in zip(months, told.get("usage", ()), strict=False):
            first = quantity // 2 if entries == 2 else 0
            day = last_day(month)
            if first:
                yield Deed(month.replace(day=14), partial(self._report, told, first, number))
            yield Deed(day, partial(self._report, told, quantity - first, number))
            if number % 5 == 2:
                yield Deed(day + _ONE, partial(self._confirm, told))
        yield from self._october_of(number, told)

    def _october_of(self, number: int, told: Mapping[str, Any]) -> Iterator[Deed]:
        """The month that runs: what is counted once a month stands, of the rest about a third.

        The entries named in the file wait for the buyer's word; those of the people whom one may
        sign in as are confirmed otherwise, so that their first page is not full of them.
        """
        if "usage" not in told or told.get("ends", OCTOBER) < OCTOBER:
            return
        is_monthly = OFFERINGS[told["offering"]]["unit"] in COUNTED_ONCE
        usual = told["usage"][-1] if is_monthly else max(1, told["usage"][-1] // 3)
        day = OCTOBER.replace(day=7 + number % 3)
        yield Deed(day, partial(self._report, told, told.get("october", usual), number))
        if "october" not in told and told["buyer"] in _SHOWN:
            yield Deed(day + _ONE, partial(self._confirm, told))

    def _report(self, told: Mapping[str, Any], quantity: int, number: int, on: date) -> None:
        """Entered by the members of the provider in turn."""
        contract = self._trade.contract(told["id"])
        members = self._cast.members(contract.provider)
        delivery.report_usage(
            contract, quantity=Decimal(quantity), used_on=on, key=f"{told['id']}/{on}",
            by=members[(number + on.month) % len(members)], on=on,
        )  # fmt: skip

    def _confirm(self, told: Mapping[str, Any], on: date) -> None:
        """Some buyers look at what was entered lately; else it counts by silence."""
        contract = self._trade.contract(told["id"])
        buyer = self._cast.members(contract.buyer)[1]
        entered = contract.usage.filter(state=Usage.State.REPORTED, used_on__gt=on - _FORTNIGHT)
        for usage in entered.order_by("pk"):
            delivery.confirm_usage(usage, by=buyer, on=on)

    def _contest_usage(self, told: Mapping[str, Any], on: date) -> None:
        contract = self._trade.contract(told["id"])
        usage = contract.usage.get(used_on=told["used_on"])
        by = self._trade.lead(contract.buyer)
        delivery.contest_usage(usage, reason=told["reason"], by=by, on=on)

    def _answer(self, told: Mapping[str, Any], on: date) -> None:
        contract = self._trade.contract(told["id"])
        overage = Overage.objects.get(contract=contract, month=told["month"])
        by = self._trade.lead(contract.buyer)
        if "accepted" in told:
            settlement.accept_overage(overage, by=by, on=on)
        else:
            settlement.contest_overage(overage, reason=told["reason"], by=by, on=on)

    def _results_of(self, number: int, told: Mapping[str, Any]) -> Iterator[Deed]:
        if "results" not in OFFERINGS[told["offering"]]:
            return
        first = starts_of(told)
        if told["buyer"] != _KEEN and told["offering"] != _WATCHED:
            first = max(first, _FIRST_RESULTS)
        last = min(told.get("ends", MONTHS[-1]), MONTHS[-1])
        for month in months_between(first, last):
            is_latest = month == MONTHS[-1]
            if is_latest and told["id"] in _TOLD["never_results"]:
                continue
            day = following(month) + _ONE
            if is_latest:
                day = _LATE.get(told["id"], day)
            yield Deed(day, partial(self._enter, told, number, month))

    def _enter(self, told: Mapping[str, Any], number: int, month: date, on: date) -> None:
        """Each contract lies a little beside the provider's usual value, and always the same."""
        offered = OFFERINGS[told["offering"]]
        at = MONTHS.index(month)
        for measure in self._trade.measures(told["id"]):
            usual = offered["results"][measure.number - 1][at]
            beside = offered["steps"][measure.number - 1] * ((number + at + measure.number) % 3 - 1)
            most = 100 if measure.unit.startswith("%") else 10_000
            result = results.enter_result(
                measure, month=month, value=Decimal(min(max(usual + beside, 0), most)),
                by=self._measurer(measure), on=on,
            )  # fmt: skip
            if number % 6 == 1 and on < OCTOBER:
                results.confirm_result(result, by=self._other_side(measure), on=on)

    def _contest_result(self, told: Mapping[str, Any], on: date) -> None:
        result = self._result(told)
        by = self._other_side(result.measure)
        results.contest_result(result, reason=told["reason"], by=by, on=on)

    def _correct_result(self, told: Mapping[str, Any], on: date) -> None:
        measure = self._result(told).measure
        results.enter_result(
            measure, month=told["month"], value=Decimal(told["corrected"]),
            note="Callbacks that came back the same week no longer count as solved.",
            by=self._measurer(measure), on=on,
        )  # fmt: skip

    def _result(self, told: Mapping[str, Any]) -> SuccessResult:
        contract = self._trade.contract(told["id"])
        rows = SuccessResult.objects.select_related("measure__version__contract")
        return rows.get(contract=contract, month=told["month"], measure__number=told["measure"])

    def _measurer(self, measure: SuccessMeasure) -> User:
        return self._cast.lead(results.measurer_of(measure))

    def _other_side(self, measure: SuccessMeasure) -> User:
        contract = measure.version.contract
        measurer = results.measurer_of(measure)
        return self._cast.lead(
            contract.buyer if measurer == contract.provider else contract.provider
        )
