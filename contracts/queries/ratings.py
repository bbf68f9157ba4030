"""Whom a month's ratings are asked of, what one has rated, and what is revealed (PRODUCT 4.16).

A rating's score leaves this module only to the person who gave it, and in sums of five or more.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Sum

from accounts import policy
from accounts.models import Membership, MembershipQuerySet, MicroEnterprise, Person, User
from contracts import satisfaction
from contracts.models import Contract, ContractQuerySet, Rating, RatingInvitation
from contracts.queries.agreements import visible_to
from contracts.queries.suspended import with_unsuspended_day
from contracts.satisfaction import Batch, Tally
from ledger.months import last_day, previous
from marketplace.actions import Score
from marketplace.models import SatisfactionScore

_TALLY = {
    "n": Count("pk"),
    "raters": Count("person", distinct=True),
    "happy": Count("pk", filter=Q(score__gte=satisfaction.SATISFIED_FROM)),
    "total": Sum("score"),
}


def rateable(month: date) -> ContractQuerySet:
    """Contracts with an active day in the month; one that was suspended throughout has none."""
    return with_unsuspended_day(first=month, last=last_day(month))


def was_member(person: Person, me: MicroEnterprise, *, month: date) -> bool:
    """On any day of the month."""
    return _members_in(month).filter(person=person, micro_enterprise=me).exists()


def known_to_rate(user: User, *, month: date, on: date) -> QuerySet[Contract]:
    """Contracts that the user knows of today, or used as a member of the buyer in that month.

    Whoever has changed to another ME since may still rate what they used (PRODUCT 4.16).
    """
    used = _members_in(month).filter(person=user.person_id or 0)
    known = Q(pk__in=visible_to(user, on=on).values("pk"))
    contracts = Contract.objects.filter(known | Q(buyer__in=used.values("micro_enterprise")))
    return contracts.select_related("buyer", "provider", "current", "offering")


@dataclass(frozen=True)
class ToRate:
    """One contract of the month on a person's list, with the rating given so far."""

    contract: Contract
    month: date
    closes_on: date
    rating: Rating | None


def to_rate(user: User, *, on: date) -> list[ToRate]:
    """What the user may rate that day: last month's contracts of the MEs they were members of.

    Empty outside the open days. Read from memberships, so it needs no invitation.
    """
    month = previous(on)
    if user.person_id is None or not satisfaction.is_open(month, on=on):
        return []
    members = _members_in(month).filter(person=user.person_id)
    selling = members.filter(micro_enterprise=OuterRef("provider"))
    contracts = (
        rateable(month)
        .filter(buyer__in=members.values("micro_enterprise"))
        .exclude(Exists(selling))
        .select_related("offering__current", "buyer", "provider")
        .order_by("offering__current__name", "pk")
    )
    given = {
        rating.contract_id: rating
        for rating in Rating.objects.filter(person=user.person_id, month=month, withdrawn_on=None)
    }
    closes_on = satisfaction.closes_on(month)
    return [ToRate(each, month, closes_on, given.get(each.pk)) for each in contracts]


def own_rating(user: User, contract: Contract, *, month: date) -> Rating | None:
    ratings = Rating.objects.filter(contract=contract, month=month, withdrawn_on=None)
    return ratings.filter(person=user.person_id).first() if user.person_id else None


def given(user: User, *, on: date) -> list[Rating]:
    """The user's own ratings that count in the headline now; each may still be withdrawn."""
    if user.person_id is None:
        return []
    months = satisfaction.window(satisfaction.last_revealed(on=on))
    mine = Rating.objects.filter(person=user.person_id, month__in=months, withdrawn_on=None)
    related = ("contract__offering__current", "contract__provider")
    return list(mine.select_related(*related).order_by("-month", "contract"))


def is_scored(month: date) -> bool:
    """Whether the month was counted, or nothing in its window was to be counted."""
    scored = SatisfactionScore.objects.filter(to_month=month).exists()
    return (
        scored or not RatingInvitation.objects.filter(month__in=satisfaction.window(month)).exists()
    )


