"""What a contract's page shows below its terms: delivery, success, satisfaction, settled months."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from accounts.models import User
from accounts.permissions import may_see_negotiation, may_sign_for
from contracts import satisfaction
from contracts.models import Contract, Rating
from contracts.queries import ratings
from contracts.queries.corrections import corrections_of, may_correct
from contracts.queries.delivery import delivery_section, months_of
from contracts.queries.level_page import levels_section
from contracts.queries.results import results_section
from contracts.queries.settlement import settled_months
from ledger.models import SettlementRun
from ledger.months import month_of, previous, text_of
from ledger.runs import due_on

MOST_MONTHS = 6


@dataclass(frozen=True)
class RatingSection:
    """The reader's own rating of last month, while it is open; comments, once five have rated."""

    month: date
    closes_on: date
    is_open: bool
    own: Rating | None
    comments: list[ratings.Comments]

    @property
    def note(self) -> str:
        if self.is_open:
            return (
                f"Rate {self.month:%B} until {self.closes_on:%-d %B}; shown from five raters on,"
                " never by name"
            )
        return "What raters wrote, merged until five have rated"

    @property
    def button(self) -> str:
        return "Change rating" if self.own else "Rate"


def sections(contract: Contract, *, user: User, asked: str, on: date) -> dict[str, Any]:
    """For members of the two parties and auditors; empty before the first day.

    `asked` is the month of the address, such as `2026-03`; without one it is the month that people
    come for: the last one until its books are closed, then the running one.
    """
    months = months_of(contract, on=on)
    parties = may_see_negotiation(user, contract.buyer, contract.provider, on=on)
    if not months or not parties or contract.state not in Contract.SIGNED:
        return {}
    usual = _usual_month(months, on=on)
    month = next((each for each in months if text_of(each) == asked), usual)
    shown = months[:MOST_MONTHS]
    options = [("" if each == usual else text_of(each), f"{each:%b}") for each in shown]
    return {
        "month": month,
        "month_options": options if len(options) > 1 else [],
        "delivery": delivery_section(contract, user=user, month=month, on=on),
        "results": results_section(contract, user=user, month=month, on=on),
        "levels": levels_section(contract, user=user, month=month, months=shown, on=on),
        "rating": rating_section(contract, user=user, on=on),
        "settled": settled_months(
            contract,
            may_answer=may_sign_for(user, contract.buyer, on=on),
            may_correct=may_correct(contract, user=user, on=on),
            on=on,
        ),
        "corrections": corrections_of(contract),
    }


def _usual_month(months: Sequence[date], *, on: date) -> date:
    """`months` come newest first."""
    is_open = due_on(on) != SettlementRun.State.LOCKED
    return previous(on) if is_open and previous(on) in months else months[0]


def rating_section(contract: Contract, *, user: User, on: date) -> RatingSection | None:
    """None where there is nothing to rate and nothing to read."""
    month = previous(on)
    is_open = any(each.contract.pk == contract.pk for each in ratings.to_rate(user, on=on))
    comments = ratings.comments_on(contract, on=on)
    if not is_open and not comments:
        return None
    own = ratings.own_rating(user, contract, month=month)
    return RatingSection(month_of(month), satisfaction.closes_on(month), is_open, own, comments)
