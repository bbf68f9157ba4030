"""The contract, its versions, who signed them, and everything that happened to it."""

from datetime import date
from typing import Self

from django.db import models
from django.db.models import F, Q, Value
from django.db.models.functions import Greatest

from accounts.models import MicroEnterprise, User
from ledger.models import Cause
from marketplace.models import PLANS, OfferedMeasure, ServiceOffering, is_object
from marketplace.price_plans import Plan, PricePlan, plan_of
from marketplace.service_levels import DEFAULT_CAP


class ContractQuerySet(models.QuerySet["Contract"]):
    """Filters that chain; whom a contract may be shown to is asked in queries/agreements.py."""

    def of(self, me: MicroEnterprise) -> Self:
        """Where the ME is a party, on either side."""
        return self.filter(Q(buyer=me) | Q(provider=me))

    def signed(self) -> Self:
        """Both sides signed at some time: agreed or anything that follows it."""
        return self.filter(state__in=Contract.SIGNED)

    def with_active_day(self, *, first: date, last: date) -> Self:
        """Signed, and its term has a day from `first` to `last`, both inclusive.

        Dates decide, never whether a job has run (PRODUCT 4.0); a cancelled contract has no day.
        """
        return (
            self.signed()
            .filter(Q(ends_on__gte=first) | Q(renews_months__gt=0, state="active"))
            .filter(Q(starts_on__lte=last))
            .filter(Q(ended_on=None) | Q(ended_on__gte=Greatest(Value(first), F("starts_on"))))
            .filter(Q(over_after_on=None) | Q(over_after_on__gte=first))
        )


class Contract(models.Model):
    """The internal-market contract of a buyer ME and a provider ME.

    `state` is what the last event stored; what the clock makes of it is computed by
    `lifecycle.state_on`, so a late job changes nothing (PRODUCT 4.0).
    """

    class State(models.TextChoices):
        DRAFT = "draft"
        OFFERED = "offered"
        AGREED = "agreed"
        ACTIVE = "active"
        SUSPENDED = "suspended"
        NOTICE = "notice"
        ENDED = "ended"
        CLOSED = "closed"
        DECLINED = "declined"
        WITHDRAWN = "withdrawn"
        LAPSED = "lapsed"

    SIGNED = (State.AGREED, State.ACTIVE, State.SUSPENDED, State.NOTICE, State.ENDED, State.CLOSED)

    class EndedBecause(models.TextChoices):
        EXPIRED = "expired"
        NOTICE = "notice"
        CANCELLED = "cancelled"
        MUTUAL = "mutual"
        CAUSE = "cause"
        CHRONIC_FAILURE = "chronic_failure"
        COMPLETED = "completed"
        SUSPENSION_LAPSED = "suspension_lapsed"
        DISSOLVED = "dissolved"

    offering = models.ForeignKey(
        ServiceOffering, on_delete=models.PROTECT, related_name="contracts"
    )
    buyer = models.ForeignKey(MicroEnterprise, on_delete=models.PROTECT, related_name="bought")
    provider = models.ForeignKey(MicroEnterprise, on_delete=models.PROTECT, related_name="sold")
    state = models.CharField(max_length=10, choices=State, default=State.DRAFT)
    ended_because = models.CharField(max_length=20, choices=EndedBecause, blank=True)
    # The last day that counts when it ended before the day its terms name, inclusive; the day
    # before the start where it never began.
    # Set by a notice too, for the day with which it will end.
    ended_on = models.DateField(null=True)
    # With this day it is over unless something happens before: an open suspension lapses, an
    # open breach was not cured. Why it then ends.
    over_after_on = models.DateField(null=True)
    over_because = models.CharField(max_length=20, choices=EndedBecause, blank=True)
    # By how many months its terms renew it at the end; 0 where that was not chosen.
    renews_months = models.PositiveSmallIntegerField(default=0)
    # The party that answers an offer or counter; the day of the last one, and the last day on
    # which it may be accepted, by the policy of that day (PRODUCT 4.2).
    turn = models.ForeignKey(MicroEnterprise, null=True, on_delete=models.PROTECT, related_name="+")
    offered_on = models.DateField(null=True)
    answer_until_on = models.DateField(null=True)
    current = models.ForeignKey(
        "ContractVersion", null=True, on_delete=models.PROTECT, related_name="+"
    )
    # Copies of the current terms' dates, so that lists and jobs can filter by them.
    starts_on = models.DateField()
    ends_on = models.DateField()
    head_hash = models.CharField(max_length=64, blank=True, help_text="hash of the last event")
    event_count = models.PositiveIntegerField(default=0)
    created_on = models.DateField()
    created_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    # The fiscal year up to which its months are committed, and whether some of them did not fit.
    committed_year = models.PositiveSmallIntegerField(null=True)
    is_unfunded = models.BooleanField(default=False)
    # When the last mail went out that an answer is due, or that the end comes near.
    answer_reminded_on = models.DateField(null=True)
    end_reminded_on = models.DateField(null=True)
    draft_key = models.CharField(
        max_length=80, blank=True, help_text="of the form or request that drafted it"
    )

    objects = ContractQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=~Q(buyer=F("provider")), name="contract_has_two_parties"
            ),
            models.CheckConstraint(
                condition=Q(ends_on__gte=F("starts_on")), name="contract_ends_after_it_starts"
            ),
            models.CheckConstraint(
                condition=Q(state__in=["ended", "closed"]) & ~Q(ended_because="")
                | ~Q(state__in=["ended", "closed"]) & Q(ended_because=""),
                name="ended_contract_says_why",
            ),
            models.CheckConstraint(
                condition=~Q(state="offered")
                | Q(
                    turn__isnull=False,
                    offered_on__isnull=False,
                    answer_until_on__isnull=False,
                    answer_until_on__lt=F("starts_on"),
                ),
                name="offer_waits_for_somebody",
            ),
            models.CheckConstraint(
                condition=Q(over_after_on=None, over_because="")
                | Q(over_after_on__isnull=False)
                & ~Q(over_because="")
                & Q(state__in=["active", "suspended", "notice"]),
                name="looming_end_says_why",
            ),
            models.CheckConstraint(
                condition=~Q(state="notice") | Q(ended_on__isnull=False),
                name="notice_names_its_last_day",
            ),
            models.UniqueConstraint(
                fields=["draft_key"], condition=~Q(draft_key=""), name="drafted_once_per_key"
            ),
        ]
        indexes = [
            models.Index(fields=["buyer", "state"], name="contract_bought"),
            models.Index(fields=["provider", "state"], name="contract_sold"),
            models.Index(fields=["state", "starts_on"], name="contract_by_start"),
            models.Index(fields=["state", "ends_on"], name="contract_by_end"),
        ]

    def __str__(self) -> str:
        return f"Contract {self.pk}"

    @property
    def cause(self) -> Cause:
        return Cause("contracts:contract", self.pk)


