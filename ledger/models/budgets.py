"""Budgets: the rules by which money is granted, and what each ME is planned to get."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from accounts.models import MicroEnterprise
from ledger.models.wallets import Wallet


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
