"""Runs, lines and what was refused, as pages and commands print them (PRODUCT 4.10)."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Count, Q, QuerySet, Sum

from contracts.closing import closes_on
from contracts.models import Contract, Dispute, Overage, SettlementLine, SettlementRefusal
from contracts.queries.disputes import DisputeWindow, on_line
from contracts.settlement.posting import ROUTE
from ledger import runs
from ledger.basis import NOTIONAL, charged_since, word
from ledger.models import SettlementChunk, SettlementRun, Transfer
from ledger.money import ZERO
from ledger.months import following, last_day, months_between

State = SettlementRun.State
_OVER = (Overage.State.PAID, Overage.State.WAIVED)


@dataclass(frozen=True)
class Totals:
    """Sums over a month's lines; `credits` is above zero and taken off."""

    lines: int = 0
    contracts: int = 0
    gross: Decimal = ZERO
    credits: Decimal = ZERO
    paid: Decimal = ZERO
    waiting: Decimal = ZERO
    held: Decimal = ZERO
    refused: int = 0

    @property
    def net(self) -> Decimal:
        return self.gross - self.credits


def totals_of(months: Sequence[date]) -> dict[date, Totals]:
    """The totals of each month, zeros where nothing was computed; five queries in all."""
    above, below = Q(amount__gt=0), Q(amount__lt=0)
    lines = SettlementLine.objects.filter(month__in=months).values("month")
    sums = lines.order_by("month").annotate(
        count=Count("pk"),
        contracts=Count("contract", distinct=True),
        gross=Sum("amount", filter=above, default=ZERO),
        less=Sum("amount", filter=below, default=ZERO),
    )
    found = {row["month"]: row for row in sums}
    paid = _by_month(
        Transfer.objects.filter(cause_route=ROUTE, kind=Transfer.Kind.CHARGE, month__in=months)
        .exclude(reference__startswith="overage/")
        .values_list("month")
        .annotate(Sum("amount"))
    )
    waiting = _by_month(
        Overage.objects.filter(month__in=months)
        .exclude(state__in=[Overage.State.PAID, Overage.State.WAIVED])
        .values_list("month")
        .annotate(Sum("amount"))
    )
    held = _by_month(
        Dispute.objects.filter(month__in=months, held_amount__gt=0)
        .values_list("month")
        .annotate(Sum("held_amount"))
    )
    refused = _by_month(
        SettlementRefusal.objects.filter(run__month__in=months)
        .values_list("run__month")
        .annotate(Count("pk"))
    )
    return {
        month: Totals(
            lines=found[month]["count"] if month in found else 0,
            contracts=found[month]["contracts"] if month in found else 0,
            gross=found[month]["gross"] if month in found else ZERO,
            credits=-found[month]["less"] if month in found else ZERO,
            paid=paid.get(month, ZERO),
            waiting=waiting.get(month, ZERO),
            held=held.get(month, ZERO),
            refused=refused.get(month, 0),
        )
        for month in months
    }


@dataclass(frozen=True)
class MonthRow:
    """One month on the list of months; `state` is `open` while it has no run."""

    month: date
    state: str
    totals: Totals


def months_of_the_market(*, on: date) -> list[date]:
    """From the first contract's first month to the running one, newest first."""
    first = Contract.objects.signed().order_by("starts_on").values_list("starts_on", flat=True)[:1]
    start = next(iter(first), on)
    return list(months_between(min(start, on), on))[::-1]


def month_rows(months: Sequence[date]) -> list[MonthRow]:
    states = dict(SettlementRun.objects.filter(month__in=months).values_list("month", "state"))
    totals = totals_of(months)
    return [MonthRow(m, states.get(m, State.OPEN.value), totals[m]) for m in months]


def run_of(month: date) -> SettlementRun | None:
    return SettlementRun.objects.filter(month=month).first()


@dataclass(frozen=True)
class Progress:
    """How far the chunks of a run are, counted in contracts of its plan."""

    is_at_work: bool
    done: int
    total: int
    refused: int
    failures: Sequence[str]

    @property
    def settled(self) -> int:
        return max(0, self.done - self.refused)


