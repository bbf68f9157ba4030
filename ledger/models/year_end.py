"""What became of each wallet when its fiscal year was closed (PRODUCT 4.9)."""

from decimal import Decimal

from django.db import models
from django.db.models import F, Q

from ledger.models.wallets import Wallet


def _amount() -> "models.DecimalField[Decimal, Decimal]":
    return models.DecimalField(max_digits=18, decimal_places=2, default=Decimal("0.00"))


class WalletClosing(models.Model):
    """One wallet of a closed year: what was free, where it went, and what moved with its promises.

    `carried` is without what was earned; both lie in the wallet of the next year.
    """

    wallet = models.OneToOneField(Wallet, on_delete=models.PROTECT, related_name="closing")
    successor = models.ForeignKey(
        Wallet, null=True, on_delete=models.PROTECT, related_name="carried_into"
    )
    closed_on = models.DateField()
    closed_at = models.DateTimeField()
    # How it carries over, an option of the policy, and the version that said so.
    rule = models.CharField(max_length=20)
    policy_version = models.PositiveIntegerField(default=0)
    allocation = _amount()
    free = _amount()
    earned = _amount()
    carried = _amount()
    shared = _amount()
    lapsed = _amount()
    reserved = _amount()
    # Carried money that is not spent by then lapses on this day; a job books it.
    lapses_on = models.DateField(null=True)
    decayed_on = models.DateField(null=True)
    decayed = _amount()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(free=F("earned") + F("carried") + F("shared") + F("lapsed")),
                name="closing_divides_what_was_free",
            ),
            models.CheckConstraint(
                condition=Q(earned__gte=0, carried__gte=0, shared__gte=0, lapsed__gte=0)
                & Q(reserved__gte=0, decayed__gte=0),
                name="closing_is_not_negative",
            ),
            models.CheckConstraint(
                condition=Q(decayed_on=None, decayed=0)
                | Q(decayed_on__isnull=False, lapses_on__isnull=False)
                & Q(decayed_on__gte=F("lapses_on"))
                & Q(decayed__lte=F("earned") + F("carried") + F("reserved")),
                name="carried_money_lapses_on_its_day",
            ),
            models.CheckConstraint(
                condition=Q(successor__isnull=False) | Q(earned=0, carried=0, reserved=0),
                name="carried_money_has_a_wallet",
            ),
        ]
        indexes = [
            models.Index(
                fields=["lapses_on"], condition=Q(decayed_on=None), name="closing_that_lapses"
            )
        ]

    def __str__(self) -> str:
        return f"End of {self.wallet}"
