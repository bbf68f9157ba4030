"""How far the months of a contract were a success, as pages and rules read it (PRODUCT 4.2)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from accounts import policy
from accounts.models import User
from accounts.permissions import is_member
from accounts.queries import holidays
from accounts.workdays import nth_working_day_after
from contracts.closing import closes_on
from contracts.models import Contract, SuccessMeasure, SuccessResult
from contracts.queries.delivery import version_on
from contracts.queries.suspended import day_that_counts
from contracts.success import Measured, attainment, success_of_month


class SilenceRule:
    """Silence past the last day to answer confirms a value; a clock rule, read from the date.

    A month uses the policy of its first day. Reads the calendar once, however many results.
    """

    def __init__(self) -> None:
        self._holidays = holidays()
        self._days: dict[date, int] = {}

    def answer_until(self, result: SuccessResult) -> date:
        """The last day on which the other side may contest the value."""
        if result.month not in self._days:
            policies = policy.in_force(on=result.month)
            self._days[result.month] = policies["result_silence_working_days"]
        return nth_working_day_after(result.entered_on, self._days[result.month], self._holidays)

    def is_confirmed(self, result: SuccessResult, *, on: date) -> bool:
        """Confirmed by the other side's word, or by its silence."""
        if result.state == SuccessResult.State.ENTERED:
            return on > self.answer_until(result)
        return result.state == SuccessResult.State.CONFIRMED


@dataclass(frozen=True)
class ResultRow:
    """One measure of the month; `attainment` is 0 to 1, None where it was not measured."""

    measure: SuccessMeasure
    result: SuccessResult | None
    attainment: Decimal | None
    state: str
    label: str
    note: str
    may_enter: bool
    may_answer: bool

    @property
    def enter_label(self) -> str:
        return "Enter anew" if self.result else "Enter value"


@dataclass(frozen=True)
class ResultsSection:
    """How far the month was a success; `success` is 0 to 1, None before anything is measured."""

    month: date
    success: Decimal | None
    rows: Sequence[ResultRow]
    unmeasured_count: int

    @property
    def note(self) -> str:
        return "Weighted over the measures that have a value"


def results_section(
    contract: Contract, *, user: User, month: date, on: date
) -> ResultsSection | None:
    """The month's success results; None where the contract has no active day in the month."""
    day = day_that_counts(contract, month=month)
    if month > on or day is None:
        return None
    version = version_on(contract, on=day)
    if version is None:
        return None
    found = {result.measure_id: result for result in contract.results.filter(month=month)}
    sides = {
        side: is_member(user, me, on=on)
        for side, me in (("provider", contract.provider), ("buyer", contract.buyer))
    }
    rule = SilenceRule()
    rows = [
        _row(measure, found.get(measure.pk), contract, sides, month=month, rule=rule, on=on)
        for measure in version.measures.all()
    ]
    success = success_of_month(Measured(row.measure.weight, row.attainment) for row in rows)
    missing = sum(row.attainment is None for row in rows)
    return ResultsSection(month, success, rows, missing)


def _row(
    measure: SuccessMeasure,
    result: SuccessResult | None,
    contract: Contract,
    sides: dict[str, bool],
    *,
    month: date,
    rule: SilenceRule,
    on: date,
) -> ResultRow:
    other = "buyer" if measure.measurer == "provider" else "provider"
    measurer = contract.provider if measure.measurer == "provider" else contract.buyer
    if result is None:
        is_late = on > closes_on(month)
        state, label = ("not_measured", "Not measured") if is_late else ("open", "Not yet measured")
        return ResultRow(
            measure, None, None, state, label, f"{measurer} measures it",
            may_enter=sides[measure.measurer], may_answer=False,
        )  # fmt: skip
    done = rule.is_confirmed(result, on=on)
    state = SuccessResult.State.CONFIRMED if done else SuccessResult.State(result.state)
    by_silence = done and result.state == SuccessResult.State.ENTERED
    until = rule.answer_until(result)
    notes = {
        SuccessResult.State.ENTERED: f"confirmed by silence after {until:%-d %B %Y}",
        SuccessResult.State.CONTESTED: result.contest_reason,
    }
    return ResultRow(
        measure=measure,
        result=result,
        attainment=attainment(
            result.value, target=measure.target, floor=measure.floor, direction=measure.direction
        ),
        state=state,
        label="Confirmed by silence" if by_silence else state.label,
        note=notes.get(state, ""),
        may_enter=sides[measure.measurer] and not done,
        may_answer=sides[other] and state == SuccessResult.State.ENTERED,
    )
