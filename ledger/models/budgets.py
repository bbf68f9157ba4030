"""Budgets: the rules by which money is granted, and what each ME is planned to get."""

from decimal import Decimal

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from accounts.models import MicroEnterprise
from ledger.models.wallets import Wallet


class Budget(models.Model):
    """The money of one fund and fiscal year, composed of rules; a revision is its next version.

    A draft has no figures of its own: they are computed when somebody looks, and written when it
    is published. It holds from `starts_on`, and `started_on` says when that was done.
    """

    class State(models.TextChoices):
        DRAFT = "draft"
        # Read and wanted by one HR admin, who is a member of an ME that it grants to.
        WAITING = "waiting"
        PUBLISHED = "published"

    name = models.CharField(max_length=120)
    fund = models.CharField(max_length=10, choices=Wallet.Fund)
    fiscal_year = models.PositiveSmallIntegerField()
    version = models.PositiveSmallIntegerField(default=1)
    state = models.CharField(max_length=10, choices=State, default=State.DRAFT)
    drafted_on = models.DateField()
    drafted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    # SHA-256 of the figures that were read: others than these are not published.
    seen = models.CharField(max_length=64, blank=True)
    published_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    # Whoever published it is a member of an ME that it grants to (PRODUCT 4.22).
    needs_second = models.BooleanField(default=False)
    confirmed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    published_on = models.DateField(null=True)
    starts_on = models.DateField(null=True)
    # Months are counted from the start of the first version, so that a revision knows what was due.
    counts_from = models.DateField(null=True)
    started_on = models.DateField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["fund", "fiscal_year", "version"],
                name="one_budget_per_fund_year_and_version",
            ),
            models.CheckConstraint(condition=Q(version__gte=1), name="budget_version_from_1"),
            models.CheckConstraint(
                condition=~Q(state="published")
                | Q(
                    published_on__isnull=False, published_by__isnull=False,
                    starts_on__isnull=False, counts_from__isnull=False,
                ) & ~Q(seen=""),
                name="published_budget_says_when_and_what",
            ),
            models.CheckConstraint(
                condition=Q(confirmed_by=None) | ~Q(confirmed_by=F("published_by")),
                name="budget_confirmed_by_somebody_else",
            ),
            models.CheckConstraint(
                condition=~Q(state="published", needs_second=True) | Q(confirmed_by__isnull=False),
                name="own_budget_has_a_second_hr_admin",
            ),
            models.CheckConstraint(
                condition=Q(started_on=None) | Q(state="published"),
                name="only_a_published_budget_starts",
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return self.name if self.version == 1 else f"{self.name}, version {self.version}"


class BudgetRule(models.Model):
    """How money is granted to MEs: drafted, previewed, published; its figures are Allocations.

    Alone it is an extra grant, a list or a department's cost; several of them make a `Budget`.
    """

    class Kind(models.TextChoices):
        SINGLE = "single"
        LIST = "list"
        DEPARTMENT_TO_CUSTOMERS = "department_to_customers"
        FIXED = "fixed"
        PER_HEAD = "per_head"
        REVENUE_SHARE = "revenue_share"
        LAST_USE = "last_use"
        REQUESTS = "requests"

    class Release(models.TextChoices):
        YEARLY = "yearly"
        MONTHLY = "monthly"

    class State(models.TextChoices):
        DRAFT = "draft"
        PUBLISHED = "published"

    budget = models.ForeignKey(Budget, null=True, on_delete=models.PROTECT, related_name="rules")
    name = models.CharField(max_length=120)
    kind = models.CharField(max_length=24, choices=Kind)
    fund = models.CharField(max_length=10, choices=Wallet.Fund)
    fiscal_year = models.PositiveSmallIntegerField()
    release = models.CharField(max_length=8, choices=Release, default=Release.YEARLY)
    state = models.CharField(max_length=10, choices=State, default=State.DRAFT)
    # Why an extra grant is made: a code of ledger.reasons.
    reason = models.CharField(max_length=24, blank=True)
    # Whose former cost goes to its customers (PRODUCT 4.8), and by which figures: {"former_cost",
    # "period", "phase_in", "customers": [{"micro_enterprise", "use", "heads"}]}, amounts as text.
    # The terms of the other kinds are told by ledger.budget_rules.
    department = models.ForeignKey(
        MicroEnterprise, null=True, on_delete=models.PROTECT, related_name="+"
    )
    terms = models.JSONField(default=dict)
    drafted_on = models.DateField()
    # None: a command at the console of the server.
    drafted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    # A grant to the HR admin's own ME needs a second HR admin (PRODUCT 4.22).
    confirmed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    published_on = models.DateField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=~Q(state="published") | Q(published_on__isnull=False),
                name="published_rule_names_its_day",
            ),
            models.CheckConstraint(
                condition=Q(confirmed_by=None) | ~Q(confirmed_by=F("drafted_by")),
                name="rule_confirmed_by_somebody_else",
            ),
            models.CheckConstraint(
                condition=Q(kind="department_to_customers", department__isnull=False)
                | ~Q(kind="department_to_customers") & Q(department=None),
                name="rule_names_its_department",
            ),
            models.CheckConstraint(
                condition=Q(budget=None, kind__in=["single", "list", "department_to_customers"])
                | Q(budget__isnull=False) & ~Q(kind__in=["single", "list"]),
                name="rule_is_alone_or_of_a_budget",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Allocation(models.Model):
    """A planned grant to one ME, released under the reference `grant/<allocation>/<month>`.

    Once its rule is published the amount stays (a trigger sees to it); a mistake is taken back.
    """

    rule = models.ForeignKey(BudgetRule, on_delete=models.PROTECT, related_name="allocations")
    micro_enterprise = models.ForeignKey(
        MicroEnterprise, on_delete=models.PROTECT, related_name="allocations"
    )
    amount = models.DecimalField(max_digits=18, decimal_places=2)
    # What the rule read of this ME, amounts as text: the amount opens to its calculation.
    figures = models.JSONField(default=dict)
    # What an earlier version of the budget has granted and this amount includes.
    brought = models.DecimalField(max_digits=18, decimal_places=2, default=Decimal("0.00"))
    # The key of whoever sent it (a file, another system); the same key grants once.
    reference = models.CharField(max_length=80, blank=True)
    # Nothing is released from this day on.
    stopped_on = models.DateField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["rule", "micro_enterprise", "reference"],
                name="allocated_once_per_rule_and_me",
            ),
            models.UniqueConstraint(
                fields=["reference"],
                condition=~Q(reference=""),
                name="allocation_reference_used_once",
            ),
            models.CheckConstraint(condition=Q(amount__gt=0), name="allocation_grants_something"),
            models.CheckConstraint(condition=Q(brought__gte=0), name="brought_is_not_negative"),
        ]

    def __str__(self) -> str:
        return f"{self.amount} to {self.micro_enterprise}"


