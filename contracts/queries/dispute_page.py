"""One dispute as its page prints it: where it stands, until when, and what the reader can do."""

from collections.abc import Container, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from accounts.models import User
from accounts.permissions import may_choose_panel, may_see_negotiation, may_sign_for
from accounts.queries import holidays
from accounts.workdays import is_working_day
from contracts.disputing import Stage, Standing
from contracts.models import Dispute
from contracts.queries import disputes as queries
from contracts.queries.printed import day

_TITLES = {
    Stage.ANSWER: "{provider} answers",
    Stage.OFFER: "{buyer} answers the offer",
    Stage.MEDIATION: "With the mediator",
    Stage.PANEL: "With the panel",
    Stage.DECIDED: "Decided",
    Stage.SETTLED: "Settled",
}
_SILENCE = {
    Stage.ANSWER: "Without an answer it is accepted, and the buyer gets all of it.",
    Stage.OFFER: "Without an answer it goes to the mediator.",
    Stage.MEDIATION: "What both sides accept holds; else a panel of three decides.",
    Stage.PANEL: "The median of the three binds both sides; without a decision in time the"
    " mediator’s proposal does, else half.",
}


@dataclass(frozen=True)
class DisputePage:
    """What the template prints; `todo` names the form that is the reader's to fill in."""

    dispute: Dispute
    standing: Standing
    title: str
    about: str
    clock: str
    silence: str
    facts: Sequence[dict[str, Any]]
    story: Sequence[dict[str, Any]]
    words: Sequence[dict[str, Any]]
    todo: str
    may_withdraw: bool
    knows_contract: bool


def dispute_page(dispute: Dispute, *, user: User, on: date) -> DisputePage:
    """The page for one reader: of a party, an auditor, the CHRO, the mediator or the panel."""
    standing, contract = queries.standing(dispute, on=on), dispute.contract
    names = {"buyer": contract.buyer, "provider": contract.provider}
    is_open = standing.stage not in (Stage.DECIDED, Stage.SETTLED)
    signs = may_sign_for(user, contract.buyer, on=on)
    return DisputePage(
        dispute=dispute,
        standing=standing,
        title=_TITLES[standing.stage].format(**names),
        about=about(dispute),
        clock=clock(standing, on=on, holidays=holidays()),
        silence=_SILENCE.get(standing.stage, ""),
        facts=_facts(dispute, standing),
        story=_story(dispute),
        words=_words(dispute),
        todo=_todo(dispute, standing, user=user, on=on),
        may_withdraw=is_open and signs,
        knows_contract=may_see_negotiation(user, contract.buyer, contract.provider, on=on),
    )


def about(dispute: Dispute) -> str:
    """What is disputed, in words: a line, or an overage."""
    if dispute.line is None:
        return f"The overage of {dispute.month:%B %Y}"
    return f"{dispute.line.get_kind_display()} of {dispute.month:%B %Y}"


def clock(standing: Standing, *, on: date, holidays: Container[date]) -> str:
    """`Until Fri 24 April, 5 working days`; empty where nothing is waited for."""
    if standing.until is None:
        return ""
    left = 0
    for ordinal in range(on.toordinal() + 1, standing.until.toordinal() + 1):
        left += is_working_day(date.fromordinal(ordinal), holidays)
    days = {0: "the last day", 1: "1 working day"}.get(left, f"{left} working days")
    return f"Until {standing.until:%a %-d %B}, {days}"


def stage_label(standing: Standing) -> str:
    return {
        Stage.ANSWER: "Waits for the provider",
        Stage.OFFER: "Offer made",
        Stage.MEDIATION: "In mediation",
        Stage.PANEL: "With the panel",
        Stage.DECIDED: "Decided",
        Stage.SETTLED: "Settled",
    }[standing.stage]


def _todo(dispute: Dispute, standing: Standing, *, user: User, on: date) -> str:
    """The reader's own part as a party, else as mediator, panel or CHRO; empty for none."""
    contract = dispute.contract
    sides = {me.pk for me in (contract.buyer, contract.provider) if may_sign_for(user, me, on=on)}
    if sides & queries.parties_to_act(dispute, queries.Waiting(dispute, standing)):
        words = {Stage.MEDIATION: "proposal", Stage.DECIDED: ""}
        return words.get(standing.stage, standing.stage.value)
    seats = {seat.member_id: seat.decided_on for seat in dispute.panel.all()}
    if standing.stage is Stage.MEDIATION and dispute.proposed_on is None:
        if dispute.mediator_id == user.pk:
            return "propose"
        return "mediator" if dispute.mediator_id is None and may_choose_panel(user) else ""
    if standing.stage is Stage.PANEL:
        if user.pk in seats:
            return "" if seats[user.pk] else "decide"
        return "panel" if not seats and may_choose_panel(user) else ""
    return ""


def _facts(dispute: Dispute, standing: Standing) -> list[dict[str, Any]]:
    facts: list[dict[str, Any]] = []
    if dispute.line:
        facts.append({"label": "The line", "money": dispute.line.amount})
    facts.append({"label": "Disputed", "money": dispute.amount})
    if dispute.held_on:
        facts.append({"label": f"Held from {dispute.held_from}", "money": dispute.held_amount})
    elif dispute.line and standing.stage is not Stage.SETTLED:
        facts.append({"label": "Held", "value": "when the month is posted"})
    if dispute.state == Dispute.State.SETTLED:
        facts += [
            {"label": f"To {dispute.contract.buyer}", "money": dispute.buyer_amount},
            {"label": f"To {dispute.contract.provider}", "money": dispute.provider_amount},
        ]
    return facts


def _words(dispute: Dispute) -> list[dict[str, Any]]:
    """Who said what, in the order of the stages."""
    contract, said = dispute.contract, []
    said.append({"who": str(contract.buyer), "what": "Disputes it", "note": dispute.reason})
    if dispute.answer:
        what = {
            "accepted": "Accepts it",
            "rejected": "Rejects it",
            "offered": f"Offers the buyer {_share(dispute.offer_percent)}",
        }[dispute.answer]
        said.append({"who": str(contract.provider), "what": what, "note": dispute.answer_note})
    if dispute.proposal_percent is not None:
        what = f"Proposes {_share(dispute.proposal_percent)} for the buyer"
        said.append({"who": "The mediator", "what": what, "note": dispute.proposal_note})
    return said


def _share(percent: Decimal | None) -> str:
    """`40 %` for 40.00."""
    return f"{(percent or Decimal(0)).normalize():f} %"


def _story(dispute: Dispute) -> list[dict[str, Any]]:
    """The dispute's own steps out of the contract's chain, newest first."""
    events = dispute.contract.events.filter(kind="dispute", payload__dispute=dispute.pk)
    return [
        {
            "at": event.on,
            "when": day(event.on),
            "text": f"{event.payload['step'][:1].upper()}{event.payload['step'][1:]}",
            "note": str(event.party or "") if event.actor_id else "By the calendar",
        }
        for event in events.select_related("party").order_by("-number")
    ]
