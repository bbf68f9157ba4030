"""Breach and cure, chronic failure, and an outcome that is reached (PRODUCT 4.2, 4.11)."""

from datetime import date

from django.db import transaction

from accounts import clock, mail, policy
from accounts.errors import Invalid, Refused
from accounts.models import MicroEnterprise, User
from accounts.queries import holidays
from accounts.workdays import nth_working_day_after
from contracts.actions import funding, guards, looming, proposals, records
from contracts.actions.reminders import signers_of
from contracts.lifecycle import Event
from contracts.models import Breach, Contract, Proposal
from contracts.queries.levels import chronic_levels
from contracts.queries.printed import day

_SHORTEST_TEXT = 20
LONGEST_TEXT = 1000
OUTCOME = "outcome"


@transaction.atomic
def report_breach(
    contract: Contract, *, text: str, party: MicroEnterprise, by: User, on: date
) -> Contract:
    """Tell the other side what it breaks; delivered at once, to its page and by mail.

    Not cured by the end of the policy's working days, the contract ends for cause with that day.
    Charges go on meanwhile. One notice of a party is open at a time (`already_open`).
    """
    guards.require_signer(contract, party=party, by=by, on=on)
    found = guards.locked(contract)
    records.catch_up(found, on=on)
    row = guards.allowed(found, Event.REPORT_BREACH, party=party, on=on)
    text = text.strip()
    mine = found.breaches.filter(state=Breach.State.OPEN, reported_for=party).first()
    if mine and mine.text == text:
        return found
    if mine:
        raise Refused(
            f"{party} has told of a breach on {day(mine.delivered_on)}, which may be cured until"
            f" {day(mine.cure_until_on)}.",
            code="already_open",
            help="Confirm that it is cured, then tell of another one.",
        )
    if not _SHORTEST_TEXT <= len(text) <= LONGEST_TEXT:
        raise Invalid(
            "Say in 20 to 1,000 characters which promise is broken, and what would cure it.",
            field="text",
            value=text,
        )
    days = policy.in_force(on=on)["breach_cure_working_days"]
    breach = Breach.objects.create(
        contract=found, reported_for=party, reported_by=by, delivered_on=on, text=text,
        cure_until_on=nth_working_day_after(on, days, holidays()),
    )  # fmt: skip
    looming.look_ahead(found)
    records.record_event(
        found, Event.REPORT_BREACH, row, on=on, at=clock.now(), by=by, party=party, note=text,
        cure_until_on=breach.cure_until_on,
    )  # fmt: skip
    _deliver(found, breach, party=party, on=on)
    return found


@transaction.atomic
def cure_breach(
    contract: Contract, *, party: MicroEnterprise, by: User, on: date, note: str = ""
) -> Contract:
    """The complainant confirms that its open breach is cured."""
    guards.require_signer(contract, party=party, by=by, on=on)
    found = guards.locked(contract)
    if proposals.is_done(found, Event.CURE_BREACH, party=party):
        return found
    row = guards.allowed(found, Event.CURE_BREACH, party=party, on=on)
    breach = found.breaches.filter(state=Breach.State.OPEN, reported_for=party).first()
    if breach is None:
        raise Refused(
            f"{party} has no open notice of breach on {found}.",
            code="no_open_breach",
            help="Whoever told of the breach confirms that it is cured.",
        )
    breach.state, breach.answered_on, breach.answered_by = Breach.State.CURED, on, by
    breach.save(update_fields=["state", "answered_on", "answered_by"])
    looming.look_ahead(found)
    records.record_event(
        found, Event.CURE_BREACH, row, on=on, at=clock.now(), by=by, party=party, note=note
    )
    return found


@transaction.atomic
def end_chronic(
    contract: Contract, *, party: MicroEnterprise, by: User, on: date, reason: str = ""
) -> Contract:
    """The buyer ends it today, without a fee, because a level was missed again and again.

    Refused `not_chronic` with what it would take.
    """
    guards.require_signer(contract, party=party, by=by, on=on)
    found = guards.locked(contract)
    records.catch_up(found, on=on)
    if found.events.filter(kind=Event.END_CHRONIC, party=party).exists():
        return found
    row = guards.allowed(found, Event.END_CHRONIC, party=party, on=on)
    chronic = chronic_levels(found, on=on)
    if not chronic:
        rules = policy.in_force(on=on)
        raise Refused(
            f"No service level of {found} was missed {rules['chronic_misses']} times within"
            f" {rules['chronic_window_months']} months, so it cannot be ended at once.",
            code="not_chronic",
            help="Tell of a breach, give notice, or name a last day that the other side confirms.",
        )
    _end_on(found, on)
    records.record_event(
        found, Event.END_CHRONIC, row, on=on, at=clock.now(), by=by, party=party, note=reason,
        changed=["ended_on"], last_day_on=on, levels=[each.level for each in chronic],
    )  # fmt: skip
    looming.wind_up(found)
    funding.shrink(found, on=on)
    return found