def scores_of_window(to_month: date) -> list[Score]:
    """Headlines of all offerings and providers that somebody was asked about in the six months."""
    window = satisfaction.window(to_month)
    ratings = Rating.objects.filter(month__in=window, withdrawn_on=None)
    asked = RatingInvitation.objects.filter(month__in=window)
    minimum = policy.in_force(on=to_month)["minimum_raters"]
    means = {key: tally.mean for key, tally in _tallies(ratings, "offering__category").items()}
    scores = []
    for kind, path in (("offering_id", "offering"), ("provider_id", "provider")):
        tallies = _tallies(ratings, path)
        shares = _category_shares(ratings, path)
        for key, invited in _counts(asked, path).items():
            tally = tallies.get(key, Tally(0, 0, 0, 0))
            figures = satisfaction.score_of(
                tally,
                invited=invited,
                category_mean=_weighted(shares.get(key, {}), means),
                minimum_raters=minimum,
            )
            scores.append(
                Score(
                    from_month=window[0], to_month=to_month, **{kind: key},
                    csat=figures.csat, lower_bound=figures.lower_bound,
                    upper_bound=figures.upper_bound, mean=figures.mean, n=figures.n,
                    raters=figures.raters, invited=figures.invited,
                )
            )  # fmt: skip
    return scores


@dataclass(frozen=True)
class Comments:
    """Comments of some months together, without who, when or which score."""

    months: Batch
    texts: Sequence[str]


def comments_on(contract: Contract, *, on: date) -> list[Comments]:
    """Revealed comments of a contract, merged over months until five persons have rated.

    For members of the two parties and auditors (PRODUCT 4.22): the caller asks.
    """
    ratings = Rating.objects.filter(
        contract=contract, month__lte=satisfaction.last_revealed(on=on), withdrawn_on=None
    )
    raters: dict[date, set[int]] = defaultdict(set)
    texts: dict[date, list[str]] = defaultdict(list)
    for month, person, comment in ratings.values_list("month", "person", "comment"):
        raters[month].add(person)
        if comment:
            texts[month].append(comment)
    minimum = policy.in_force(on=on)["minimum_raters"]
    found = []
    for batch in satisfaction.merged_months(raters, minimum_raters=minimum):
        # Sorted by their words, so that their order tells nothing of who wrote when.
        said = sorted(
            text for month in raters if batch.first <= month <= batch.last for text in texts[month]
        )
        if said:
            found.append(Comments(batch, said))
    return found


def _members_in(month: date) -> MembershipQuerySet:
    return Membership.objects.filter(
        Q(ends_on=None) | Q(ends_on__gte=month), starts_on__lte=last_day(month)
    )


def _tallies(ratings: QuerySet[Rating], path: str) -> dict[int, Tally]:
    keyed = ratings.annotate(key=F(f"contract__{path}")).values("key").annotate(**_TALLY)
    rows = keyed.order_by().values_list("key", *Tally._fields)
    return {key: Tally(*figures) for key, *figures in rows}


def _counts(asked: QuerySet[RatingInvitation], path: str) -> dict[int, int]:
    rows = asked.values(key=F(f"contract__{path}")).annotate(count=Count("pk")).order_by("key")
    return {row["key"]: row["count"] for row in rows}


def _category_shares(ratings: QuerySet[Rating], path: str) -> dict[int, dict[int, int]]:
    """How many ratings of each key lie in which category; a provider may sell in several."""
    shares: dict[int, dict[int, int]] = defaultdict(dict)
    rows = (
        ratings.values(key=F(f"contract__{path}"), category=F("contract__offering__category"))
        .annotate(count=Count("pk"))
        .order_by()
    )
    for row in rows:
        shares[row["key"]][row["category"]] = row["count"]
    return shares


def _weighted(shares: Mapping[int, int], means: Mapping[int, Decimal]) -> Decimal:
    """The mean of the categories, by how many of the ratings lie in each; 0 without any."""
    total = sum(shares.values())
    if not total:
        return Decimal(0)
    return sum((means[key] * count for key, count in shares.items()), Decimal(0)) / total