class ContractVersion(models.Model):
    """Immutable full terms with their SHA-256; signatures bind to one version.

    `terms` is the truth that is hashed; the columns beside it are copies that settlement reads.
    """

    contract = models.ForeignKey(Contract, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveSmallIntegerField()
    terms = models.JSONField()
    hash = models.CharField(max_length=64)
    title = models.CharField(max_length=120, help_text="what is bought, as the offering named it")
    plan = models.CharField(max_length=12, choices=PLANS)
    price = models.DecimalField(max_digits=18, decimal_places=2)
    parameters = models.JSONField(default=dict, blank=True)
    unit = models.CharField(max_length=40)
    expected_quantity = models.DecimalField(max_digits=14, decimal_places=3, null=True)
    # Usage above this many units a month is an overage that waits for the buyer (PRODUCT 4.7).
    cap_quantity = models.DecimalField(max_digits=14, decimal_places=3, null=True)
    # The most that up to the cap can cost; usage of a month above it waits for the buyer.
    cap_amount = models.DecimalField(max_digits=18, decimal_places=2, null=True)
    starts_on = models.DateField()
    ends_on = models.DateField()
    valid_from_on = models.DateField(help_text="of an amendment; else the start")
    # The most that all credits of a month may be, in percent of its fee (PRODUCT 4.11).
    credit_cap = models.DecimalField(max_digits=5, decimal_places=2, default=DEFAULT_CAP)
    # The satisfaction adjustment that both sides opted into: percent of the fee at the target,
    # and taken off below the floor, which are shares of satisfied answers.
    satisfaction_percent = models.DecimalField(max_digits=5, decimal_places=2, null=True)
    satisfaction_target = models.DecimalField(max_digits=5, decimal_places=2, null=True)
    satisfaction_floor = models.DecimalField(max_digits=5, decimal_places=2, null=True)
    written_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    written_for = models.ForeignKey(MicroEnterprise, on_delete=models.PROTECT, related_name="+")
    written_on = models.DateField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["contract", "number"], name="contract_version_numbered_once"
            ),
            models.CheckConstraint(
                condition=Q(hash__regex="^[0-9a-f]{64}$"), name="version_hash_is_sha256"
            ),
            models.CheckConstraint(condition=Q(price__gt=0), name="version_has_a_price"),
            models.CheckConstraint(
                condition=Q(ends_on__gte=F("starts_on")), name="version_ends_after_it_starts"
            ),
            models.CheckConstraint(
                condition=Q(plan__in=[plan.value for plan in Plan]), name="version_plan_is_known"
            ),
            models.CheckConstraint(
                condition=is_object("parameters"), name="version_parameters_are_named"
            ),
            models.CheckConstraint(
                condition=Q(plan="fixed", expected_quantity=None, cap_quantity=None)
                | ~Q(plan="fixed")
                & Q(expected_quantity__isnull=False, cap_quantity__isnull=False)
                & Q(expected_quantity__gt=0, cap_quantity__gte=F("expected_quantity")),
                name="counted_version_expects_usage",
            ),
            models.CheckConstraint(
                condition=Q(credit_cap__gte=0, credit_cap__lte=100),
                name="version_caps_credits_at_a_share",
            ),
            models.CheckConstraint(
                condition=Q(
                    satisfaction_percent=None, satisfaction_target=None, satisfaction_floor=None
                )
                | Q(
                    satisfaction_percent__isnull=False,
                    satisfaction_target__isnull=False,
                    satisfaction_floor__isnull=False,
                    satisfaction_percent__gt=0,
                    satisfaction_floor__lt=F("satisfaction_target"),
                    satisfaction_target__lte=100,
                ),
                name="version_adjusts_by_a_target_above_its_floor",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.contract}, version {self.number}"

    @property
    def price_plan(self) -> PricePlan:
        return plan_of(self.plan, price=self.price, unit=self.unit, parameters=self.parameters)


