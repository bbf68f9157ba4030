"""What pages, the API and the apps above read of the market."""

from accounts.models import MicroEnterprise
from marketplace.models import SatisfactionScore, ServiceOffering, ServiceOfferingQuerySet


def offerings_of(me: MicroEnterprise) -> ServiceOfferingQuerySet:
    """What an ME offers to everybody now, the best first; ready to print without further queries.

    Published offerings only: drafts are for the provider's own list.
    """
    published = ServiceOffering.objects.filter(provider=me, state=ServiceOffering.State.PUBLISHED)
    return published.select_related("current", "category", "score", "provider").best_first()


def score_of(me: MicroEnterprise) -> SatisfactionScore | None:
    """Satisfaction with all of a provider, of the last revealed month; None before the first."""
    return me.scores.order_by("-to_month").first()
