"""When the money of an ME becomes real (PRODUCT 4.7)."""

from decimal import Decimal

from django.conf import settings
from django.db import models
from django.db.models import Q

from accounts.models import MicroEnterprise

ZERO = Decimal("0.00")


class ChargedSwitch(models.Model):
    """The one dated switch of an ME from notional to charged money.

    `operating` and `learning` are the charged grants that replace the notional balances. Once done
    it never changes (a trigger sees to it), because it decides the basis of every later month.
    """

    class State(models.TextChoices):
        PLANNED = "planned"
        DONE = "done"
        REFUSED = "refused"
        CANCELLED = "cancelled"

    micro_enterprise = models.ForeignKey(
        MicroEnterprise, on_delete=models.PROTECT, related_name="switches"
    )
    starts_on = models.DateField()
    operating = models.DecimalField(max_digits=18, decimal_places=2, default=ZERO)
    learning = models.DecimalField(max_digits=18, decimal_places=2, default=ZERO)
    reason = models.CharField(max_length=300)
    state = models.CharField(max_length=10, choices=State, default=State.PLANNED)
    planned_on = models.DateField()
    planned_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    decided_on = models.DateField(null=True)
    decided_at = models.DateTimeField(null=True)
    refusal = models.CharField(max_length=300, blank=True)
    # When the last notional money of earlier months had gone back.
    finished_on = models.DateField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["micro_enterprise"],
                condition=Q(state__in=["planned", "done"]),
                name="one_switch_per_me",
            ),
            models.CheckConstraint(condition=Q(starts_on__day=1), name="switch_is_on_a_first"),
            models.CheckConstraint(
                condition=Q(operating__gte=0, learning__gte=0),
                name="switch_grants_are_not_negative",
            ),
            models.CheckConstraint(
                condition=Q(state="planned", decided_on=None)
                | ~Q(state="planned") & Q(decided_on__isnull=False),
                name="decided_switch_names_its_day",
            ),
            models.CheckConstraint(
                condition=~Q(state="done") | Q(decided_on__gte=models.F("starts_on")),
                name="switch_is_done_from_its_day_on",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.micro_enterprise} charged from {self.starts_on:%-d %B %Y}"
