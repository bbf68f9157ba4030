"""What share of a service is promised, and what was measured of it (PRODUCT 4.11)."""

from decimal import Decimal

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower

from accounts.models import User
from contracts.models.agreements import Contract, ContractVersion
from marketplace.levels import BONUS_HAS_BOTH_FIGURES, PromisedLevel


class ServiceLevel(PromisedLevel):
    """A promised level in one version of a contract; under the same name it goes on in the next."""

    version = models.ForeignKey(ContractVersion, on_delete=models.PROTECT, related_name="levels")

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(
                fields=["version", "number"], name="service_level_numbered_once"
            ),
            models.UniqueConstraint("version", Lower("name"), name="service_level_named_once"),
            models.CheckConstraint(
                condition=BONUS_HAS_BOTH_FIGURES, name="service_level_bonus_has_both_figures"
            ),
        ]


class Measurement(models.Model):
    """What was measured of a level in a month: entered by its measurer, confirmed by the other.

    `term` is the level's name, by which it goes on from version to version and which its lines
    carry. Once a settlement counts it, it never changes (trigger).
    """

    class State(models.TextChoices):
        ENTERED = "entered"
        CONFIRMED = "confirmed"
        CONTESTED = "contested"

    contract = models.ForeignKey(
        Contract, on_delete=models.PROTECT, related_name="measurements", db_index=False
    )
    level = models.ForeignKey(ServiceLevel, on_delete=models.PROTECT, related_name="measurements")
    term = models.CharField(max_length=60)
    month = models.DateField()
    measured = models.PositiveBigIntegerField()
    met = models.PositiveBigIntegerField()
    maintenance = models.PositiveBigIntegerField(
        default=0, help_text="measured during planned maintenance, not counted"
    )
    buyer_caused = models.PositiveBigIntegerField(
        default=0, help_text="missed because of the buyer, not counted"
    )
    exclusion_reason = models.CharField(max_length=300, blank=True)
    note = models.CharField(max_length=300, blank=True)
    state = models.CharField(max_length=10, choices=State, default=State.ENTERED)
    contest_reason = models.CharField(max_length=300, blank=True)
    entered_on = models.DateField()
    entered_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    answered_on = models.DateField(null=True)
    answered_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    # The settlement month whose lines hold it; empty while none does.
    counted_in = models.DateField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["contract", "term", "month"], name="one_measurement_a_month"
            ),
            models.CheckConstraint(condition=Q(month__day=1), name="measurement_month_is_a_first"),
            models.CheckConstraint(condition=Q(measured__gt=0), name="measurement_measures"),
            models.CheckConstraint(
                condition=Q(met__lte=F("measured") - F("maintenance") - F("buyer_caused")),
                name="met_lies_within_what_counts",
            ),
            models.CheckConstraint(
                condition=Q(maintenance=0, buyer_caused=0) | ~Q(exclusion_reason=""),
                name="exclusion_has_a_reason",
            ),
            models.CheckConstraint(
                condition=Q(counted_in=None) | Q(counted_in__gte=F("month")),
                name="measurement_counts_from_its_month_on",
            ),
        ]
        indexes = [
            models.Index(
                fields=["contract"], condition=Q(counted_in=None), name="measurement_to_count"
            )
        ]

    def __str__(self) -> str:
        return f"{self.term}: {self.met} of {self.counted}"

    @property
    def excluded(self) -> int:
        return self.maintenance + self.buyer_caused

    @property
    def counted(self) -> int:
        """What was measured, less what the terms exclude."""
        return self.measured - self.excluded

    @property
    def share(self) -> Decimal | None:
        """The attainment in percent; None where all of it is excluded."""
        return Decimal(100) * self.met / self.counted if self.counted else None
