"""Orders at suppliers outside the firm, from the ME's own wallet."""

from django.db import models
from django.db.models import F, Q

from accounts.models import MicroEnterprise, User
from ledger.models import Cause
from marketplace.models import OutsideOffer


class OutsidePurchase(models.Model):
    """An order outside: `requested -> ordered -> received`, or `cancelled` (PRODUCT 4.7)."""

    class State(models.TextChoices):
        REQUESTED = "requested"
        ORDERED = "ordered"
        RECEIVED = "received"
        CANCELLED = "cancelled"

    buyer = models.ForeignKey(
        MicroEnterprise, on_delete=models.PROTECT, related_name="outside_purchases"
    )
    offer = models.ForeignKey(OutsideOffer, on_delete=models.PROTECT, related_name="purchases")
    quantity = models.DecimalField(max_digits=14, decimal_places=3)
    price = models.DecimalField(max_digits=18, decimal_places=2, help_text="per unit, when ordered")
    amount = models.DecimalField(max_digits=18, decimal_places=2, help_text="quantity x price")
    received_amount = models.DecimalField(max_digits=18, decimal_places=2, null=True)
    # Shown to the inside providers of the category: why they were passed over.
    reason = models.CharField(max_length=500, blank=True)
    state = models.CharField(max_length=10, choices=State, default=State.REQUESTED)
    requested_on = models.DateField()
    requested_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    ordered_on = models.DateField(null=True)
    ordered_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    received_on = models.DateField(null=True)
    cancelled_on = models.DateField(null=True)
    order_key = models.CharField(
        max_length=80, blank=True, help_text="of the form or request that ordered it"
    )

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(quantity__gt=0), name="purchase_orders_something"),
            models.CheckConstraint(condition=Q(amount__gt=0), name="purchase_costs_something"),
            models.CheckConstraint(
                condition=Q(received_amount=None)
                | Q(received_amount__gt=0, received_amount__lte=F("amount")),
                name="received_at_most_what_was_ordered",
            ),
            models.CheckConstraint(
                condition=~Q(state="received")
                | Q(received_amount__isnull=False, received_on__isnull=False),
                name="received_purchase_names_its_amount",
            ),
            models.CheckConstraint(
                condition=~Q(state="ordered")
                | Q(ordered_on__isnull=False, ordered_by__isnull=False),
                name="ordered_purchase_names_its_day",
            ),
            models.CheckConstraint(
                condition=~Q(state="cancelled") | Q(cancelled_on__isnull=False),
                name="cancelled_purchase_names_its_day",
            ),
            models.UniqueConstraint(
                fields=["order_key"], condition=~Q(order_key=""), name="ordered_once_per_key"
            ),
        ]
        indexes = [models.Index(fields=["buyer", "state"], name="purchase_by_buyer")]

    def __str__(self) -> str:
        return f"Outside purchase {self.pk}"

    @property
    def cause(self) -> Cause:
        return Cause("contracts:outside_purchase", self.pk)
