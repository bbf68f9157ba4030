"""Where a dispute stands on a day, by its dates alone (PRODUCT 4.12).

Clock rules: silence has its effect from the day after its deadline, whether a job has run or not.
"""

from collections.abc import Container, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum
from statistics import median
from typing import NamedTuple

from accounts.workdays import nth_working_day_after
from contracts.models import Dispute
from ledger.money import to_cents

Answer, Because = Dispute.Answer, Dispute.Because
SEATS = 3
ALL, HALF, NOTHING = Decimal(100), Decimal(50), Decimal(0)
_ONE = timedelta(days=1)


class Stage(StrEnum):
    """What happens next, and the word for it on pages and in the API."""

    ANSWER = "answer"
    OFFER = "offer"
    MEDIATION = "mediation"
    PANEL = "panel"
    DECIDED = "decided"
    SETTLED = "settled"


@dataclass(frozen=True)
class Standing:
    """The stage of a day, since when, and the last day of its deadline, inclusive.

    Once decided: how many percent the buyer gets, why, and on which day the outcome fell.
    """

    stage: Stage
    since: date
    until: date | None = None
    percent: Decimal | None = None
    because: str = ""


class Vote(NamedTuple):
    """What one seat of the panel decided; None while it has not."""

    percent: Decimal | None
    decided_on: date | None


class Shares(NamedTuple):
    buyer: Decimal
    provider: Decimal


def shares(amount: Decimal, percent: Decimal) -> Shares:
    """The buyer's part is rounded half up, the provider gets the rest: 1,400 at 40 % for the buyer
    is 560.00 and 840.00."""
    buyer = to_cents(amount * percent / 100)
    return Shares(buyer, amount - buyer)


def standing_of(
    dispute: Dispute, votes: Sequence[Vote], *, on: date, holidays: Container[date]
) -> Standing:
    """The stage that counts that day."""
    if dispute.state == Dispute.State.SETTLED and dispute.decided_on:
        return Standing(
            Stage.SETTLED, dispute.decided_on, percent=dispute.percent, because=dispute.because
        )
    if dispute.withdrawn_on:
        return _decided(NOTHING, dispute.withdrawn_on, Because.WITHDRAWN)
    if not dispute.answer:
        if on <= dispute.answer_until_on:
            return Standing(Stage.ANSWER, dispute.opened_on, dispute.answer_until_on)
        return _decided(ALL, dispute.answer_until_on + _ONE, Because.SILENCE)
    return _answered(dispute, votes, on=on, holidays=holidays)


def _answered(
    dispute: Dispute, votes: Sequence[Vote], *, on: date, holidays: Container[date]
) -> Standing:
    answered = dispute.answered_on or dispute.opened_on
    if dispute.answer == Answer.ACCEPTED:
        return _decided(ALL, answered, Because.ACCEPTED)
    if dispute.answer == Answer.REJECTED:
        return _mediated(dispute, votes, failed_on=answered, on=on, holidays=holidays)
    return _offered(dispute, votes, answered=answered, on=on, holidays=holidays)


def _offered(
    dispute: Dispute, votes: Sequence[Vote], *, answered: date, on: date, holidays: Container[date]
) -> Standing:
    """The buyer answers the offer; silence is no acceptance, and goes to the mediator."""
    until = dispute.offer_until_on or answered
    replied = dispute.offer_answered_on
    if dispute.offer_answer == Answer.ACCEPTED and replied:
        return _decided(dispute.offer_percent or NOTHING, replied, Because.OFFER)
    if replied is None and on <= until:
        return Standing(Stage.OFFER, answered, until)
    return _mediated(dispute, votes, failed_on=replied or until, on=on, holidays=holidays)


def _mediated(
    dispute: Dispute, votes: Sequence[Vote], *, failed_on: date, on: date, holidays: Container[date]
) -> Standing:
    """The mediator proposes; what both accept holds. Else a panel, with the days left to it."""
    until = nth_working_day_after(failed_on, dispute.mediation_days, holidays)
    agreed = dispute.buyer_agreed_on, dispute.provider_agreed_on
    if dispute.proposal_percent is not None and agreed[0] and agreed[1]:
        return _decided(dispute.proposal_percent, max(agreed[0], agreed[1]), Because.PROPOSAL)
    rejected = dispute.proposal_rejected_on
    if rejected is None and on <= until:
        return Standing(Stage.MEDIATION, failed_on, until)
    begins = rejected or until
    until = nth_working_day_after(begins, dispute.panel_days, holidays)
    percents = [vote.percent for vote in votes if vote.percent is not None]
    days = [vote.decided_on for vote in votes if vote.decided_on]
    if len(percents) == SEATS:
        return _decided(Decimal(median(percents)), max(days), Because.PANEL)
    if on <= until:
        return Standing(Stage.PANEL, begins, until)
    if dispute.proposal_percent is not None:
        return _decided(dispute.proposal_percent, until + _ONE, Because.MEDIATOR)
    return _decided(HALF, until + _ONE, Because.HALF)


def _decided(percent: Decimal, on: date, because: str) -> Standing:
    return Standing(Stage.DECIDED, on, percent=percent, because=str(because))
