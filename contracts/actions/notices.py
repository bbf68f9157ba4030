"""Notice by one side, and its withdrawal by both (PRODUCT 4.2)."""

from datetime import date
from typing import Any

from django.db import transaction

from accounts import clock
from accounts.errors import Refused
from accounts.models import MicroEnterprise, User
from contracts import lifecycle
from contracts.actions import funding, guards, looming, proposals, records
from contracts.actions.suspensions import close_open_suspension
from contracts.lifecycle import Event, Row
from contracts.models import Contract, Proposal
from contracts.queries.suspended import open_suspension

Kind = Proposal.Kind


@transaction.atomic
def give_notice(
    contract: Contract, *, party: MicroEnterprise, by: User, on: date, reason: str = ""
) -> Contract:
    """One side ends it with the days that its terms name and the end of that month.

    From 15 March with 30 days: 14 April, so 30 April. The money of later days is released. What is
    suspended stays so to the last day. Refused `ends_anyway` where the term ends no later.
    """
    guards.require_signer(contract, party=party, by=by, on=on)
    found = guards.locked(contract)
    records.catch_up(found, on=on)
    if proposals.is_done(found, Event.GIVE_NOTICE, party=party):
        return found
    row = guards.allowed(found, Event.GIVE_NOTICE, party=party, on=on)
    under_notice(found, Event.GIVE_NOTICE, row, by=by, on=on, party=party, reason=reason)
    return found


def under_notice(
    contract: Contract,
    event: Event,
    row: Row,
    *,
    by: User | None,
    on: date,
    party: MicroEnterprise | None,
    reason: str,
) -> None:
    """Let the notice run on a contract whose row is held."""
    last = notice_would_end(contract, on=on)
    if last >= contract.ends_on and not contract.renews_months and event == Event.GIVE_NOTICE:
        raise Refused(
            f"With its notice {contract} would end on {last:%-d %B %Y}; it ends on"
            f" {contract.ends_on:%-d %B %Y} anyway.",
            code="ends_anyway",
            help="Do not renew it, or name an earlier last day that the other side confirms.",
        )
    contract.ended_on = min(last, contract.ends_on)
    told = looming.suspend_to_the_end(contract)
    _drop(contract, Kind.SUSPEND, Kind.RESUME, Kind.RENEW, Kind.COMPLETE)
    looming.look_ahead(contract)
    records.record_event(
        contract, event, row, on=on, at=clock.now(), by=by, party=party, note=reason,
        changed=["ended_on"], last_day_on=contract.ended_on, **told,
    )  # fmt: skip
    funding.shrink(contract, on=on)


def notice_would_end(contract: Contract, *, on: date) -> date:
    """The last day of a notice given that day, by the signed terms."""
    days = contract.current.terms.get("notice_days", 30) if contract.current else 30
    return lifecycle.notice_ends(given_on=on, days=days)


@transaction.atomic
def withdraw_notice(
    contract: Contract, *, party: MicroEnterprise, by: User, on: date, reason: str = ""
) -> Contract:
    """Propose to go on, or confirm what the other side proposes: it is active, its money reserved.

    Days that stayed suspended under the notice are active again from that day, unless the CHRO
    suspended them: then it cannot go on.
    """
    guards.require_signer(contract, party=party, by=by, on=on)
    found = guards.locked(contract)
    if proposals.is_done(found, Event.WITHDRAW_NOTICE, party=party):
        return found
    row = guards.allowed(found, Event.PROPOSE_STAY, party=party, on=on)
    _require_not_ordered(found)
    asked = proposals.open_proposal(found, Kind.WITHDRAW_NOTICE, on=on)
    if asked and asked.proposed_for_id == party.pk:
        return found
    if asked is None:
        proposals.propose(
            found, Kind.WITHDRAW_NOTICE, Event.PROPOSE_STAY, party=party, by=by, on=on,
            reason=reason,
        )  # fmt: skip
        return found
    guards.require_market(found, on=on)
    row = guards.allowed(found, Event.WITHDRAW_NOTICE, party=party, on=on)
    proposals.confirmed(found, Kind.WITHDRAW_NOTICE, party=party, by=by, on=on)
    guards.require_day_to_change(on)
    found.ended_on = None
    pause = close_open_suspension(found, on=on)
    told: dict[str, Any] = {"last_on": pause.last_on} if pause else {}
    looming.look_ahead(found)
    records.record_event(
        found, Event.WITHDRAW_NOTICE, row, on=on, at=clock.now(), by=by, party=party,
        note=asked.reason, changed=["ended_on"], **told,
    )  # fmt: skip
    funding.grow(found, on=on)
    return found


def _require_not_ordered(contract: Contract) -> None:
    pause = open_suspension(contract)
    if pause and pause.is_ordered:
        raise Refused(
            f"The CHRO suspended {contract}, so both sides cannot make it go on.",
            code="ordered_by_chro",
            help="It ends with its notice. Draft a new contract when the CHRO agrees.",
        )


def _drop(contract: Contract, *kinds: Proposal.Kind) -> None:
    """Proposals that make no sense any more."""
    open_ones = contract.proposals.filter(state=Proposal.State.OPEN, kind__in=kinds)
    open_ones.update(state=Proposal.State.DROPPED)
