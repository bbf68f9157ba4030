"""How a signed contract ends before its term: cancelled in time, or by both sides."""

from datetime import date, timedelta

from django.db import transaction

from accounts import clock, policy
from accounts.errors import Invalid, Refused
from accounts.models import MicroEnterprise, User
from contracts import lifecycle
from contracts.actions import funding, guards, looming, records
from contracts.lifecycle import Event
from contracts.models import Contract, EndProposal, Usage
from ledger import actions as ledger

_OPEN = EndProposal.State.OPEN


@transaction.atomic
def cancel(
    contract: Contract, *, party: MicroEnterprise, by: User, on: date, reason: str = ""
) -> Contract:
    """Give a signed contract up before it starts, up to the policy's last day; all is released."""
    guards.require_signer(contract, party=party, by=by, on=on)
    found = guards.locked(contract)
    if found.events.filter(kind=Event.CANCEL, party=party).exists():
        return found
    row = guards.allowed(found, Event.CANCEL, party=party, on=on)
    until = lifecycle.cancel_until(
        starts_on=found.starts_on,
        days_before_start=policy.in_force(on=on)["cancel_until_days_before_start"],
    )
    if on > until:
        raise Refused(
            f"{found} starts on {found.starts_on:%-d %B %Y} and could be cancelled until"
            f" {until:%-d %B %Y}.",
            code="too_late_to_cancel",
            help="Name a last day instead; the other side confirms it.",
        )
    found.ended_on = found.starts_on - timedelta(days=1)
    records.record_event(
        found, Event.CANCEL, row, on=on, at=clock.now(), by=by, party=party, note=reason,
        changed=["ended_on"],
    )  # fmt: skip
    ledger.release(found.cause, on=on)
    return found


@transaction.atomic
def propose_end(
    contract: Contract,
    *,
    last_day_on: date,
    party: MicroEnterprise,
    by: User,
    on: date,
    reason: str = "",
) -> Contract:
    """Name the last day, today or later; the other side confirms it within the policy's days.

    Naming the day that the other side has named confirms it. A new day takes the place of the one
    named before.
    """
    guards.require_signer(contract, party=party, by=by, on=on)
    found = guards.locked(contract)
    records.catch_up(found, on=on)
    open_end = open_end_of(found)
    if open_end and open_end.last_day_on == last_day_on and on <= open_end.answer_until_on:
        if open_end.proposed_for_id == party.pk:
            return found
        return _end(found, open_end, party=party, by=by, on=on)
    row = guards.allowed(found, Event.PROPOSE_END, party=party, on=on)
    _require_end_within(found, last_day_on, on=on)
    found.end_proposals.filter(state=_OPEN).update(state=EndProposal.State.REPLACED)
    days = policy.in_force(on=on)["mutual_end_answer_days"]
    EndProposal.objects.create(
        contract=found, proposed_for=party, proposed_by=by, proposed_on=on,
        last_day_on=last_day_on, answer_until_on=on + timedelta(days=days), reason=reason,
    )  # fmt: skip
    records.record_event(
        found, Event.PROPOSE_END, row, on=on, at=clock.now(), by=by, party=party, note=reason,
        last_day_on=last_day_on,
    )  # fmt: skip
    return found


@transaction.atomic
def confirm_end(
    contract: Contract, *, last_day_on: date, party: MicroEnterprise, by: User, on: date
) -> Contract:
    """Confirm the day that the other side named; the contract ends with that day (PRODUCT 4.2)."""
    guards.require_signer(contract, party=party, by=by, on=on)
    found = guards.locked(contract)
    if found.events.filter(kind=Event.CONFIRM_END, party=party).exists():
        return found
    records.catch_up(found, on=on)
    guards.allowed(found, Event.CONFIRM_END, party=party, on=on)
    open_end = open_end_of(found)
    if open_end is None or open_end.last_day_on != last_day_on:
        raise Refused(
            f"Nobody proposes to end {found} on {last_day_on:%-d %B %Y}.",
            code="no_such_end",
            help="Read which day is named now, or name one yourself.",
        )
    if open_end.proposed_for_id == party.pk:
        raise Refused(f"{party} named this day; the other side confirms it.", code="not_your_turn")
    return _end(found, open_end, party=party, by=by, on=on)


def open_end_of(contract: Contract) -> EndProposal | None:
    """The end that one side has named and nobody has confirmed or replaced."""
    return contract.end_proposals.filter(state=_OPEN).first()


def _end(
    contract: Contract, end: EndProposal, *, party: MicroEnterprise, by: User, on: date
) -> Contract:
    row = guards.allowed(contract, Event.CONFIRM_END, party=party, on=on)
    if on > end.answer_until_on:
        raise Refused(
            f"The end on {end.last_day_on:%-d %B %Y} could be confirmed until"
            f" {end.answer_until_on:%-d %B %Y}.",
            code="end_lapsed",
            help="Name a last day anew.",
        )
    if by.pk == end.proposed_by_id:
        raise guards.both_sides(party)
    guards.require_open_month(
        end.last_day_on,
        what="a contract cannot end in it any more",
        remedy="Name a later last day.",
    )
    _require_nothing_delivered_after(contract, end.last_day_on)
    contract.ended_on = end.last_day_on
    told = looming.suspend_to_the_end(contract)
    EndProposal.objects.filter(pk=end.pk).update(
        state=EndProposal.State.CONFIRMED, answered_on=on, answered_by=by
    )
    records.record_event(
        contract, Event.CONFIRM_END, row, on=on, at=clock.now(), by=by, party=party,
        changed=["ended_on"], last_day_on=end.last_day_on, **told,
    )  # fmt: skip
    looming.wind_up(contract)
    funding.shrink(contract, on=on)
    return contract


def _require_end_within(contract: Contract, last_day_on: date, *, on: date) -> None:
    if last_day_on < on:
        raise Invalid(
            f"The last day {last_day_on:%-d %B %Y} is over. Name today or a later day.",
            field="last_day_on",
            value=last_day_on,
        )
    last = lifecycle.last_day_of(contract)
    if last_day_on >= last:
        raise Invalid(
            f"{contract} ends on {last:%-d %B %Y} anyway. Name an earlier day.",
            field="last_day_on",
            value=last_day_on,
        )


def _require_nothing_delivered_after(contract: Contract, last_day_on: date) -> None:
    """What was delivered between the proposal and its confirmation is not cut away."""
    later = contract.usage.filter(used_on__gt=last_day_on).exclude(state=Usage.State.WITHDRAWN)
    usage = later.order_by("-used_on").first()
    if usage:
        raise Refused(
            f"{usage.quantity.normalize():f} units of {usage.used_on:%-d %B %Y} were entered, after"
            f" the last day {last_day_on:%-d %B %Y}.",
            code="delivered_after_the_end",
            help=f"Name {usage.used_on:%-d %B %Y} or a later day, or let {contract.provider}"
            " withdraw the entry.",
        )
