"""The verdict on each ME's month once it has locked, and the probation that follows (PRODUCT 4.1).

Nobody decides it: the job reads what was settled, what is on record and which success measures
were met, and keeps what it found.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping
from datetime import date
from typing import NamedTuple

from django.db import transaction
from django.db.models import F, Max, Min, Q, Window
from django.db.models.functions import RowNumber

from accounts import policy
from accounts.actions import probation
from accounts.models import MicroEnterprise, Organization
from contracts.models import SuccessResult
from ledger import runs
from ledger.models import CostRecord, OutsideSale, SettlementRun, ValueVerdict
from ledger.months import following, last_day, month_of, months_between, previous
from ledger.profit import Profit
from ledger.profit_reading import profits
from ledger.verdict import next_state

State = MicroEnterprise.State


class Judged(NamedTuple):
    """How many MEs a month was judged for, and whose state it changed."""

    verdicts: int = 0
    on_probation: int = 0
    active_again: int = 0


def judge_due(*, on: date) -> dict[str, int]:
    """Judge every month that has closed and is not judged yet, in order; safe to repeat.

    `{"verdicts", "on_probation", "active_again"}`. Nothing is judged before the first month that
    has a cost or a sale outside on record anywhere.
    """
    done = [judge(month, on=on) for month in _months_due(on=on)]
    sums = (sum(column) for column in zip(*done, strict=True)) if done else (0, 0, 0)
    return dict(zip(Judged._fields, sums, strict=True))


@transaction.atomic
def judge(month: date, *, on: date) -> Judged:
    """Keep the verdict of the month for every ME that is active or on probation, once.

    What is recorded for the month later changes its profit, and no verdict.
    """
    # One at a time: a second beat waits here, and then finds the verdicts.
    Organization.objects.select_for_update(no_key=True).first()
    judged = ValueVerdict.objects.filter(month=month).values("micro_enterprise")
    mes = MicroEnterprise.objects.filter(
        state__in=(State.ACTIVE, State.PROBATION), activated_on__lte=last_day(month)
    ).exclude(pk__in=judged)
    found = {me.pk: me for me in mes.order_by("pk")}
    policies = policy.in_force(on=month)
    after, ends_after = (policies[f"probation_{word}_months"] for word in ("after", "ends_after"))
    lines, met = profits(first=month, last=month), _with_outcome_met(month)
    earlier = _earlier(found, month=month, most=max(after, ends_after))
    verdicts = []
    for key, me in found.items():
        verdict = _verdict(me, month, lines.get((key, month), Profit()), is_met=key in met, on=on)
        verdict.policy_version = policies.version
        if verdict.is_judged:
            below = [verdict.measured.is_below, *earlier[key]]
            wanted = next_state(me.state, below, after=after, ends_after=ends_after)
            if wanted != me.state and _changed(verdict, wanted, on=on):
                verdict.led_to = wanted
        verdicts.append(verdict)
    ValueVerdict.objects.bulk_create(verdicts, batch_size=2000)
    states = [verdict.led_to for verdict in verdicts]
    return Judged(len(verdicts), states.count(State.PROBATION), states.count(State.ACTIVE))


def _verdict(
    me: MicroEnterprise, month: date, found: Profit, *, is_met: bool, on: date
) -> ValueVerdict:
    return ValueVerdict(
        micro_enterprise=me, month=month, is_judged=found.is_on_record,
        value_added=found.value_added, labour=found.labour,
        has_paying_customer=found.inside_sales > 0 or found.outside_sales > 0,
        has_met_outcome=is_met, judged_on=on,
    )  # fmt: skip


def _changed(verdict: ValueVerdict, wanted: str, *, on: date) -> bool:
    return probation.follow_verdict(
        verdict.micro_enterprise, State(wanted), month=verdict.month, why=verdict.measured.why,
        on=on,
    )  # fmt: skip


def _with_outcome_met(month: date) -> set[int]:
    """Providers with a value of the month that reached its target and was not contested.

    An honest proxy of "an outcome met": each measure of a contract stands for what its buyer calls
    success, and silence agrees with the value (PRODUCT 4.2).
    """
    reached = Q(measure__direction="lower", value__lte=F("measure__target"))
    reached |= Q(measure__direction="higher", value__gte=F("measure__target"))
    rows = SuccessResult.objects.filter(reached, month=month)
    rows = rows.exclude(state=SuccessResult.State.CONTESTED)
    return set(rows.values_list("contract__provider", flat=True))


def _earlier(mes: Collection[int], *, month: date, most: int) -> Mapping[int, list[bool]]:
    """Whether each ME was below the floor in its last judged months, the latest first."""
    place = Window(RowNumber(), partition_by="micro_enterprise", order_by=F("month").desc())
    rows = ValueVerdict.objects.filter(
        micro_enterprise__in=mes, month__lt=month, is_judged=True
    ).annotate(place=place)
    found: dict[int, list[bool]] = defaultdict(list)
    for row in rows.filter(place__lt=most).order_by("micro_enterprise", "-month"):
        found[row.micro_enterprise_id].append(row.measured.is_below)
    return found


def _months_due(*, on: date) -> list[date]:
    """Closed months after the last one that was judged; the first open month ends the list."""
    last = ValueVerdict.objects.aggregate(last=Max("month"))["last"]
    first = following(last) if last else _first_on_record()
    if first is None:
        return []
    runs_by_month = dict(SettlementRun.objects.values_list("month", "state"))
    due = []
    for month in months_between(first, previous(on)):
        if not _is_closed(month, runs_by_month.get(month), on=on):
            break
        due.append(month)
    return due


def _is_closed(month: date, state: str | None, *, on: date) -> bool:
    """Locked; a month without a run, in which no money moved, is so by its calendar."""
    if state is not None:
        return state == SettlementRun.State.LOCKED
    return month < previous(on) or runs.due_on(on) == SettlementRun.State.LOCKED


def _first_on_record() -> date | None:
    """The first month that has anything on record, since the firm was founded."""
    organization = Organization.objects.first()
    rows = (CostRecord.objects.all(), OutsideSale.objects.all())
    firsts = [each.aggregate(first=Min("month"))["first"] for each in rows]
    found = min((each for each in firsts if each), default=None)
    if found is None or organization is None:
        return None
    founded = organization.founded_at.astimezone(organization.zone).date()
    first: date = max(found, month_of(founded))
    return first
