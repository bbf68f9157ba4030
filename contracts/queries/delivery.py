"""What was delivered, as pages and rules read it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db.models import Count, F, Q, QuerySet, Sum

from accounts.models import User
from accounts.permissions import may_confirm_delivery, may_enter_delivery
from contracts import lifecycle
from contracts.closing import closes_on, settles_in
from contracts.models import Contract, ContractVersion, Usage
from ledger.months import last_day, months_between
from marketplace.price_plans import Plan

SHOWN_USAGE = 100


def signed_versions(contracts: QuerySet[Contract]) -> QuerySet[ContractVersion]:
    """Versions that both parties signed as they stand, in the order of their numbers."""
    by_parties = Q(signatures__party=F("contract__buyer")) | Q(
        signatures__party=F("contract__provider")
    )
    on_this_text = Q(signatures__hash=F("hash"))
    signers = Count("signatures__party", distinct=True, filter=by_parties & on_this_text)
    versions = ContractVersion.objects.filter(contract__in=contracts)
    return versions.annotate(signers=signers).filter(signers=2).order_by("contract", "number")


def version_on(contract: Contract, *, on: date) -> ContractVersion | None:
    """The signed terms in force that day: the latest version that has begun."""
    versions = signed_versions(Contract.objects.filter(pk=contract.pk))
    return versions.filter(valid_from_on__lte=on).last()


def contest_until(usage: Usage) -> date:
    """The last day on which the buyer may contest the entry (PRODUCT 4.10)."""
    return closes_on(settles_in(usage.used_on, stands_since=usage.entered_on))


def month_that_counts(usage: Usage) -> date:
    """The month whose run counts it: a contest that was answered late moves it on."""
    answered = usage.answered_on if usage.contest_reason else None
    return settles_in(usage.used_on, stands_since=answered or usage.entered_on)


def state_of_usage(usage: Usage, *, on: date) -> str:
    """The word that counts that day: silence past the closing day confirms."""
    is_silent = usage.state == Usage.State.REPORTED and on > contest_until(usage)
    return Usage.State.CONFIRMED if is_silent else Usage.State(usage.state)


@dataclass(frozen=True)
class UsageRow:
    """One entry as the contract's page prints it; what its reader may do with it."""

    usage: Usage
    state: str
    label: str
    note: str
    may_answer: bool
    may_contest: bool
    may_withdraw: bool


@dataclass(frozen=True)
class DeliverySection:
    """The usage of a month on a contract's page; `planned` and `cap` are units a month."""

    month: date
    is_counted: bool
    unit: str
    total: Decimal
    expected: Decimal | None
    cap: Decimal | None
    rows: Sequence[UsageRow]
    hidden_count: int
    may_report: bool

    @property
    def note(self) -> str:
        closes = closes_on(self.month)
        if self.is_counted:
            return f"Settled with {self.month:%B %Y}"
        return f"What stands uncontested on {closes:%-d %B} is charged with {self.month:%B}"


def delivery_section(
    contract: Contract, *, user: User, month: date, on: date
) -> DeliverySection | None:
    """The month's usage; None where the contract counts none. A fixed number of queries."""
    day = min(max(last_day(month), contract.starts_on), lifecycle.last_day_of(contract))
    version = version_on(contract, on=day)
    if version is None or not Plan(version.plan).counts:
        return None
    entries = contract.usage.filter(origin_month=month).order_by("-used_on", "-pk")
    counting = Q(state__in=[Usage.State.REPORTED, Usage.State.CONFIRMED])
    figures = entries.aggregate(
        count=Count("pk"), total=Sum("quantity", filter=counting, default=Decimal(0))
    )
    is_provider = may_enter_delivery(user, contract.provider, on=on)
    is_buyer = may_confirm_delivery(user, contract.buyer, on=on)
    rows = [
        _usage_row(usage, is_provider=is_provider, is_buyer=is_buyer, on=on)
        for usage in entries.select_related("entered_by__person")[:SHOWN_USAGE]
    ]
    return DeliverySection(
        month=month,
        is_counted=any(row.usage.counted_in for row in rows),
        unit=version.price_plan.item,
        total=figures["total"],
        expected=version.expected_quantity,
        cap=version.cap_quantity,
        rows=rows,
        hidden_count=figures["count"] - len(rows),
        may_report=is_provider and _has_reportable_day(contract, on=on),
    )


def months_of(contract: Contract, *, on: date) -> list[date]:
    """The months that its page offers, newest first: from its start to today or its last day."""
    last = min(on, lifecycle.last_day_of(contract))
    return list(months_between(contract.starts_on, last))[::-1]


def _usage_row(usage: Usage, *, is_provider: bool, is_buyer: bool, on: date) -> UsageRow:
    state = state_of_usage(usage, on=on)
    is_open = state in {Usage.State.REPORTED, Usage.State.CONTESTED} and not usage.counted_in
    until = contest_until(usage)
    label = Usage.State(state).label
    if state != usage.state:
        label = "Confirmed by silence"
    notes = {
        Usage.State.REPORTED: f"counts unless contested until {until:%-d %B %Y}",
        Usage.State.CONTESTED: usage.contest_reason,
    }
    note = notes.get(Usage.State(state), "")
    if usage.counted_in:
        note = f"settled with {usage.counted_in:%B %Y}"
    elif state == Usage.State.CONFIRMED and month_that_counts(usage) != usage.origin_month:
        note = f"settles with {month_that_counts(usage):%B %Y}"
    return UsageRow(
        usage=usage,
        state=state,
        label=label,
        note=note,
        may_answer=is_buyer and is_open,
        may_contest=is_buyer and state == Usage.State.REPORTED and not usage.counted_in,
        may_withdraw=is_provider and not usage.counted_in and usage.state != Usage.State.WITHDRAWN,
    )


def _has_reportable_day(contract: Contract, *, on: date) -> bool:
    is_closed = contract.state == Contract.State.CLOSED
    return not is_closed and lifecycle.has_active_day(contract) and contract.starts_on <= on