class BudgetRequest(models.Model):
    """What an ME asks for in a zero-based rule, and why; a board of peers decides."""

    rule = models.ForeignKey(BudgetRule, on_delete=models.PROTECT, related_name="requests")
    micro_enterprise = models.ForeignKey(
        MicroEnterprise, on_delete=models.PROTECT, related_name="budget_requests"
    )
    amount = models.DecimalField(max_digits=18, decimal_places=2)
    reason = models.CharField(max_length=500)
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    asked_on = models.DateField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["rule", "micro_enterprise"], name="one_request_per_rule_and_me"
            ),
            models.CheckConstraint(condition=Q(amount__gt=0), name="request_asks_for_something"),
            models.CheckConstraint(condition=~Q(reason=""), name="request_says_why"),
        ]

    def __str__(self) -> str:
        return f"{self.amount} for {self.micro_enterprise}"


class BoardSeat(models.Model):
    """A peer whom the HR admin named to the board that decides on requests."""

    rule = models.ForeignKey(BudgetRule, on_delete=models.PROTECT, related_name="board")
    peer = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="board_seats"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["rule", "peer"], name="one_seat_per_peer_and_board")
        ]

    def __str__(self) -> str:
        return f"{self.peer} decides on {self.rule}"


class RequestVote(models.Model):
    """How much one peer would grant; nobody votes on the own ME."""

    request = models.ForeignKey(BudgetRequest, on_delete=models.PROTECT, related_name="votes")
    seat = models.ForeignKey(BoardSeat, on_delete=models.PROTECT, related_name="votes")
    amount = models.DecimalField(max_digits=18, decimal_places=2)
    note = models.CharField(max_length=300, blank=True)
    voted_on = models.DateField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["request", "seat"], name="one_vote_per_peer_and_request"
            ),
            models.CheckConstraint(condition=Q(amount__gte=0), name="vote_is_not_negative"),
        ]

    def __str__(self) -> str:
        return f"{self.amount} by {self.seat.peer}"
