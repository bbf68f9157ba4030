"""Outcomes of disputes, booked by the hourly job or by the step that decided (PRODUCT 4.12).

An outcome by silence falls on the day after its deadline, however late the job runs.
"""

from datetime import date

from django.db import transaction

from accounts.errors import Refused
from contracts.actions import dispute_money, dispute_steps
from contracts.actions.dispute_steps import Step
from contracts.disputing import Stage, Standing, shares
from contracts.models import Dispute, Overage
from contracts.queries import disputes as queries
from ledger.money import ZERO

State = Dispute.State


@transaction.atomic
def settle(dispute: Dispute, *, on: date, may_wait: bool = True) -> bool:
    """Book the outcome once; False while there is none, or its money is not there yet.

    On the preview it waits for the posting that holds the money; what a buyer owes of an overage
    waits until it is available, or is Refused `not_enough_money` where it `may_wait` no longer.
    """
    dispute = dispute_steps.locked(dispute)
    standing = queries.standing(dispute, on=on)
    if standing.stage is not Stage.DECIDED:
        return False
    if dispute.overage:
        booked = _book_overage(dispute, dispute.overage, standing, on=on, may_wait=may_wait)
    elif dispute.held_on:
        parts = dispute_money.release(dispute, standing, on=on)
        dispute.buyer_amount, dispute.provider_amount = parts
        booked = True
    else:
        booked = dispute.withdrawn_on is not None
    if booked:
        _write_down(dispute, standing, on=on)
    return booked


def settled(dispute: Dispute, *, on: date) -> Dispute:
    """The dispute as it is after whatever its last step has decided."""
    settle(dispute, on=on)
    return Dispute.objects.select_related("contract").get(pk=dispute.pk)


def _book_overage(
    dispute: Dispute, overage: Overage, standing: Standing, *, on: date, may_wait: bool
) -> bool:
    """Nothing was held: what the provider gets is paid now, and the rest is not owed."""
    parts = shares(dispute.amount, standing.percent or ZERO)
    if parts.provider:
        note = f"Overage of {overage.month:%B %Y}: {Dispute.Because(standing.because).label}"
        try:
            with transaction.atomic():
                dispute_money.pay_overage(overage, parts.provider, on=on, by=None, note=note[:200])
        except Refused as reason:
            if reason.code != "not_enough_money" or not may_wait:
                raise
            return False
    overage.state = Overage.State.PAID if parts.provider else Overage.State.WAIVED
    overage.answered_on = overage.answered_on or on
    overage.save(update_fields=["state", "answered_on"])
    dispute.buyer_amount, dispute.provider_amount = parts
    return True


def _write_down(dispute: Dispute, standing: Standing, *, on: date) -> None:
    dispute.buyer_amount = dispute.buyer_amount or ZERO
    dispute.provider_amount = dispute.provider_amount or ZERO
    dispute.state, dispute.settled_on = State.SETTLED, on
    dispute.because, dispute.percent = standing.because, standing.percent
    dispute.decided_on = standing.since
    dispute.save()
    dispute_steps.record(dispute, Step.SETTLED, by=None, on=on, percent=standing.percent)
