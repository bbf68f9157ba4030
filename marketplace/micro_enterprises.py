"""Micro-enterprises as the market sees them: what they sell, how satisfied their buyers are."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

from django.db import transaction
from django.db.models import F, OuterRef, Subquery

from accounts import actions, lifecycle
from accounts.models import MicroEnterprise, MicroEnterpriseQuerySet, User
from ledger.actions import wallet_of
from ledger.models import Wallet
from ledger.months import month_of
from marketplace.models import SatisfactionScore
from marketplace.queries import offerings_of

SORTS = ("satisfaction", "name", "-name")


@dataclass(frozen=True)
class Answers:
    """How many answered, and how far silence could move the share (PRODUCT 4.16)."""

    n: int
    invited: int
    rate: Decimal | None
    low: Decimal | None
    high: Decimal | None


@transaction.atomic
def activate(me: MicroEnterprise, *, by: User, on: date) -> MicroEnterprise:
    """Activate an ME, a published offering of which stands for a customer, and open its wallets.

    See `accounts.actions.activate` for the guards (PRODUCT 4.1).
    """
    has_live_offering = offerings_of(me).exists()
    me = actions.activate(me, has_live_offering=has_live_offering, by=by, on=on)
    for fund in (Wallet.Fund.OPERATING, Wallet.Fund.LEARNING):
        wallet_of(me, month=month_of(on), fund=fund)
    return me


def guards_of(me: MicroEnterprise, *, on: date) -> list[lifecycle.Guard]:
    """What a proposed ME has and lacks for its activation; nothing for one that has started."""
    if me.state not in lifecycle.MAY_BE_ACTIVATED:
        return []
    return lifecycle.guards(me, has_live_offering=offerings_of(me).exists(), on=on)


def sorted_mes(found: MicroEnterpriseQuerySet, *, by: str) -> MicroEnterpriseQuerySet:
    """By the Wilson lower bound of the last score, or by name; without a score last, by name."""
    if by in {"name", "-name"}:
        return found.order_by(by, "pk")
    last = SatisfactionScore.objects.filter(provider=OuterRef("pk")).order_by("-to_month")
    bound = Subquery(last.values("lower_bound")[:1])
    return found.annotate(bound=bound).order_by(F("bound").desc(nulls_last=True), "name", "pk")


def scores_of(mes: Iterable[MicroEnterprise]) -> dict[int, SatisfactionScore]:
    """The last score of each provider that has one, in one query."""
    rows = SatisfactionScore.objects.filter(provider__in=list(mes))
    last = rows.order_by("provider", "-to_month").distinct("provider")
    return {row.provider_id: row for row in last if row.provider_id is not None}


def scores_by_month(me: MicroEnterprise, *, months: int = 12) -> list[SatisfactionScore]:
    """The last scores of a provider, the oldest first."""
    return list(me.scores.order_by("-to_month")[:months])[::-1]


def answers_of(score: SatisfactionScore) -> Answers | None:
    """18 of 24 answers satisfied, 60 invited: between 30 % and 90 % of the invited (PRODUCT 4.16).

    None below five raters: not even how many answered is told.
    """
    if score.csat is None:
        return None
    rate = score.response_rate
    if not score.invited:
        return Answers(score.n, score.invited, rate, None, None)
    satisfied = (score.csat * score.n).quantize(Decimal(1), ROUND_HALF_UP)
    silent = max(score.invited - score.n, 0)
    low, high = satisfied / score.invited, (satisfied + silent) / score.invited
    return Answers(score.n, score.invited, rate, low, high)
