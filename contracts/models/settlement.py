"""What a month's computation made of each contract (PRODUCT 4.10)."""

from django.db import models
from django.db.models import Q

from accounts.models import User
from contracts.models.agreements import Contract, ContractVersion
from ledger.models import SettlementRun


class SettlementLine(models.Model):
    """One charge of a contract in a month, with its calculation; never updated (trigger).

    Unique by month, contract, kind, term and origin month, in that order. Lines of 0 are kept as
    proof of the computation; credits are negative.
    """

    class Kind(models.TextChoices):
        FEE = "fee"
        USAGE = "usage"
        CREDIT = "credit"
        EARN_BACK = "earn_back", "Earn-back"
        BONUS = "bonus"
        SATISFACTION = "satisfaction"
        CORRECTION = "correction"
        CARRIED = "carried"

    run = models.ForeignKey(
        SettlementRun, on_delete=models.PROTECT, related_name="lines", db_index=False
    )
    contract = models.ForeignKey(
        Contract, on_delete=models.PROTECT, related_name="lines", db_index=False
    )
    version = models.ForeignKey(
        ContractVersion, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    month = models.DateField()
    kind = models.CharField(max_length=12, choices=Kind)
    term = models.CharField(max_length=60, help_text="the fee, usage item, level or dispute")
    origin_month = models.DateField()
    amount = models.DecimalField(max_digits=18, decimal_places=2)
    quantity = models.DecimalField(max_digits=14, decimal_places=3, null=True)
    # What the treasury adds for the provider; no part of `amount`, which is the buyer's.
    subsidy = models.DecimalField(max_digits=18, decimal_places=2, default=0, db_default=0)
    calculation = models.CharField(max_length=300, help_text="in words and figures")
    policy_version = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["month", "contract", "kind", "term", "origin_month"],
                name="line_settled_once",
            ),
            models.CheckConstraint(condition=Q(month__day=1), name="line_month_is_a_first"),
            models.CheckConstraint(
                condition=Q(subsidy=0) | Q(kind="usage", subsidy__gt=0),
                name="treasury_adds_to_usage_only",
            ),
            models.CheckConstraint(
                condition=Q(origin_month__lte=models.F("month")), name="line_comes_after_its_origin"
            ),
        ]
        indexes = [models.Index(fields=["contract", "month"], name="line_by_contract")]

    def __str__(self) -> str:
        return f"{self.kind} {self.term} {self.month:%Y-%m}"

    @property
    def rules(self) -> str:
        """By which terms and policies it was computed; policies nobody ever changed have none."""
        terms = f"Terms version {self.version.number}"
        return f"{terms}, policy version {self.policy_version}" if self.policy_version else terms


class Overage(models.Model):
    """What a month costs above its planned amount and cannot be paid at once: waits for the buyer.

    The service is not cut off (PRODUCT 4.7). Silence becomes a dispute by date, not by job.
    """

    class State(models.TextChoices):
        WAITING = "waiting"
        PAID = "paid"
        CONTESTED = "contested"
        WAIVED = "waived"

    contract = models.ForeignKey(Contract, on_delete=models.PROTECT, related_name="overages")
    run = models.ForeignKey(SettlementRun, on_delete=models.PROTECT, related_name="overages")
    month = models.DateField()
    amount = models.DecimalField(max_digits=18, decimal_places=2)
    reason = models.CharField(max_length=200)
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    waits_from_on = models.DateField()
    answer_until_on = models.DateField()
    answered_on = models.DateField(null=True)
    # None: silence, or the outcome of a dispute.
    answered_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    contest_reason = models.CharField(max_length=300, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["month", "contract"], name="one_overage_a_month"),
            models.CheckConstraint(condition=Q(amount__gt=0), name="overage_is_more"),
            models.CheckConstraint(
                condition=Q(state="waiting") | Q(answered_on__isnull=False),
                name="answered_overage_says_when",
            ),
        ]

    def __str__(self) -> str:
        return f"Overage of {self.contract} in {self.month:%Y-%m}"


class SettlementRefusal(models.Model):
    """A contract that could not be computed or paid: why, and what to do; it stops nothing."""

    run = models.ForeignKey(SettlementRun, on_delete=models.PROTECT, related_name="refusals")
    contract = models.ForeignKey(Contract, on_delete=models.PROTECT, related_name="refusals")
    code = models.CharField(max_length=40)
    detail = models.CharField(max_length=300)
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["run", "contract"], name="refused_once_per_run")
        ]

    def __str__(self) -> str:
        return self.detail
