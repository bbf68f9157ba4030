"""Wallets, what moved between them, what is promised, and the months that all of it lies in.

Every movement is one row with payer and payee, so that it balances by construction. The triggers
that refuse changes and locked months are in migration 0002.
"""

from decimal import Decimal
from typing import NamedTuple, Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from accounts.models import MicroEnterprise


class Cause(NamedTuple):
    """What money is for: the page (URL name and key) of something the ledger need not know."""

    cause_route: str
    cause_id: int


class Caused(models.Model):
    """A row of money that says what it is for."""

    cause_route = models.CharField(max_length=60)
    cause_id = models.PositiveBigIntegerField()

    class Meta:
        abstract = True

    @property
    def cause(self) -> Cause:
        return Cause(self.cause_route, self.cause_id)


class Wallet(models.Model):
    """The money of one ME, fund and fiscal year.

    A system wallet stores no balance: every payment would wait for that one row.
    """

    class Fund(models.TextChoices):
        OPERATING = "operating"
        LEARNING = "learning"
        INCENTIVE = "incentive"

    class System(models.TextChoices):
        TREASURY = "treasury"
        OUTSIDE = "outside"
        HELD = "held"

    owner = models.ForeignKey(
        MicroEnterprise, null=True, on_delete=models.PROTECT, related_name="wallets"
    )
    fund = models.CharField(max_length=10, choices=Fund, blank=True)
    fiscal_year = models.PositiveSmallIntegerField(null=True)
    system = models.CharField(max_length=10, choices=System, blank=True)
    balance = models.DecimalField(max_digits=18, decimal_places=2, default=Decimal("0.00"))
    reserved = models.DecimalField(max_digits=18, decimal_places=2, default=Decimal("0.00"))

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["owner", "fund", "fiscal_year"], name="one_wallet_per_me_fund_and_year"
            ),
            models.UniqueConstraint(
                fields=["system"], condition=~Q(system=""), name="one_wallet_per_system"
            ),
            models.CheckConstraint(
                condition=Q(system="", owner__isnull=False, fiscal_year__isnull=False) & ~Q(fund="")
                | ~Q(system="") & Q(owner=None, fiscal_year=None, fund="", balance=0, reserved=0),
                name="wallet_is_of_an_me_or_of_the_system",
            ),
            models.CheckConstraint(condition=Q(reserved__gte=0), name="reserved_not_negative"),
            models.CheckConstraint(
                condition=Q(balance__gte=F("reserved")), name="wallet_never_overspent"
            ),
        ]

    def __str__(self) -> str:
        return self.system or f"{self.owner}, {self.fund} {self.fiscal_year}"

    @property
    def available(self) -> Decimal:
        return self.balance - self.reserved


class Transfer(Caused):
    """Money that moved, once. Rows are only ever added; a mistake is answered by another."""

    class Kind(models.TextChoices):
        GRANT = "grant"
        CHARGE = "charge"
        CREDIT = "credit"
        PURCHASE = "purchase"
        LEARNING = "learning"
        MOVE = "move"
        CARRY_OVER = "carry_over"
        LAPSE = "lapse"
        LEVY = "levy"
        HOLD = "hold"
        RELEASE = "release"
        UPSIDE = "upside"

    payer = models.ForeignKey(Wallet, on_delete=models.PROTECT, related_name="paid", db_index=False)
    payee = models.ForeignKey(
        Wallet, on_delete=models.PROTECT, related_name="received", db_index=False
    )
    amount = models.DecimalField(max_digits=18, decimal_places=2)
    kind = models.CharField(max_length=10, choices=Kind)
    month = models.DateField()
    reference = models.CharField(max_length=120)
    posted_on = models.DateField()
    posted_at = models.DateTimeField()
    posted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, db_index=False
    )
    note = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["reference"], name="transfer_reference_used_once"),
            models.CheckConstraint(condition=~Q(reference=""), name="transfer_has_a_reference"),
            models.CheckConstraint(condition=Q(amount__gt=0), name="transfer_moves_something"),
            models.CheckConstraint(condition=~Q(payer=F("payee")), name="transfer_has_two_sides"),
            models.CheckConstraint(condition=Q(month__day=1), name="transfer_month_is_a_first"),
        ]
        indexes = [
            models.Index(fields=["payer", "month"], name="transfer_paid"),
            models.Index(fields=["payee", "month"], name="transfer_received"),
            models.Index(fields=["cause_route", "cause_id"], name="transfer_by_cause"),
        ]

    def __str__(self) -> str:
        return self.reference


