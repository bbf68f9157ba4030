"""What HR admins do with money that is already granted: move it, freeze it, say why."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from accounts.models import MicroEnterprise
from ledger.models.wallets import Wallet


class MoneyReason(models.Model):
    """A reason for extra grants and moves beside the standard ones of ledger.reasons."""

    code = models.SlugField(max_length=24)
    name = models.CharField(max_length=80)
    # Not offered any more from this day on; what was done for it keeps its name.
    ended_on = models.DateField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["code"], name="one_reason_per_code")]

    def __str__(self) -> str:
        return self.name


class MoneyMove(models.Model):
    """Money from one ME to another, moved by an HR admin under the reference `move/<id>`."""

    class State(models.TextChoices):
        WAITING = "waiting"
        DONE = "done"
        DECLINED = "declined"

    payer = models.ForeignKey(
        MicroEnterprise, on_delete=models.PROTECT, related_name="money_moved_away"
    )
    payee = models.ForeignKey(
        MicroEnterprise, on_delete=models.PROTECT, related_name="money_moved_here"
    )
    fund = models.CharField(max_length=10, choices=Wallet.Fund)
    fiscal_year = models.PositiveSmallIntegerField()
    amount = models.DecimalField(max_digits=18, decimal_places=2)
    reason = models.CharField(max_length=24)
    note = models.CharField(max_length=200, blank=True)
    # The key of the form or request that asked for it; the same key asks once.
    key = models.CharField(max_length=80)
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    asked_on = models.DateField()
    # Whoever asks is a member of the ME that receives it (PRODUCT 4.22).
    needs_second = models.BooleanField(default=False)
    confirmed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    decided_on = models.DateField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["key"], name="move_asked_once_per_key"),
            models.CheckConstraint(condition=Q(amount__gt=0), name="move_moves_something"),
            models.CheckConstraint(condition=~Q(payer=F("payee")), name="move_has_two_sides"),
            models.CheckConstraint(condition=~Q(reason=""), name="move_has_a_reason"),
            models.CheckConstraint(
                condition=Q(state="waiting", decided_on=None)
                | ~Q(state="waiting") & Q(decided_on__isnull=False),
                name="move_decided_on_a_day",
            ),
            models.CheckConstraint(
                condition=Q(confirmed_by=None) | ~Q(confirmed_by=F("asked_by")),
                name="move_confirmed_by_somebody_else",
            ),
            models.CheckConstraint(
                condition=~Q(state="done", needs_second=True) | Q(confirmed_by__isnull=False),
                name="own_move_has_a_second_hr_admin",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.amount} from {self.payer} to {self.payee}"


class FreezeQuerySet(models.QuerySet["Freeze"]):
    def in_force(self) -> "FreezeQuerySet":
        return self.filter(lifted_on=None)


class Freeze(models.Model):
    """From a day on an ME promises nothing new of a fund (blank: of any); signed things go on."""

    micro_enterprise = models.ForeignKey(
        MicroEnterprise, on_delete=models.PROTECT, related_name="freezes"
    )
    fund = models.CharField(max_length=10, choices=Wallet.Fund, blank=True)
    reason = models.CharField(max_length=200)
    frozen_on = models.DateField()
    frozen_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    lifted_on = models.DateField(null=True)
    lifted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    lifted_because = models.CharField(max_length=200, blank=True)

    objects = FreezeQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["micro_enterprise", "fund"],
                condition=Q(lifted_on=None),
                name="frozen_once_per_me_and_fund",
            ),
            models.CheckConstraint(condition=~Q(reason=""), name="freeze_says_why"),
            models.CheckConstraint(
                condition=Q(lifted_on=None, lifted_by=None)
                | Q(lifted_on__gte=F("frozen_on"), lifted_by__isnull=False),
                name="freeze_lifted_by_somebody_after_it_began",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.micro_enterprise} frozen on {self.frozen_on}"
