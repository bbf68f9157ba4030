"""Disputes by date: overages that became disputes, mails about a new stage, outcomes by silence.

The hourly job only writes down what the dates made of them (PRODUCT 4.0, 4.12).
"""

import logging
from datetime import date, timedelta

from django.db import transaction
from django.db.models import Q

from contracts.actions import dispute_steps, disputes, guards, outcomes
from contracts.disputing import Stage
from contracts.models import Dispute, Overage
from contracts.queries import disputes as queries

log = logging.getLogger(__name__)


def run_due(*, on: date) -> dict[str, int]:
    """`{"opened", "told", "settled", "failed"}`: overages that became disputes, mails about a new
    stage, outcomes booked. Safe to repeat; one that fails stops no other."""
    counts = {"opened": 0, "told": 0, "settled": 0, "failed": 0}
    for overage in _unanswered(on=on):
        counts["opened"] += _open(overage)
    found = list(Dispute.objects.filter(state=Dispute.State.OPEN).order_by("pk"))
    at = queries.standings(found, on=on)
    for dispute in found:
        try:
            if at[dispute.pk].stage is Stage.DECIDED:
                counts["settled"] += outcomes.settle(dispute, on=on)
            else:
                counts["told"] += _tell(dispute, on=on)
        except Exception:
            log.exception("%s could not be settled", dispute)
            counts["failed"] += 1
    return counts


def _unanswered(*, on: date) -> list[Overage]:
    waits = Q(state=Overage.State.WAITING, answer_until_on__lt=on)
    contested = Q(state=Overage.State.CONTESTED)
    rows = Overage.objects.filter(waits | contested, dispute=None).order_by("pk")
    return list(rows.select_related("contract"))


@transaction.atomic
def _open(overage: Overage) -> bool:
    """By the date: the day after the last one for an answer, or the day it was contested."""
    contract = guards.locked(overage.contract)
    overage = Overage.objects.select_for_update(no_key=True).get(pk=overage.pk)
    overage.contract = contract
    if overage.state == Overage.State.WAITING:
        overage.state = Overage.State.CONTESTED
        overage.answered_on = overage.answer_until_on + timedelta(days=1)
        overage.save(update_fields=["state", "answered_on"])
    if overage.state != Overage.State.CONTESTED or overage.answered_on is None:
        return False
    disputes.open_on_overage(overage, opened_on=overage.answered_on, by=overage.answered_by)
    return True


@transaction.atomic
def _tell(dispute: Dispute, *, on: date) -> bool:
    dispute = dispute_steps.locked(dispute)
    if queries.standing(dispute, on=on).stage is Stage.MEDIATION and not dispute.mediator_id:
        dispute_steps.name_agreed_mediator(dispute, on=on)
        dispute.save(update_fields=["mediator", "mediator_named_on"])
    return dispute_steps.tell(dispute, on=on)