class ReservationQuerySet(models.QuerySet["Reservation"]):
    def open(self) -> Self:
        return self.filter(closed_on=None)

    def of(self, cause: Cause) -> Self:
        return self.filter(**cause._asdict())


class Reservation(Caused):
    """Money promised for one month but not yet moved; closed when it is released or paid."""

    class Kind(models.TextChoices):
        PRE_COMMITTED = "pre_committed"
        COMMITTED = "committed"
        DISPUTE_WINDOW = "dispute_window"

    wallet = models.ForeignKey(
        Wallet, on_delete=models.PROTECT, related_name="reservations", db_index=False
    )
    kind = models.CharField(max_length=14, choices=Kind)
    month = models.DateField()
    amount = models.DecimalField(max_digits=18, decimal_places=2)
    # From the day it was made to the day before it was closed it counts in a statement.
    made_on = models.DateField(null=True)
    # A dispute window frees itself after this day; a promise has none.
    ends_on = models.DateField(null=True)
    closed_on = models.DateField(null=True)

    objects = ReservationQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["cause_route", "cause_id", "wallet", "kind", "month"],
                condition=Q(closed_on=None),
                name="promised_once_per_cause_kind_and_month",
            ),
            models.CheckConstraint(condition=Q(amount__gt=0), name="reservation_holds_something"),
            models.CheckConstraint(condition=Q(month__day=1), name="reservation_month_is_a_first"),
        ]
        indexes = [
            models.Index(
                fields=["wallet", "kind"], condition=Q(closed_on=None), name="reservation_open"
            )
        ]

    def __str__(self) -> str:
        return f"{self.amount} {self.kind} for {self.month:%Y-%m}"


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


class BudgetRule(models.Model):
    """How money is granted to MEs: drafted, previewed, published; its figures are Allocations."""

    class Kind(models.TextChoices):
        SINGLE = "single"
        LIST = "list"
        DEPARTMENT_TO_CUSTOMERS = "department_to_customers"

    class Release(models.TextChoices):
        YEARLY = "yearly"
        MONTHLY = "monthly"

    class State(models.TextChoices):
        DRAFT = "draft"
        PUBLISHED = "published"

    name = models.CharField(max_length=120)
    kind = models.CharField(max_length=24, choices=Kind)
    fund = models.CharField(max_length=10, choices=Wallet.Fund)
    fiscal_year = models.PositiveSmallIntegerField()
    release = models.CharField(max_length=8, choices=Release, default=Release.YEARLY)
    state = models.CharField(max_length=10, choices=State, default=State.DRAFT)
    # Whose former cost goes to its customers (PRODUCT 4.8), and by which figures: {"former_cost",
    # "period", "phase_in", "customers": [{"micro_enterprise", "use", "heads"}]}, amounts as text.
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
        ]

    def __str__(self) -> str:
        return f"{self.amount} to {self.micro_enterprise}"


class MoneyCheck(models.Model):
    """One run of every check of the money, kept as a proof; rows are added, never changed."""

    checked_at = models.DateTimeField()
    checked_on = models.DateField()
    # None: the timetable or a command.
    checked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    is_sound = models.BooleanField()
    # [{"what", "means", "figures": [[label, value], ...], "broken": [sentence, ...]}]
    findings = models.JSONField(default=list)

    class Meta:
        indexes = [models.Index(fields=["-checked_at"], name="money_check_newest_first")]

    def __str__(self) -> str:
        return f"{self.checked_at:%Y-%m-%d %H:%M}"
