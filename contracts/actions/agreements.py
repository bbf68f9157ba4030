"""From a draft to two signatures: every event of the negotiation (PRODUCT 4.2).

Each takes the acting ME as `party`, and the hash of the terms that were read as `seen_hash`. A
retried event changes nothing and returns the contract as it is.
"""

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.db import IntegrityError, transaction

from accounts import clock, constraints, policy
from accounts.errors import Forbidden, Refused
from accounts.models import MicroEnterprise, User
from accounts.permissions import may_draft_contract, require, require_known
from contracts import lifecycle, pricing
from contracts.actions import guards, records
from contracts.actions.clockwork import run_clock
from contracts.actions.endings import cancel, confirm_end, propose_end
from contracts.lifecycle import Event
from contracts.models import Contract, ContractVersion
from contracts.queries.agreements import may_know
from contracts.terms import Terms, require_sound, terms_of
from ledger import actions as ledger
from ledger.models import Reservation
from ledger.queries import fiscal_year_of
from marketplace.benchmarks import taken_over
from marketplace.models import OfferingVersion, ServiceOffering
from marketplace.price_plans import sound
from marketplace.queries import version_on

__all__ = [
    "accept",
    "cancel",
    "confirm_end",
    "counter",
    "decline",
    "draft",
    "offer",
    "propose_end",
    "revise",
    "run_clock",
    "withdraw",
]
_NEGOTIATED = [
    *records.OF_THE_TERMS, "turn", "offered_on", "answer_until_on",
    "answer_reminded_on",
]  # fmt: skip


@transaction.atomic
def draft(
    offering: ServiceOffering,
    *,
    buyer: MicroEnterprise,
    terms: Terms,
    party: MicroEnterprise,
    by: User,
    on: date,
    key: str = "",
) -> Contract:
    """Write down what buyer and provider could agree on; nothing is promised yet.

    `party` is the ME that drafts: the buyer, or the provider for a customer. Plan, unit and title
    are those of the offering. With the same `key` of the same person the first draft comes back.
    """
    provider = offering.provider
    _require_drafter(by, party=party, buyer=buyer, provider=provider, on=on)
    if buyer == provider:
        raise Refused(
            f"{buyer} cannot buy from itself.",
            code="same_party",
            help="Choose an offering of another ME.",
        )
    version = version_on(offering, on=on)
    if offering.state != ServiceOffering.State.PUBLISHED or version is None:
        raise Refused(
            f"“{offering}” is not on sale.",
            code="not_on_sale",
            help="Choose another offering on the market.",
        )
    wanted = require_sound(_on_the_plan_of(version, terms), on=on)
    own_key = f"{by.pk}/{key}" if key else ""
    contract = Contract(
        offering=offering, buyer=buyer, provider=provider, created_on=on, created_by=by,
        starts_on=wanted.starts_on, ends_on=wanted.ends_on, draft_key=own_key,
    )  # fmt: skip
    if earlier := _saved_or_drafted_before(contract, wanted):
        return earlier
    records.write_version(contract, wanted, title=version.name, party=party, by=by, on=on)
    created = lifecycle.Row(lifecycle.Actor.EITHER, Contract.State.DRAFT)
    records.record_event(
        contract, Event.CREATE, created, on=on, at=clock.now(), by=by, party=party,
        changed=records.OF_THE_TERMS, hash=contract.current.hash if contract.current else "",
    )  # fmt: skip
    return contract


@transaction.atomic
def revise(
    contract: Contract, *, seen_hash: str, terms: Terms, party: MicroEnterprise, by: User, on: date
) -> Contract:
    """Rewrite a draft before anybody has signed it: a new version, no new state."""
    require_known(may_know(by, contract, on=on))
    _require_drafter(by, party=party, buyer=contract.buyer, provider=contract.provider, on=on)
    found = guards.locked(contract)
    row = guards.allowed(found, Event.REVISE, party=party, on=on)
    before = _current(found)
    wanted = require_sound(_on_the_plan_of(before, terms), on=on)
    if wanted == terms_of(before.terms):
        return found
    guards.require_read(found, seen_hash)
    records.write_version(found, wanted, title=before.title, party=party, by=by, on=on)
    records.record_event(
        found, Event.REVISE, row, on=on, at=clock.now(), by=by, party=party,
        changed=records.OF_THE_TERMS, hash=_current(found).hash,
    )  # fmt: skip
    return found


