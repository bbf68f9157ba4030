"""What hangs over a running contract, and what is tidied up when it ends."""

from datetime import timedelta
from typing import Any

from contracts.models import Breach, Contract, Proposal

Because = Contract.EndedBecause


def look_ahead(contract: Contract) -> None:
    """Set the day with which it is over if nobody acts: a suspension lapses, a breach stays, a
    claim that the outcome is reached is confirmed by silence.

    The caller saves it with the event that changed something.
    """
    breaches = contract.breaches.filter(state=Breach.State.OPEN)
    ends = [(day, Because.CAUSE) for day in breaches.values_list("cure_until_on", flat=True)]
    if contract.ended_on is None:  # Under notice the days simply stay suspended to its end.
        pauses = contract.suspensions.filter(is_open=True).values_list("last_on", flat=True)
        ends += [(day, Because.SUSPENSION_LAPSED) for day in pauses]
    claims = contract.proposals.filter(state=Proposal.State.OPEN, kind=Proposal.Kind.COMPLETE)
    ends += [(day, Because.COMPLETED) for day in claims.values_list("answer_until_on", flat=True)]
    contract.over_after_on, contract.over_because = min(ends, default=(None, ""))


def suspend_to_the_end(contract: Contract) -> dict[str, Any]:
    """What is suspended when its end is named stays suspended to that day, inclusive.

    What the event tells of it.
    """
    pause = contract.suspensions.filter(is_open=True).first()
    if pause is None or contract.ended_on is None:
        return {}
    pause.last_on = max(contract.ended_on, pause.first_on - timedelta(days=1))
    pause.save(update_fields=["last_on"])
    return {"stays_suspended_until": pause.last_on}


def write_off(contract: Contract, because: str) -> None:
    """The day that hung over it has passed: it was the last one; the caller saves `ended_on`."""
    if because not in {Because.SUSPENSION_LAPSED, Because.CAUSE, Because.COMPLETED}:
        return
    contract.ended_on = contract.over_after_on
    if because == Because.COMPLETED:
        claims = contract.proposals.filter(state=Proposal.State.OPEN, kind=Proposal.Kind.COMPLETE)
        claims.update(state=Proposal.State.CONFIRMED)
    if because == Because.CAUSE and contract.over_after_on:
        open_ones = contract.breaches.filter(state=Breach.State.OPEN)
        open_ones.filter(cure_until_on=contract.over_after_on).update(state=Breach.State.UNCURED)


def wind_up(contract: Contract) -> None:
    """Nothing stands open on a contract that has ended."""
    contract.suspensions.filter(is_open=True).update(is_open=False)
    contract.proposals.filter(state=Proposal.State.OPEN).update(state=Proposal.State.DROPPED)
    contract.breaches.filter(state=Breach.State.OPEN).update(state=Breach.State.MOOT)
