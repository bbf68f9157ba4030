"""What pages, the API and the apps above read of the market."""

import re
from datetime import date
from itertools import pairwise

from django.contrib.postgres.search import SearchQuery, TrigramSimilarity
from django.db.models import Case, Exists, OuterRef, Q, QuerySet, Subquery, When
from django.db.models.functions import Coalesce

from accounts.errors import Unknown
from accounts.models import MicroEnterprise, User
from accounts.permissions import (
    is_auditor,
    may_publish_for,
    may_see_drafts_of,
    may_see_market,
    memberships_of,
    require,
    require_known,
)
from marketplace.models import (
    OfferingVersion,
    OutsideOffer,
    SatisfactionScore,
    ServiceOffering,
    ServiceOfferingQuerySet,
)


def offerings_of(me: MicroEnterprise) -> ServiceOfferingQuerySet:
    """What an ME offers to everybody now, the best first; ready to print without further queries.

    Published offerings only: drafts are for the provider's own list.
    """
    published = ServiceOffering.objects.filter(provider=me, state=ServiceOffering.State.PUBLISHED)
    return published.select_related("current", "category", "score", "provider").best_first()


def version_on(offering: ServiceOffering, *, on: date) -> OfferingVersion | None:
    """What is on sale that day: the last published version whose price holds by then.

    A clock rule, read from the dates: `current` follows by a job (PRODUCT 4.0).
    """
    held = offering.versions.filter(published_on__lte=on).filter(
        Q(holds_from_on=None) | Q(holds_from_on__lte=on)
    )
    return held.order_by("-number").first()


def announced(offering: ServiceOffering, *, on: date) -> OfferingVersion | None:
    """The next version that is published already and holds from a later day."""
    on_sale = version_on(offering, on=on)
    rows = offering.versions.filter(
        holds_from_on__gt=on, number__gt=on_sale.number if on_sale else 0
    )
    return rows.order_by("holds_from_on", "number").first()


def price_changes_since(offering: ServiceOffering, day: date) -> int:
    """How many published versions began to hold after that day with another price."""
    rows = offering.versions.exclude(published_on=None).order_by("number")
    held = [(each.holds_from_on or each.published_on, each) for each in rows]
    return sum(
        began > day and (new.price, new.parameters) != (old.price, old.parameters)
        for (_, old), (began, new) in pairwise(held)
        if began is not None
    )


def places_where_drafts_are_seen(user: User, *, on: date) -> frozenset[int] | None:
    """The MEs whose unfinished offerings the user sees; None for all (see `may_see_drafts_of`)."""
    if is_auditor(user) or user.has_scope("market:write"):
        return None
    mine = memberships_of(user, on=on)
    return frozenset(mine.values_list("micro_enterprise", flat=True))


def offerings_visible_to(user: User, *, on: date) -> QuerySet[ServiceOffering]:
    """What is or was on sale, and the drafts of those whose drafts the user sees."""
    places = places_where_drafts_are_seen(user, on=on)
    if places is None:
        return ServiceOffering.objects.all()
    seen = Q(provider__in=places)
    if may_see_market(user):
        seen |= ~Q(state=ServiceOffering.State.DRAFT)
    return ServiceOffering.objects.filter(seen)


def outside_offers_visible_to(user: User) -> QuerySet[OutsideOffer]:
    return OutsideOffer.objects.all() if may_see_market(user) else OutsideOffer.objects.none()


def scores_visible_to(user: User) -> QuerySet[SatisfactionScore]:
    """Headlines of every month; they hold no number below five raters (PRODUCT 4.16)."""
    scores = SatisfactionScore.objects.all()
    return scores if may_see_market(user) else scores.none()


def score_of(me: MicroEnterprise) -> SatisfactionScore | None:
    """Satisfaction with all of a provider, of the last revealed month; None before the first."""
    return me.scores.order_by("-to_month").first()


def offering_seen_by(pk: int, *, by: User, on: date) -> ServiceOffering:
    """An offering with its current version; Unknown where it is not the reader's to know."""
    require_known(may_see_market(by))
    rows = ServiceOffering.objects.select_related("provider", "category", "current", "score")
    offering = rows.filter(pk=pk).first()
    if offering is None:
        raise Unknown
    is_public = offering.state != ServiceOffering.State.DRAFT
    require_known(is_public or may_see_drafts_of(by, offering.provider, on=on))
    return offering


def offering_edited_by(pk: int, *, by: User, on: date) -> ServiceOffering:
    """An offering whose provider the actor may publish for; Unknown or Forbidden otherwise."""
    offering = offering_seen_by(pk, by=by, on=on)
    require(
        may_publish_for(by, offering.provider, on=on),
        f"Only the lead of {offering.provider}, or who may sign for it, decides what it sells.",
        help=f"Ask the lead of {offering.provider}.",
    )
    return offering


def draft_of(offering: ServiceOffering) -> OfferingVersion | None:
    """The version that is being written, if there is one."""
    return offering.versions.filter(published_on=None).first()


def outside_offer_seen_by(pk: int, *, by: User) -> OutsideOffer:
    require_known(may_see_market(by))
    offer = OutsideOffer.objects.select_related("supplier", "category").filter(pk=pk).first()
    if offer is None:
        raise Unknown
    return offer


def own_offerings(me: MicroEnterprise) -> QuerySet[ServiceOffering]:
    """All that an ME sells, sold or is still writing, for its own list; drafts first."""
    order = Case(When(state="draft", then=0), When(state="published", then=1), default=2)
    drafts = OfferingVersion.objects.filter(offering=OuterRef("pk"), published_on=None)
    rows = ServiceOffering.objects.filter(provider=me).annotate(
        has_draft=Exists(drafts),
        draft_name=Subquery(drafts.values("name")[:1]),
        draft_price=Subquery(drafts.values("price")[:1]),
        draft_unit=Subquery(drafts.values("unit")[:1]),
    )
    return rows.select_related("current", "category", "score").order_by(
        order, Coalesce("current__name", "draft_name"), "pk"
    )


def similar_offerings(
    version: OfferingVersion, *, offering: ServiceOffering
) -> list[ServiceOffering]:
    """Who else sells something like it: a like name, or the same words in the category.

    A warning against duplication when publishing; it never refuses anything.
    """
    name = version.name
    words = " or ".join(re.findall(r"\w{4,}", name)) or name
    asked = SearchQuery(words, config="english", search_type="websearch")
    like = Q(current__name__trigram_similar=name) | Q(
        category=offering.category_id, current__search=asked
    )
    rows = ServiceOffering.objects.on_sale().filter(like).exclude(provider=offering.provider_id)
    likeness = TrigramSimilarity("current__name", name)
    best = rows.select_related("provider", "current", "score").order_by(-likeness, "pk")
    return list(best[:5])


def months_of_scores(offering: ServiceOffering) -> QuerySet[SatisfactionScore]:
    """The last twelve headlines, the newest first."""
    return offering.scores.order_by("-to_month")[:12]