@transaction.atomic
def offer(
    contract: Contract,
    *,
    seen_hash: str,
    party: MicroEnterprise,
    by: User,
    on: date,
    note: str = "",
) -> Contract:
    """Sign first; the buyer's money is pre-committed while the other side thinks.

    A provider's offer reserves nothing. Refused `wrong_state`, `terms_changed`, `not_trading`,
    `self_dealing`, `no_measure`, `not_enough_money`.
    """
    guards.require_signer(contract, party=party, by=by, on=on)
    found = guards.locked(contract)
    if guards.is_done(found, Event.OFFER, party=party, seen_hash=seen_hash):
        return found
    row = guards.allowed(found, Event.OFFER, party=party, on=on)
    guards.require_read(found, seen_hash)
    _put_to_other_side(found, Event.OFFER, row, party=party, by=by, on=on, note=note)
    return found


@transaction.atomic
def counter(
    contract: Contract,
    *,
    seen_hash: str,
    terms: Terms,
    party: MicroEnterprise,
    by: User,
    on: date,
    note: str = "",
) -> Contract:
    """Answer with other terms: a new version, signed, and the turn goes to the other side.

    Only the buyer's own counter changes what is pre-committed. Refused as `offer`, and
    `nothing_changed` where the terms are those that were read.
    """
    guards.require_signer(contract, party=party, by=by, on=on)
    found = guards.locked(contract)
    before = _current(found)
    wanted = _on_the_plan_of(before, terms)
    if _is_countered(found, wanted, party=party, seen_hash=seen_hash):
        return found
    row = guards.allowed(found, Event.COUNTER, party=party, on=on)
    guards.require_read(found, seen_hash)
    wanted = require_sound(wanted, on=on)
    if wanted == terms_of(before.terms):
        raise Refused(
            "The counter-offer changes nothing.",
            code="nothing_changed",
            help="Change a term, or accept the offer as it is.",
        )
    records.write_version(found, wanted, title=before.title, party=party, by=by, on=on)
    _put_to_other_side(
        found, Event.COUNTER, row, party=party, by=by, on=on, note=note, answers=before.hash
    )
    return found


@transaction.atomic
def accept(
    contract: Contract, *, seen_hash: str, party: MicroEnterprise, by: User, on: date
) -> Contract:
    """The second signature on the same hash: what was pre-committed is committed.

    What is available is checked again. Refused as `offer`, and `not_your_turn`.
    """
    guards.require_signer(contract, party=party, by=by, on=on)
    found = guards.locked(contract)
    if guards.is_done(found, Event.ACCEPT, party=party, seen_hash=seen_hash):
        return found
    row = guards.allowed(found, Event.ACCEPT, party=party, on=on)
    guards.require_read(found, seen_hash)
    guards.require_market(found, on=on)
    at = clock.now()
    records.sign(found, party=party, by=by, on=on, at=at)
    found.turn = found.answer_until_on = None
    found.committed_year = fiscal_year_of(on)
    records.record_event(
        found, Event.ACCEPT, row, on=on, at=at, by=by, party=party,
        changed=["turn", "answer_until_on", "committed_year"], hash=seen_hash,
    )  # fmt: skip
    _promise(found, kind=Reservation.Kind.COMMITTED, on=on)
    return found


@transaction.atomic
def decline(
    contract: Contract, *, party: MicroEnterprise, by: User, on: date, reason: str = ""
) -> Contract:
    """Say no to the offer; what was pre-committed is free again."""
    return _refuse_offer(contract, Event.DECLINE, party=party, by=by, on=on, reason=reason)


@transaction.atomic
def withdraw(
    contract: Contract, *, party: MicroEnterprise, by: User, on: date, reason: str = ""
) -> Contract:
    """Take the own offer back before it is answered; what was pre-committed is free again."""
    return _refuse_offer(contract, Event.WITHDRAW, party=party, by=by, on=on, reason=reason)


def _refuse_offer(
    contract: Contract, event: Event, *, party: MicroEnterprise, by: User, on: date, reason: str
) -> Contract:
    guards.require_signer(contract, party=party, by=by, on=on)
    found = guards.locked(contract)
    if guards.is_done(found, event, party=party, seen_hash=_current(found).hash):
        return found
    row = guards.allowed(found, event, party=party, on=on)
    records.record_event(found, event, row, on=on, at=clock.now(), by=by, party=party, note=reason)
    ledger.release(found.cause, on=on)
    return found


