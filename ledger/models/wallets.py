"""Wallets, what moved between them, and what is promised.

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
    # From then on nothing touches it: a trigger sees to it (PRODUCT 4.9).
    closed_on = models.DateField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(closed_on=None) | Q(balance=0, reserved=0),
                name="closed_wallet_is_empty",
            ),
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
        SUBSIDY = "subsidy"

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
    # Else notional; decided when it moves, so that no later switch changes history (PRODUCT 4.7).
    is_charged = models.BooleanField(default=False, db_default=False)

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
