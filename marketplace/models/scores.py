"""How satisfied buyers are with an offering, or with all of a provider."""

from decimal import Decimal

from django.db import models
from django.db.models import F, Q

from accounts.models import MicroEnterprise
from marketplace.models.offerings import ServiceOffering


class SatisfactionScore(models.Model):
    """Satisfaction with an offering, or with all of a provider, over the last revealed months.

    Below five distinct raters the figures are empty: there is no number anywhere (PRODUCT 4.16).
    """

    RATERS_NEEDED = 5

    offering = models.ForeignKey(
        ServiceOffering, null=True, on_delete=models.CASCADE, related_name="scores"
    )
    provider = models.ForeignKey(
        MicroEnterprise, null=True, on_delete=models.CASCADE, related_name="scores"
    )
    from_month = models.DateField()
    to_month = models.DateField(help_text="the last revealed month")
    csat = models.DecimalField(max_digits=6, decimal_places=4, null=True, help_text="0 to 1")
    lower_bound = models.DecimalField(
        max_digits=6, decimal_places=4, null=True, help_text="Wilson, 95 %"
    )
    upper_bound = models.DecimalField(
        max_digits=6, decimal_places=4, null=True, help_text="Wilson, 95 %"
    )
    mean = models.DecimalField(
        max_digits=6, decimal_places=3, null=True, help_text="1 to 5, weighted to the category"
    )
    n = models.PositiveIntegerField(default=0, help_text="counted ratings")
    raters = models.PositiveIntegerField(default=0, help_text="distinct persons")
    invited = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["offering", "to_month"], name="offering_scored_once"),
            models.UniqueConstraint(fields=["provider", "to_month"], name="provider_scored_once"),
            models.CheckConstraint(
                condition=Q(offering__isnull=False, provider=None)
                | Q(offering=None, provider__isnull=False),
                name="score_is_of_an_offering_or_of_a_provider",
            ),
            models.CheckConstraint(
                condition=Q(raters__gte=5)
                | Q(csat=None, lower_bound=None, upper_bound=None, mean=None),
                name="nothing_shown_below_five_raters",
            ),
            models.CheckConstraint(
                condition=Q(csat=None, lower_bound=None, upper_bound=None)
                | Q(
                    lower_bound__gte=0,
                    csat__gte=F("lower_bound"),
                    upper_bound__gte=F("csat"),
                    upper_bound__lte=1,
                ),
                name="score_is_a_share_within_its_range",
            ),
            models.CheckConstraint(
                condition=Q(mean=None) | Q(mean__range=(1, 5)), name="mean_is_from_one_to_five"
            ),
            models.CheckConstraint(condition=Q(raters__lte=F("n")), name="raters_gave_ratings"),
        ]

    def __str__(self) -> str:
        return f"{self.offering or self.provider} to {self.to_month:%Y-%m}"

    @property
    def response_rate(self) -> Decimal | None:
        """Counted ratings per invitation, 0 to 1; None where nobody was invited."""
        return Decimal(self.n) / self.invited if self.invited else None

    @property
    def honest_bounds(self) -> tuple[Decimal, Decimal] | None:
        """The share of all invited, were every silent one unhappy, or happy (PRODUCT 4.16).

        18 of 24 answers, 60 invited: 0.30 to 0.90. None below five raters.
        """
        if self.csat is None or not self.invited:
            return None
        satisfied, silent = self.csat * self.n, max(self.invited - self.n, 0)
        return satisfied / self.invited, (satisfied + silent) / self.invited