class SuccessMeasure(models.Model):
    """What success is in one version of a contract: the row that results are entered for."""

    version = models.ForeignKey(ContractVersion, on_delete=models.PROTECT, related_name="measures")
    number = models.PositiveSmallIntegerField()
    name = models.CharField(max_length=160)
    unit = models.CharField(max_length=30)
    direction = models.CharField(max_length=6, choices=OfferedMeasure.Direction)
    target = models.DecimalField(max_digits=14, decimal_places=4)
    floor = models.DecimalField(max_digits=14, decimal_places=4)
    method = models.CharField(max_length=200)
    measurer = models.CharField(max_length=8, choices=OfferedMeasure.Measurer)
    weight = models.PositiveSmallIntegerField(default=1)

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(
                fields=["version", "number"], name="success_measure_numbered_once"
            ),
            models.CheckConstraint(
                condition=Q(weight__gt=0), name="success_measure_weighs_something"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Signature(models.Model):
    """Who signed, for which party, which hash, and when."""

    version = models.ForeignKey(
        ContractVersion, on_delete=models.PROTECT, related_name="signatures"
    )
    contract = models.ForeignKey(Contract, on_delete=models.PROTECT, related_name="signatures")
    party = models.ForeignKey(MicroEnterprise, on_delete=models.PROTECT, related_name="+")
    signed_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    hash = models.CharField(max_length=64)
    signed_on = models.DateField()
    signed_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["version", "party"], name="party_signs_once"),
            models.UniqueConstraint(
                fields=["version", "signed_by"], name="nobody_signs_both_sides"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.party} on version {self.version.number}"


class ContractEvent(models.Model):
    """What happened to a contract, chained by hashes: h_i = SHA-256(h_{i-1} || canonical event).

    Added only (trigger). `payload` holds ids and figures, never names (PRODUCT 4.2, 4.22).
    """

    contract = models.ForeignKey(Contract, on_delete=models.PROTECT, related_name="events")
    number = models.PositiveIntegerField()
    kind = models.CharField(max_length=30)
    on = models.DateField()
    at = models.DateTimeField()
    actor = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    party = models.ForeignKey(
        MicroEnterprise, null=True, on_delete=models.PROTECT, related_name="+"
    )
    version = models.ForeignKey(
        ContractVersion, null=True, on_delete=models.PROTECT, related_name="+"
    )
    note = models.CharField(max_length=1000, blank=True)
    payload = models.JSONField()
    previous_hash = models.CharField(max_length=64, blank=True)
    hash = models.CharField(max_length=64)

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(
                fields=["contract", "number"], name="contract_event_numbered_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.contract}: {self.kind}"


class EndProposal(models.Model):
    """One side names a last day; the other confirms within the policy's days, or it lapses."""

    class State(models.TextChoices):
        OPEN = "open"
        CONFIRMED = "confirmed"
        REPLACED = "replaced"

    contract = models.ForeignKey(Contract, on_delete=models.PROTECT, related_name="end_proposals")
    proposed_for = models.ForeignKey(MicroEnterprise, on_delete=models.PROTECT, related_name="+")
    proposed_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    proposed_on = models.DateField()
    last_day_on = models.DateField()
    answer_until_on = models.DateField(help_text="by the policy of the day it was proposed")
    answered_on = models.DateField(null=True)
    answered_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    reason = models.CharField(max_length=500, blank=True)
    state = models.CharField(max_length=10, choices=State, default=State.OPEN)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(last_day_on__gte=F("proposed_on")), name="end_lies_not_in_the_past"
            ),
            models.UniqueConstraint(
                fields=["contract"], condition=Q(state="open"), name="one_open_end_per_contract"
            ),
        ]

    def __str__(self) -> str:
        return f"End of {self.contract} on {self.last_day_on}"
