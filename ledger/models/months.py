"""The months that all money lies in, and the chunks of which a month is settled."""

from django.db import models
from django.db.models import F, Q


class SettlementRun(models.Model):
    """A month of the ledger; once locked, nothing of that month is added or changed."""

    class State(models.TextChoices):
        OPEN = "open"
        COMPUTED = "computed"
        POSTED = "posted"
        LOCKED = "locked"

    month = models.DateField()
    state = models.CharField(max_length=10, choices=State, default=State.OPEN)
    # How far it is asked to go: a worker that wakes up finds its work here, not in the message.
    goal = models.CharField(max_length=10, choices=State, default=State.COMPUTED)
    opened_at = models.DateTimeField()
    computed_at = models.DateTimeField(null=True)
    posted_at = models.DateTimeField(null=True)
    posted_on = models.DateField(null=True)
    locked_at = models.DateTimeField(null=True)
    policy_version = models.PositiveIntegerField(default=0)
    # SHA-256 over the sorted lines of the month, taken when it locks (PRODUCT 4.2).
    digest = models.CharField(max_length=64, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["month"], name="one_settlement_run_per_month"),
            models.CheckConstraint(condition=Q(month__day=1), name="run_month_is_a_first"),
            models.CheckConstraint(
                condition=~Q(state__in=["posted", "locked"]) | Q(posted_on__isnull=False),
                name="posted_run_names_its_day",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.month:%Y-%m}"


class SettlementChunk(models.Model):
    """A range of buyers' MEs: the unit of work, of commit and of repetition of a run."""

    class State(models.TextChoices):
        OPEN = "open"
        COMPUTED = "computed"
        POSTED = "posted"

    run = models.ForeignKey(SettlementRun, on_delete=models.PROTECT, related_name="chunks")
    number = models.PositiveIntegerField()
    first_buyer = models.PositiveBigIntegerField(help_text="key of the first buyer ME, inclusive")
    last_buyer = models.PositiveBigIntegerField(help_text="key of the last buyer ME, inclusive")
    contract_count = models.PositiveIntegerField(default=0)
    state = models.CharField(max_length=10, choices=State, default=State.OPEN)
    attempts = models.PositiveSmallIntegerField(default=0)
    failure = models.CharField(max_length=300, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["run", "number"], name="chunk_numbered_once"),
            models.CheckConstraint(
                condition=Q(last_buyer__gte=F("first_buyer")), name="chunk_is_a_range"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.run} chunk {self.number}"
