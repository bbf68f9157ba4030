"""Disputes that wait for the reader: to answer, to mediate, to decide, to name somebody."""

from collections.abc import Iterable, Iterator
from datetime import date

from accounts.models import MicroEnterprise, User
from contracts.disputing import Stage
from contracts.queries.dispute_page import about
from contracts.queries.disputes import Waiting, waiting_for_chro, waiting_for_me, waiting_for_person
from insights.need import Need

MOST = 8
_ACTIONS = {
    Stage.ANSWER: ("Without an answer it is accepted.", "Answer it"),
    Stage.OFFER: ("The provider offers a part of it.", "Read the offer"),
    Stage.MEDIATION: ("The mediator proposes how to split it.", "Read the proposal"),
    Stage.DECIDED: (
        "It is decided, and paid as soon as the money is available.",
        "See the outcome",
    ),
}


def of_me(me: MicroEnterprise, *, on: date) -> Iterator[Need]:
    """What the ME's signers have to answer."""
    for each in waiting_for_me(me, on=on)[:MOST]:
        text, action = _ACTIONS.get(each.standing.stage, ("", "Open it"))
        yield _need(each, text, action)


def of_person(user: User, *, on: date) -> Iterator[Need]:
    """What the user mediates or decides as one of a panel."""
    for each in waiting_for_person(user, on=on)[:MOST]:
        mediates = each.standing.stage is Stage.MEDIATION
        text = "You mediate it." if mediates else "You are one of the three who decide it."
        yield _need(each, text, "Propose" if mediates else "Decide")


def of_chro(*, on: date) -> Iterator[Need]:
    """Disputes without a mediator, or without a panel."""
    yield from _named(waiting_for_chro(on=on)[:MOST])


def _named(waiting: Iterable[Waiting]) -> Iterator[Need]:
    for each in waiting:
        mediates = each.standing.stage is Stage.MEDIATION
        yield _need(
            each,
            "Nobody mediates it yet." if mediates else "Three uninvolved people have to decide it.",
            "Name a mediator" if mediates else "Choose the panel",
        )


def _need(waiting: Waiting, text: str, action: str) -> Need:
    dispute = waiting.dispute
    contract = dispute.contract
    return Need(
        f"{about(dispute)}: {dispute.amount:,.2f} disputed",
        f"{contract.buyer} with {contract.provider}. {text}",
        f"/disputes/{dispute.pk}/",
        action,
        waiting.standing.until,
    )
