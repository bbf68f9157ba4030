"""What is held for a dispute, and what goes out again (PRODUCT 4.10, 4.12)."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import QuerySet, Sum

from accounts import policy
from accounts.errors import Refused
from accounts.models import User
from accounts.queries import holidays
from accounts.workdays import nth_working_day_after
from contracts.disputing import Shares, Standing, shares
from contracts.models import CarriedAmount, Contract, Dispute, Overage, SettlementLine
from contracts.settlement.posting import ROUTE, RUN_ROUTE, levy_of
from ledger import actions as ledger
from ledger import held, runs
from ledger.charges import Window
from ledger.models import Cause, Transfer
from ledger.money import ZERO
from ledger.months import month_of
from ledger.moves import reference_of

State = Dispute.State


def is_posted(contract: Contract, month: date) -> bool:
    """Whether the money of that month's lines has moved; exact while the contract is locked."""
    references = [_reference(contract, month, part) for part in ("net", "overage", "credit")]
    of_month = {"contract": contract, "month": month}
    return (
        Transfer.objects.filter(reference__in=references).exists()
        or Overage.objects.filter(**of_month).exists()
        or CarriedAmount.objects.filter(**of_month).exists()
        or Dispute.objects.filter(**of_month).exclude(held_on=None).exists()
    )


def require_net(dispute: Dispute) -> None:
    """On the preview no more is held than the month costs after its credits."""
    contract, month = dispute.contract, dispute.month
    lines = SettlementLine.objects.filter(contract=contract, month=month)
    net = _total(lines)
    disputes = Dispute.objects.filter(contract=contract, month=month, state=State.OPEN)
    left = net - _total(disputes.exclude(pk=dispute.pk).filter(overage=None))
    if dispute.amount > left:
        raise Refused(
            f"{month:%B %Y} costs {net:,.2f} in all, so {max(left, ZERO):,.2f} can still be"
            " disputed.",
            code="disputed_already",
            field="amount",
            value=str(dispute.amount),
            help="Dispute a smaller part.",
        )


def hold(dispute: Dispute, *, by: User, on: date) -> None:
    """After posting: out of what the provider earned for it and is not free to spend yet.

    Refused `too_late_to_dispute` after the tenth working day, `disputed_already` where less was
    paid.
    """
    contract, month = dispute.contract, dispute.month
    paid = _payments(contract, month)
    days = policy.in_force(on=month)["dispute_window_working_days"]
    free = holidays()
    last = {row.pk: nth_working_day_after(row.posted_on, days, free) for row in paid}
    in_time = [row for row in paid if on <= last[row.pk]]
    if not in_time:
        _refuse_late(month, max(last.values(), default=None))
    before = Dispute.objects.filter(
        contract=contract, month=month, held_from=contract.provider
    ).exclude(pk=dispute.pk)
    left = sum((row.amount for row in in_time), ZERO) - _total(before)
    if dispute.amount > left:
        raise Refused(
            f"{max(left, ZERO):,.2f} was paid of it and is not disputed yet.",
            code="disputed_already",
            field="amount",
            value=str(dispute.amount),
            help="Dispute a smaller part. What was not paid waits for the buyer on the contract.",
        )
    held.hold_from_windows(
        contract.provider, dispute.amount, windows=_windows(contract, in_time),
        levied=_levy_on(in_time[0]), share=min(Decimal(1), dispute.amount / in_time[0].amount),
        month=open_month(month, on=on), reference=f"dispute/{dispute.pk}/hold",
        cause=dispute.cause, on=on, by=by, is_charged=in_time[0].is_charged,
    )  # fmt: skip
    dispute.held_amount, dispute.held_on = dispute.amount, on
    dispute.held_from = contract.provider
    dispute.save(update_fields=["held_amount", "held_on", "held_from"])