def _put_to_other_side(
    contract: Contract,
    event: Event,
    row: lifecycle.Row,
    *,
    party: MicroEnterprise,
    by: User,
    on: date,
    note: str,
    answers: str = "",
) -> None:
    """Sign the current version for the party and hand the turn over."""
    version = _current(contract)
    guards.require_market(contract, on=on)
    require_sound(terms_of(version.terms), on=on, for_signature=True)
    at = clock.now()
    records.sign(contract, party=party, by=by, on=on, at=at)
    contract.turn = contract.provider if party == contract.buyer else contract.buyer
    contract.offered_on, contract.answer_reminded_on = on, None
    contract.answer_until_on = lifecycle.answer_until(
        offered_on=on,
        starts_on=version.starts_on,
        lapses_after_days=policy.in_force(on=on)["offer_lapses_after_days"],
    )
    records.record_event(
        contract, event, row, on=on, at=at, by=by, party=party, note=note,
        changed=_NEGOTIATED, hash=version.hash, answers=answers,
    )  # fmt: skip
    if party == contract.buyer:
        _promise(contract, kind=Reservation.Kind.PRE_COMMITTED, on=on)


def _promise(contract: Contract, *, kind: Reservation.Kind, on: date) -> None:
    """Make the buyer's open promise for this contract the plan of its current version."""
    version = _current(contract)
    terms = terms_of(version.terms)
    plan = pricing.planned_by_month(
        terms.price_plan,
        expected=terms.expected_quantity,
        starts_on=terms.starts_on,
        ends_on=terms.ends_on,
    )
    ledger.promise(contract.buyer, plan, kind=kind, cause=contract.cause, on=on)


def _current(contract: Contract) -> ContractVersion:
    if contract.current is None:
        raise AssertionError(f"{contract} has no terms.")
    return contract.current


def _on_the_plan_of(given: OfferingVersion | ContractVersion, terms: Terms) -> Terms:
    """The terms on the plan and unit that are given, with its parameters where they name none."""
    parameters = terms.parameters or given.parameters
    if not _names_the_same(parameters, given.parameters):
        parameters = taken_over(parameters)
    plan = sound(
        given.plan, price=terms.price, unit=given.unit, parameters=parameters,
        quantity=terms.expected_quantity,
    )  # fmt: skip
    return terms.with_changes(
        plan=given.plan, unit=plan.unit, price=plan.price, parameters=plan.document()
    )


def _names_the_same(parameters: Mapping[str, Any], before: Mapping[str, Any]) -> bool:
    """Whether the outside price is still the one that was fixed, whatever its offer says today."""
    shown = ("outside_offer", "benchmark", "source", "priced_on")
    return all(str(parameters.get(name)) == str(before.get(name)) for name in shown)


def _is_countered(
    contract: Contract, terms: Terms, *, party: MicroEnterprise, seen_hash: str
) -> bool:
    """Whether this party already answered these terms with those."""
    answered = contract.events.filter(
        kind=Event.COUNTER, party=party, payload__answers=seen_hash
    ).select_related("version")
    return any(e.version and terms_of(e.version.terms) == terms for e in answered)


def _saved_or_drafted_before(contract: Contract, terms: Terms) -> Contract | None:
    """Save the new draft, or return the one that the same key drafted before."""
    if earlier := _drafted_before(contract, terms):
        return earlier
    try:
        with transaction.atomic():
            contract.save(force_insert=True)
    except IntegrityError as error:
        if constraints.name_of(error) != "drafted_once_per_key":
            raise
        return _drafted_before(contract, terms)  # A twin drafted it while we waited.
    return None


def _drafted_before(contract: Contract, terms: Terms) -> Contract | None:
    """Refused `key_reused` where the key stands for another draft, or for other terms."""
    if not contract.draft_key:
        return None
    earlier = Contract.objects.filter(draft_key=contract.draft_key).first()
    if earlier is None:
        return None
    first = earlier.versions.get(number=1)
    same_sides = (earlier.offering_id, earlier.buyer_id) == (
        contract.offering_id,
        contract.buyer_id,
    )
    if not same_sides or terms_of(first.terms) != terms:
        raise Refused(
            "This form was already used for another draft.",
            code="key_reused",
            help=f"Open {earlier} and change it, or open the offering again and draft anew.",
        )
    return earlier


def _require_drafter(
    by: User, *, party: MicroEnterprise, buyer: MicroEnterprise, provider: MicroEnterprise, on: date
) -> None:
    if party not in {buyer, provider}:
        raise Forbidden(
            f"{party} would be no party of this contract.",
            help="Draft it for the ME you act for, as buyer or as provider.",
        )
    require(
        may_draft_contract(by, party, on=on),
        f"You may not draft contracts for {party}.",
        help=f"Ask the lead of {party}, or a member who may sign.",
    )
