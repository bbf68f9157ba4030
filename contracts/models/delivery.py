"""What was delivered, whether it was a success, and how satisfied the buyers are."""

from django.db import models
from django.db.models import Q

from accounts.models import Person, User
from contracts.models.agreements import Contract, SuccessMeasure


class Usage(models.Model):
    """A delivered quantity with its day, entered by the provider, confirmed by the buyer."""

    class State(models.TextChoices):
        REPORTED = "reported"
        CONFIRMED = "confirmed"
        CONTESTED = "contested"
        WITHDRAWN = "withdrawn"

    class Item(models.TextChoices):
        UNITS = "units"
        HOURS = "hours"
        OUTCOMES = "outcomes"
        GAIN = "gain"

    contract = models.ForeignKey(Contract, on_delete=models.PROTECT, related_name="usage")
    item = models.CharField(
        max_length=10, choices=Item, default=Item.UNITS, db_default="units",
        help_text="what was counted: the price plan of that day says it",
    )  # fmt: skip
    used_on = models.DateField()
    origin_month = models.DateField(help_text="the month of `used_on`")
    quantity = models.DecimalField(max_digits=14, decimal_places=3)
    key = models.CharField(max_length=80, help_text="idempotency key of the provider")
    note = models.CharField(max_length=300, blank=True)
    state = models.CharField(max_length=10, choices=State, default=State.REPORTED)
    contest_reason = models.CharField(max_length=300, blank=True)
    entered_on = models.DateField()
    entered_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    answered_on = models.DateField(null=True)
    answered_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    # The settlement month whose lines hold it; empty while none does.
    counted_in = models.DateField(null=True)

    class Meta:
        verbose_name_plural = "usage"
        constraints = [
            models.UniqueConstraint(fields=["contract", "key"], name="usage_entered_once_per_key"),
            models.CheckConstraint(condition=Q(quantity__gt=0), name="usage_delivers_something"),
            models.CheckConstraint(
                condition=Q(item__in=["units", "hours", "outcomes", "gain"]),
                name="usage_item_is_known",
            ),
            models.CheckConstraint(condition=Q(origin_month__day=1), name="usage_month_is_a_first"),
        ]
        indexes = [models.Index(fields=["contract", "origin_month"], name="usage_by_month")]

    def __str__(self) -> str:
        return f"{self.quantity.normalize():f} on {self.used_on:%-d %B %Y}"


class SuccessResult(models.Model):
    """The value of one measure for one month, entered by its measurer, confirmed by the other."""

    class State(models.TextChoices):
        ENTERED = "entered"
        CONFIRMED = "confirmed"
        CONTESTED = "contested"

    measure = models.ForeignKey(SuccessMeasure, on_delete=models.PROTECT, related_name="results")
    contract = models.ForeignKey(Contract, on_delete=models.PROTECT, related_name="results")
    month = models.DateField()
    value = models.DecimalField(max_digits=14, decimal_places=4)
    note = models.CharField(max_length=300, blank=True)
    state = models.CharField(max_length=10, choices=State, default=State.ENTERED)
    contest_reason = models.CharField(max_length=300, blank=True)
    entered_on = models.DateField()
    entered_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    answered_on = models.DateField(null=True)
    answered_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["measure", "month"], name="one_result_a_month"),
            models.CheckConstraint(condition=Q(month__day=1), name="result_month_is_a_first"),
        ]
        indexes = [models.Index(fields=["contract", "month"], name="result_by_month")]

    def __str__(self) -> str:
        return f"{self.measure}: {self.value}"


class RatingInvitation(models.Model):
    """A person who may rate a contract for a month (PRODUCT 4.16)."""

    contract = models.ForeignKey(Contract, on_delete=models.PROTECT, related_name="invitations")
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="invitations")
    month = models.DateField()
    invited_on = models.DateField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["month", "contract", "person"], name="invited_once_a_month"
            )
        ]

    def __str__(self) -> str:
        return f"{self.contract} {self.month:%Y-%m}"


class Rating(models.Model):
    """A score of 1 to 5 by one person for one contract and month; hidden until the 15th."""

    contract = models.ForeignKey(Contract, on_delete=models.PROTECT, related_name="ratings")
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="ratings")
    month = models.DateField()
    score = models.PositiveSmallIntegerField()
    comment = models.CharField(max_length=500, blank=True)
    rated_at = models.DateTimeField()
    # A withdrawal counts from the next computation.
    withdrawn_on = models.DateField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["month", "contract", "person"], name="rated_once_a_month"
            ),
            models.CheckConstraint(
                condition=Q(score__range=(1, 5)), name="rating_is_from_one_to_five"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.contract} {self.month:%Y-%m}"