@transaction.atomic
def claim_completion(
    contract: Contract, *, party: MicroEnterprise, by: User, on: date, reason: str = ""
) -> Contract:
    """The provider says that the agreed outcome is reached.

    The buyer confirms, or turns it down; its silence past the policy's working days confirms.
    """
    guards.require_signer(contract, party=party, by=by, on=on)
    found = guards.locked(contract)
    records.catch_up(found, on=on)
    guards.allowed(found, Event.CLAIM_COMPLETION, party=party, on=on)
    if found.current is None or found.current.plan != OUTCOME:
        raise Refused(
            f"{found} is not paid by outcome, so there is no outcome to reach.",
            code="no_outcome_plan",
            help="Name a last day that the other side confirms.",
        )
    if proposals.open_proposal(found, Proposal.Kind.COMPLETE, on=on):
        return found
    days = policy.in_force(on=on)["completion_silence_working_days"]
    proposals.propose(
        found, Proposal.Kind.COMPLETE, Event.CLAIM_COMPLETION, party=party, by=by, on=on,
        reason=reason, answer_until_on=nth_working_day_after(on, days, holidays()),
    )  # fmt: skip
    looming.look_ahead(found)
    found.save(update_fields=["over_after_on", "over_because"])
    return found


@transaction.atomic
def confirm_completion(
    contract: Contract, *, party: MicroEnterprise, by: User, on: date
) -> Contract:
    """The buyer agrees that the outcome is reached; it ends with this day."""
    guards.require_signer(contract, party=party, by=by, on=on)
    found = guards.locked(contract)
    if found.events.filter(kind=Event.COMPLETE, party=party).exists():
        return found
    row = guards.allowed(found, Event.COMPLETE, party=party, on=on)
    proposals.confirmed(found, Proposal.Kind.COMPLETE, party=party, by=by, on=on)
    _end_on(found, on)
    records.record_event(
        found, Event.COMPLETE, row, on=on, at=clock.now(), by=by, party=party,
        changed=["ended_on"], last_day_on=on,
    )  # fmt: skip
    looming.wind_up(found)
    funding.shrink(found, on=on)
    return found


@transaction.atomic
def drop_proposal(
    contract: Contract, kind: str, *, party: MicroEnterprise, by: User, on: date, reason: str = ""
) -> Contract:
    """Take the own proposal back, or say no to the other side's; nothing else changes."""
    guards.require_signer(contract, party=party, by=by, on=on)
    found = guards.locked(contract)
    row = guards.allowed(found, Event.DROP_PROPOSAL, party=party, on=on)
    asked = proposals.open_proposal(found, kind, on=on)
    if asked is None:
        return found
    asked.state, asked.answered_on, asked.answered_by = Proposal.State.DROPPED, on, by
    asked.save(update_fields=["state", "answered_on", "answered_by"])
    looming.look_ahead(found)
    records.record_event(
        found, Event.DROP_PROPOSAL, row, on=on, at=clock.now(), by=by, party=party, note=reason,
        version=asked.version, kind_of_proposal=str(kind),
    )  # fmt: skip
    return found


def _end_on(contract: Contract, on: date) -> None:
    guards.require_day_to_change(on)
    contract.ended_on = min(on, contract.ended_on or on)


def _deliver(contract: Contract, breach: Breach, *, party: MicroEnterprise, on: date) -> None:
    """The notice itself, to whoever may sign for the other side."""
    other = contract.provider if party == contract.buyer else contract.buyer
    if contract.current is None:
        return
    for reader in signers_of(other, on=on):
        mail.send(
            "breach", to=reader, contract=contract, title=contract.current.title,
            subject=f"{contract.current.title}: notice of breach by {party}",
            party=party, text=breach.text, until=day(breach.cure_until_on),
        )  # fmt: skip