def release(dispute: Dispute, standing: Standing, *, on: date) -> Shares:
    """Every cent that is held goes out: to the buyer, and the rest to the provider less the levy.

    Entries of the month in which the outcome fell, or of the running one where that is locked.
    """
    parts = shares(dispute.held_amount, standing.percent or ZERO)
    contract, month = dispute.contract, open_month(month_of(standing.since), on=on)
    reference, note = f"dispute/{dispute.pk}", Dispute.Because(standing.because).label[:200]
    held.release_held(
        ledger.wallet_of(contract.buyer, month=month), parts.buyer, month=month,
        reference=f"{reference}/buyer", cause=dispute.cause, on=on, note=note,
    )  # fmt: skip
    payee = ledger.wallet_of(contract.provider, month=month)
    released = held.release_held(
        payee, parts.provider, month=month, reference=f"{reference}/provider",
        cause=dispute.cause, on=on, note=note,
    )  # fmt: skip
    if released:
        held.take_levy(
            payee, parts.provider, levy=levy_of(policy.in_force(on=month)), month=month,
            reference=f"{reference}/levy", cause=dispute.cause, on=on,
        )  # fmt: skip
    return parts


def pay_overage(
    overage: Overage, amount: Decimal, *, on: date, by: User | None, note: str
) -> Transfer:
    """From what the buyer has available, with a dispute window of its own for the provider."""
    contract, month = overage.contract, month_of(on)
    policies = policy.in_force(on=on)
    days = policies["dispute_window_working_days"]
    return held.pay_into_window(
        ledger.wallet_of(contract.buyer, month=month),
        ledger.wallet_of(contract.provider, month=month),
        amount,
        levy=levy_of(policies),
        window=Window(contract.cause, nth_working_day_after(on, days, holidays())),
        month=month,
        reference=f"overage/{overage.pk}",
        cause=contract.cause,
        on=on,
        by=by,
        note=note,
    )


def open_month(month: date, *, on: date) -> date:
    """That month, or the running one where it is locked: a locked month never changes."""
    return month_of(on) if runs.is_locked(month) else month


def _payments(contract: Contract, month: date) -> list[Transfer]:
    """What was paid for the month's lines: at its posting, or when its overage was accepted."""
    overages = Overage.objects.filter(contract=contract, month=month).values_list("pk", flat=True)
    references = [
        _reference(contract, month, "net"),
        _reference(contract, month, "overage"),
        *(f"overage/{key}" for key in overages),
    ]
    rows = Transfer.objects.filter(reference__in=references, kind=Transfer.Kind.CHARGE)
    return list(rows.order_by("pk"))


def _windows(contract: Contract, paid: Sequence[Transfer]) -> list[tuple[Cause, date]]:
    """Where what was paid is reserved: by run, or by contract for an overage accepted later."""
    found: list[tuple[Cause, date]] = []
    for row in paid:
        if row.reference.startswith("overage/"):
            found.append((contract.cause, row.month))
        else:
            run = contract.lines.filter(month=row.month).values_list("run", flat=True)[:1]
            found.append((Cause(RUN_ROUTE, run[0]), row.month))
    return found


def _levy_on(paid: Transfer) -> Transfer | None:
    """The levy that was taken of a payment."""
    if paid.reference.startswith("overage/"):
        reference = f"{paid.reference}/levy"
    else:
        reference = reference_of(Cause(ROUTE, paid.cause_id), month=paid.month, part="levy")
    return Transfer.objects.filter(reference=reference).select_related("payee").first()


def _reference(contract: Contract, month: date, part: str) -> str:
    return reference_of(Cause(ROUTE, contract.pk), month=month, part=part)


def _total(rows: QuerySet[Any]) -> Decimal:
    return Decimal(rows.aggregate(total=Sum("amount", default=ZERO))["total"])


def _refuse_late(month: date, until: date | None) -> None:
    if until is None:
        raise Refused(
            f"Nothing is paid for {month:%B %Y} yet.",
            code="nothing_to_dispute",
            help="Contest the overage that waits instead.",
        )
    raise Refused(
        f"{month:%B %Y} could be disputed until {until:%-d %B %Y}.",
        code="too_late_to_dispute",
        help="Ask the provider for a correction, which is a line of the next month.",
    )