def progress_of(run: SettlementRun) -> Progress:
    """Contracts whose chunk has passed the step that was asked for."""
    chunks = list(run.chunks.order_by("number"))
    wanted = {SettlementChunk.State.COMPUTED.value, SettlementChunk.State.POSTED.value}
    if runs.has_reached(run.goal, State.POSTED):
        wanted = {SettlementChunk.State.POSTED.value}
    done = sum(chunk.contract_count for chunk in chunks if chunk.state in wanted)
    total = sum(chunk.contract_count for chunk in chunks)
    failures = [chunk.failure for chunk in chunks if chunk.failure]
    return Progress(
        is_at_work=runs.is_at_work(run),
        done=done,
        total=total,
        refused=run.refusals.count(),
        failures=failures,
    )


def lines_of(
    month: date, *, contract: int | None = None, me: str = "", kind: str = ""
) -> QuerySet[SettlementLine]:
    """The month's lines in the order of contracts; `me` is part of the name of either party."""
    lines = SettlementLine.objects.filter(month=month)
    if contract:
        lines = lines.filter(contract=contract)
    if me:
        named = Q(contract__buyer__name__icontains=me) | Q(contract__provider__name__icontains=me)
        lines = lines.filter(named)
    if kind:
        lines = lines.filter(kind=kind)
    related = ("contract__buyer", "contract__provider", "contract__offering__current", "version")
    return lines.select_related(*related).order_by("contract", "kind", "term", "origin_month")


def refusals_of(run: SettlementRun) -> QuerySet[SettlementRefusal]:
    related = ("contract__buyer", "contract__provider", "contract__offering__current")
    return run.refusals.select_related(*related).order_by("contract")


def steps_of(month: date, run: SettlementRun | None) -> list[dict[str, Any]]:
    """The four states with their days by the calendar, as the component prints them."""
    after = following(month)
    state = run.state if run else State.OPEN
    order = [state.value for state in runs.ORDER]
    reached = order.index(State(state).value)
    at = {
        State.COMPUTED.value: run.computed_at if run else None,
        State.POSTED.value: run.posted_at if run else None,
        State.LOCKED.value: run.locked_at if run else None,
    }
    planned = {
        State.COMPUTED.value: after.replace(day=4),
        State.POSTED.value: after.replace(day=6),
        State.LOCKED.value: after.replace(day=10),
    }
    words = {
        State.OPEN.value: f"usage closes {closes_on(month):%-d %B}",
        State.COMPUTED.value: "both sides see a preview",
        State.POSTED.value: "money moves, commitments are used",
        State.LOCKED.value: "never changes again",
    }
    steps = []
    for number, name in enumerate(order):
        when = at.get(name)
        note = f"{when:%-d %B}" if when else ""
        if not note and name in planned:
            note = f"planned for {planned[name]:%-d %B}"
        steps.append(
            {
                "name": State(name).label,
                "notes": [words[name], *([note] if note else [])],
                "done": number <= reached and run is not None,
                "current": number == reached,
            }
        )
    return steps


def may_begin_on(month: date) -> date:
    """The first day on which the month may be computed by hand."""
    return last_day(month) + timedelta(days=1)


@dataclass(frozen=True)
class ShownLine:
    """A line with its disputes, and whether the reader may dispute or correct it today."""

    line: SettlementLine
    disputes: Sequence[Dispute]
    may_dispute: bool
    may_correct: bool = False


@dataclass(frozen=True)
class SettledMonth:
    """One month of one contract: its lines, what was paid, and the overage that waits."""

    month: date
    state: str
    label: str
    lines: Sequence[SettlementLine]
    rows: Sequence[ShownLine]
    total: Decimal
    paid: Decimal
    overage: Overage | None
    overage_state: str
    overage_note: str
    may_answer: bool
    dispute: Dispute | None = None
    # Charged only if both parties were on the first day of the month (PRODUCT 4.7).
    basis: str = NOTIONAL

    @property
    def paid_words(self) -> str:
        if self.state in (State.OPEN, State.COMPUTED):
            return "nothing is paid yet"
        return f"{self.paid:,.2f} paid"

    @property
    def is_disputed(self) -> bool:
        return any(row.disputes for row in self.rows)

    @property
    def may_contest(self) -> bool:
        return self.may_answer and self.overage_state == Overage.State.WAITING

    @property
    def dialog(self) -> str:
        return f"accept-{self.month:%Y-%m}"


