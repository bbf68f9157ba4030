"""What the app above found out about satisfaction, written down where the market sorts by it."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import date
from decimal import Decimal

from django.db import transaction
from django.db.models import Q

from marketplace.models import SatisfactionScore, ServiceOffering

_FIGURES = [
    "from_month", "csat", "lower_bound", "upper_bound", "mean", "n", "raters", "invited",
]  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """Satisfaction with one offering, or with all of one provider, over the months of a window.

    Exactly one of `offering_id` and `provider_id` is given. `from_month` and `to_month` are the
    first days of the window's first and last revealed month. `csat`, `lower_bound` and
    `upper_bound` (Wilson, 95 %) are shares from 0 to 1 with four places, `mean` is from 1 to 5
    with three; all four are None below five distinct `raters`. `n` counts ratings, `raters`
    persons, `invited` invitations (PRODUCT 4.16).
    """

    from_month: date
    to_month: date
    offering_id: int | None = None
    provider_id: int | None = None
    csat: Decimal | None = None
    lower_bound: Decimal | None = None
    upper_bound: Decimal | None = None
    mean: Decimal | None = None
    n: int = 0
    raters: int = 0
    invited: int = 0


@transaction.atomic
def record_satisfaction(scores: Iterable[Score], *, month: date) -> int:
    """Write the whole computation of one month; the number of scores written.

    Written again, a month's scores are replaced. The headline of every offering becomes the score
    of its latest month; an offering that a later month left out was rated by nobody in its
    window, so it has no headline. ValueError where a score is of another month, of nothing, or
    shows figures below five raters.
    """
    rows = [_checked(score, month) for score in scores]
    for key in ("offering", "provider"):
        SatisfactionScore.objects.bulk_create(
            [row for row in rows if getattr(row, f"{key}_id")],
            update_conflicts=True,
            unique_fields=[key, "to_month"],
            update_fields=_FIGURES,
            batch_size=1000,
        )
    _set_headlines(month)
    return len(rows)


def _checked(score: Score, month: date) -> SatisfactionScore:
    if score.to_month != month:
        raise ValueError(f"{score} is not of {month:%Y-%m}.")
    if (score.offering_id is None) == (score.provider_id is None):
        raise ValueError(f"{score} is of an offering or of a provider.")
    figures = (score.csat, score.lower_bound, score.upper_bound, score.mean)
    if score.raters < SatisfactionScore.RATERS_NEEDED and any(f is not None for f in figures):
        raise ValueError(f"{score} shows a figure below five raters.")
    return SatisfactionScore(**asdict(score))


def _set_headlines(month: date) -> None:
    """A late repetition of an earlier month changes no headline."""
    not_newer = Q(score=None) | Q(score__to_month__lte=month)
    of_month = dict(
        SatisfactionScore.objects.filter(to_month=month, offering__isnull=False).values_list(
            "offering_id", "pk"
        )
    )
    # One lock order, so that a withdrawal at the same moment waits instead of failing.
    offerings = ServiceOffering.objects.filter(not_newer).order_by("pk")
    changed = []
    for offering in offerings.select_for_update(no_key=True, of=("self",)):
        headline = of_month.get(offering.pk)
        if offering.score_id != headline:
            offering.score_id = headline
            changed.append(offering)
    ServiceOffering.objects.bulk_update(changed, ["score"], batch_size=1000)
