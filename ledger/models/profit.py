"""What an ME costs and sells outside the firm, by month and with its source; no money moves.

An entry never changes: a correction is a new one that takes the place of the old (migration 0009).
"""

from typing import Self, TypeVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from accounts.models import MicroEnterprise
from ledger.verdict import Measured

Entry = TypeVar("Entry", bound=models.Model)


class OwnFigureQuerySet(models.QuerySet[Entry]):
    def in_force(self) -> Self:
        """Without those that a correction has replaced."""
        return self.filter(replaced_on=None)


class OwnFigure(models.Model):
    """A figure of one month that an ME, or the finance system, tells about the ME."""

    micro_enterprise = models.ForeignKey(
        MicroEnterprise, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    month = models.DateField()
    amount = models.DecimalField(max_digits=18, decimal_places=2)
    source = models.CharField(max_length=120, help_text="where the figure is from")
    reference = models.CharField(max_length=80, help_text="its key in the source")
    entered_on = models.DateField()
    # None where a management command read it from a file.
    entered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+",
        db_index=False,
    )  # fmt: skip
    replaces = models.ForeignKey(
        "self", null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    replaced_on = models.DateField(null=True)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return f"{self.reference} of {self.month:%Y-%m}"


class CostRecord(OwnFigure):
    """An ME's own cost of a month: labour with its hours, or something else."""

    class Kind(models.TextChoices):
        LABOUR = "labour"
        OTHER = "other"

    kind = models.CharField(max_length=6, choices=Kind)
    hours = models.DecimalField(max_digits=12, decimal_places=2, default=0)

    objects = OwnFigureQuerySet["CostRecord"].as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["micro_enterprise", "month", "kind", "reference"],
                condition=Q(replaced_on=None),
                name="cost_recorded_once",
            ),
            models.UniqueConstraint(fields=["replaces"], name="cost_corrected_once"),
            models.CheckConstraint(condition=Q(month__day=1), name="cost_month_is_a_first"),
            models.CheckConstraint(
                condition=Q(month__lte=F("entered_on")), name="cost_of_a_month_that_has_begun"
            ),
            models.CheckConstraint(
                condition=Q(kind="labour", hours__gte=0) | Q(kind="other", hours=0),
                name="only_labour_has_hours",
            ),
            models.CheckConstraint(condition=Q(amount__gte=0), name="cost_not_negative"),
            models.CheckConstraint(
                condition=~Q(source="") & ~Q(reference=""), name="cost_has_a_source"
            ),
        ]


class OutsideSale(OwnFigure):
    """What customers outside the firm paid or owe an ME for a month."""

    objects = OwnFigureQuerySet["OutsideSale"].as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["micro_enterprise", "month", "reference"],
                condition=Q(replaced_on=None),
                name="sale_recorded_once",
            ),
            models.UniqueConstraint(fields=["replaces"], name="sale_corrected_once"),
            models.CheckConstraint(condition=Q(month__day=1), name="sale_month_is_a_first"),
            models.CheckConstraint(
                condition=Q(month__lte=F("entered_on")), name="sale_of_a_month_that_has_begun"
            ),
            models.CheckConstraint(condition=Q(amount__gte=0), name="sale_not_negative"),
            models.CheckConstraint(
                condition=~Q(source="") & ~Q(reference=""), name="sale_has_a_source"
            ),
        ]


class ValueVerdict(models.Model):
    """Whether an ME was worth its cost in a month, kept when the month has locked (PRODUCT 4.1).

    The rules are those of contracts, which know the success results; the row lies here, so that
    every page of the ME can show it.
    """

    micro_enterprise = models.ForeignKey(
        MicroEnterprise, on_delete=models.PROTECT, related_name="verdicts", db_index=False
    )
    month = models.DateField()
    # Without any cost or sale outside on record nobody can tell.
    is_judged = models.BooleanField()
    value_added = models.DecimalField(max_digits=18, decimal_places=2)
    labour = models.DecimalField(max_digits=18, decimal_places=2)
    has_paying_customer = models.BooleanField()
    has_met_outcome = models.BooleanField()
    judged_on = models.DateField()
    policy_version = models.PositiveIntegerField(default=0)
    # What the verdict did to the ME's state; empty where it did nothing.
    led_to = models.CharField(max_length=10, choices=MicroEnterprise.State, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["micro_enterprise", "month"], name="one_verdict_per_me_and_month"
            ),
            models.CheckConstraint(condition=Q(month__day=1), name="verdict_month_is_a_first"),
            models.CheckConstraint(
                condition=Q(led_to__in=["", "active", "probation"]), name="verdict_leads_to_a_state"
            ),
        ]
        indexes = [models.Index(fields=["month"], name="verdict_by_month")]

    def __str__(self) -> str:
        return f"{self.micro_enterprise} {self.month:%Y-%m}"

    @property
    def measured(self) -> Measured:
        """What it was judged by, with its words."""
        return Measured(
            self.is_judged, self.value_added - self.labour, self.has_paying_customer,
            self.has_met_outcome,
        )  # fmt: skip
