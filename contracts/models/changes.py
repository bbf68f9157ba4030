"""What changes a running contract: pauses, proposals that the other side confirms, breaches."""

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateRangeField, RangeOperators
from django.db import models
from django.db.models import F, Func, Q, Value

from accounts.models import MicroEnterprise, User
from contracts.models.agreements import Contract, ContractVersion


class _Days(Func):
    """From a day to a day, both inclusive; empty where the last lies the day before the first."""

    function = "DATERANGE"
    output_field = DateRangeField()


class Suspension(models.Model):
    """Days that are not active: nothing is delivered, measured or charged (PRODUCT 4.2, 4.6).

    While it is open, `last_on` is the last day that it can last; on resuming it becomes the day
    before. So the suspended days are known by dates alone, whether a job has run or not.
    """

    contract = models.ForeignKey(Contract, on_delete=models.PROTECT, related_name="suspensions")
    first_on = models.DateField()
    last_on = models.DateField()
    is_open = models.BooleanField(default=True)
    # Ordered by the CHRO for integrity: then only the CHRO resumes it.
    is_ordered = models.BooleanField(default=False)
    reason = models.CharField(max_length=500, blank=True)
    decided_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    decided_on = models.DateField()

    class Meta:
        constraints = [
            ExclusionConstraint(
                name="suspended_days_never_overlap",
                expressions=[
                    ("contract", RangeOperators.EQUAL),
                    (_Days("first_on", F("last_on") + 1, Value("[)")), RangeOperators.OVERLAPS),
                ],
            ),
            models.CheckConstraint(
                condition=Q(last_on__gte=F("first_on") - 1), name="suspension_ends_after_it_begins"
            ),
            models.UniqueConstraint(
                fields=["contract"],
                condition=Q(is_open=True),
                name="one_open_suspension_per_contract",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.contract}: {self.first_on} to {self.last_on}"


class Proposal(models.Model):
    """What one side asks of a running contract, until the other side confirms it or it lapses.

    Of each kind at most one is open; a new one takes its place. An amendment or a renewal brings
    the version that both sides sign.
    """

    class Kind(models.TextChoices):
        SUSPEND = "suspend"
        RESUME = "resume"
        WITHDRAW_NOTICE = "withdraw_notice"
        AMEND = "amend"
        RENEW = "renew"
        COMPLETE = "complete"

    class State(models.TextChoices):
        OPEN = "open"
        CONFIRMED = "confirmed"
        DROPPED = "dropped"
        REPLACED = "replaced"

    contract = models.ForeignKey(Contract, on_delete=models.PROTECT, related_name="proposals")
    kind = models.CharField(max_length=15, choices=Kind)
    proposed_for = models.ForeignKey(MicroEnterprise, on_delete=models.PROTECT, related_name="+")
    proposed_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    proposed_on = models.DateField()
    answer_until_on = models.DateField(help_text="by the policy of the day it was proposed")
    version = models.ForeignKey(
        ContractVersion, null=True, on_delete=models.PROTECT, related_name="+"
    )
    reason = models.CharField(max_length=500, blank=True)
    state = models.CharField(max_length=10, choices=State, default=State.OPEN)
    answered_on = models.DateField(null=True)
    answered_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    reminded_on = models.DateField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["contract", "kind"],
                condition=Q(state="open"),
                name="one_open_proposal_of_a_kind",
            ),
            models.CheckConstraint(
                condition=Q(kind__in=["amend", "renew"], version__isnull=False)
                | ~Q(kind__in=["amend", "renew"]) & Q(version=None),
                name="changed_terms_have_a_version",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.contract}: {self.kind}"


class Breach(models.Model):
    """One party's notice that the other breaks the contract, delivered on a day (PRODUCT 4.2).

    Cured when the complainant confirms; left uncured it ends the contract with `cure_until_on`.
    """

    class State(models.TextChoices):
        OPEN = "open"
        CURED = "cured"
        UNCURED = "uncured"
        MOOT = "moot"

    contract = models.ForeignKey(Contract, on_delete=models.PROTECT, related_name="breaches")
    reported_for = models.ForeignKey(MicroEnterprise, on_delete=models.PROTECT, related_name="+")
    reported_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    delivered_on = models.DateField()
    text = models.CharField(max_length=1000)
    cure_until_on = models.DateField(help_text="by the policy of the day it was delivered")
    state = models.CharField(max_length=8, choices=State, default=State.OPEN)
    answered_on = models.DateField(null=True)
    answered_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    reminded_on = models.DateField(null=True)

    class Meta:
        verbose_name_plural = "breaches"
        constraints = [
            models.UniqueConstraint(
                fields=["contract", "reported_for"],
                condition=Q(state="open"),
                name="one_open_breach_per_party",
            ),
            models.CheckConstraint(
                condition=Q(cure_until_on__gt=F("delivered_on")), name="breach_leaves_time_to_cure"
            ),
            models.CheckConstraint(condition=~Q(text=""), name="breach_says_what_is_broken"),
        ]

    def __str__(self) -> str:
        return f"{self.contract}: breach of {self.delivered_on}"