def settled_months(
    contract: Contract, *, may_answer: bool, on: date, may_correct: bool = False, most: int = 6
) -> list[SettledMonth]:
    """The last months of the contract that were computed, newest first; eight queries."""
    months = list(
        contract.lines.order_by("-month").values_list("month", flat=True).distinct()[:most]
    )
    if not months:
        return []
    found = {run.month: run for run in SettlementRun.objects.filter(month__in=months)}
    lines: dict[date, list[SettlementLine]] = {month: [] for month in months}
    ordered = contract.lines.filter(month__in=months).order_by("kind", "term", "origin_month")
    for line in ordered.select_related("version"):
        lines[line.month].append(line)
    overages = {
        each.month: each
        for each in contract.overages.filter(month__in=months).select_related("dispute")
    }
    paid = _by_month(
        Transfer.objects.filter(
            cause_route=ROUTE, cause_id=contract.pk, kind=Transfer.Kind.CHARGE, month__in=months
        )
        .exclude(reference__startswith="overage/")
        .values_list("month")
        .annotate(Sum("amount"))
    )
    parties = {contract.buyer_id, contract.provider_id}
    since = charged_since(parties)
    disputes = on_line(line.pk for each in lines.values() for line in each)
    window = DisputeWindow(on=on)
    return [
        replace(
            _settled(
                found[month].month, found[month].state,
                [
                    ShownLine(
                        line, disputes.get(line.pk, ()),
                        may_answer
                        and window.is_open(line, found[month], disputes.get(line.pk, ())),
                        may_correct and found[month].state == State.LOCKED,
                    )
                    for line in lines[month]
                ],
                overages.get(month), paid.get(month, ZERO), may_answer=may_answer, on=on,
            ),
            basis=word(all(since.get(me, date.max) <= month for me in parties)),
        )
        for month in months
    ]  # fmt: skip


def _settled(
    month: date,
    state: str,
    rows: Sequence[ShownLine],
    overage: Overage | None,
    paid: Decimal,
    *,
    may_answer: bool,
    on: date,
) -> SettledMonth:
    labels = {State.OPEN.value: "Being computed", State.COMPUTED.value: "Computed, a preview"}
    overage_state, note = state_of_overage(overage, on=on) if overage else ("", "")
    return SettledMonth(
        month=month,
        state=state,
        label=labels.get(state, State(state).label),
        lines=[row.line for row in rows],
        rows=rows,
        total=sum((row.line.amount for row in rows), ZERO),
        paid=paid,
        overage=overage,
        overage_state=overage_state,
        overage_note=note,
        may_answer=may_answer and overage is not None and overage.state not in _OVER,
        dispute=getattr(overage, "dispute", None),
    )


def state_of_overage(overage: Overage, *, on: date) -> tuple[str, str]:
    """The state that counts that day, and what there is to say; silence contests by date."""
    if overage.state == Overage.State.PAID and overage.answered_on:
        return overage.state, f"accepted on {overage.answered_on:%-d %B %Y} and paid"
    if overage.state == Overage.State.WAIVED:
        return overage.state, "not owed, by the outcome of its dispute"
    if overage.state == Overage.State.CONTESTED:
        return overage.state, overage.contest_reason
    if on > overage.answer_until_on:
        return Overage.State.CONTESTED, f"nobody answered until {overage.answer_until_on:%-d %B}"
    return Overage.State.WAITING, f"{overage.reason} Answer until {overage.answer_until_on:%-d %B}."


def _by_month(rows: Any) -> dict[date, Any]:
    return dict(rows.order_by())


def summary(month: date) -> dict[str, Any]:
    """What `settle_month` prints for programs (INTERFACE.md)."""
    run, totals = run_of(month), totals_of([month])[month]
    refused = refusals_of(run) if run else []
    return {
        "month": f"{month:%Y-%m}",
        "state": run.state if run else State.OPEN.value,
        "lines": totals.lines,
        "gross": str(totals.gross),
        "credits": str(totals.credits),
        "net": str(totals.net),
        "held": str(totals.held),
        "refused": [
            {"contract": each.contract_id, "code": each.code, "detail": each.detail}
            for each in refused
        ],
    }
