"""Micro-enterprises, who is in them, and the customers that they exist for."""

from datetime import date, timedelta
from typing import Self

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateRangeField, RangeBoundary, RangeOperators
from django.db import models
from django.db.models import F, Func, Q
from django.db.models.functions import Lower

from accounts.models.people import Person


class MicroEnterpriseQuerySet(models.QuerySet["MicroEnterprise"]):
    def trading(self) -> Self:
        """Those that may buy and sell (PRODUCT 4.1)."""
        return self.filter(state__in=MicroEnterprise.TRADING)


class MicroEnterprise(models.Model):
    """The smallest unit with its own wallets, lead and three rights."""

    class Kind(models.TextChoices):
        FRONTLINE = "frontline"
        SERVICE = "service"
        PLATFORM = "platform"

    class State(models.TextChoices):
        PROPOSED = "proposed"
        INCUBATING = "incubating"
        ACTIVE = "active"
        PROBATION = "probation"
        DISSOLVING = "dissolving"
        DISSOLVED = "dissolved"
        REJECTED = "rejected"

    TRADING = (State.INCUBATING, State.ACTIVE, State.PROBATION)
    OVER = (State.REJECTED, State.DISSOLVED)

    name = models.CharField(max_length=120)
    kind = models.CharField(max_length=10, choices=Kind)
    state = models.CharField(max_length=10, choices=State, default=State.PROPOSED)
    purpose = models.CharField(max_length=500, blank=True)
    legal_entity = models.CharField(max_length=120, blank=True)
    hr_unit = models.CharField(max_length=200, blank=True, help_text="the HR unit it grew from")
    has_outside_customer = models.BooleanField(default=False)
    formed_on = models.DateField()
    formed_by = models.ForeignKey(
        "accounts.User", null=True, on_delete=models.PROTECT, related_name="+"
    )
    activated_on = models.DateField(null=True, blank=True)
    rejected_because = models.CharField(max_length=300, blank=True)
    # Since when it is on probation, and since when it dissolves; its last day.
    probation_from_on = models.DateField(null=True, blank=True)
    dissolving_from_on = models.DateField(null=True, blank=True)
    dissolved_on = models.DateField(null=True, blank=True)

    objects = MicroEnterpriseQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(Lower("name"), name="micro_enterprise_named_once"),
            models.UniqueConstraint(
                fields=["hr_unit"], condition=~Q(hr_unit=""), name="one_me_per_hr_unit"
            ),
            models.CheckConstraint(condition=~Q(name=""), name="micro_enterprise_has_a_name"),
            models.CheckConstraint(
                condition=~Q(state="active") | Q(activated_on__isnull=False),
                name="active_me_was_activated",
            ),
            models.CheckConstraint(
                condition=~Q(state="rejected") | ~Q(rejected_because=""),
                name="rejected_me_knows_why",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def may_trade(self) -> bool:
        """`incubating`, `active` and `probation` may trade (PRODUCT 4.1)."""
        return self.state in self.TRADING


class Role(models.Model):
    """What a person does in an ME; it should be tied to a customer outcome."""

    micro_enterprise = models.ForeignKey(
        MicroEnterprise, on_delete=models.PROTECT, related_name="roles"
    )
    name = models.CharField(max_length=250)
    description = models.CharField(max_length=1000, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["micro_enterprise", "name"], name="role_named_once")
        ]

    def __str__(self) -> str:
        return self.name


class CustomerOutcomeQuerySet(models.QuerySet["CustomerOutcome"]):
    def live(self, *, on: date) -> Self:
        """Pursued that day; both ends are inclusive."""
        return self.filter(Q(ends_on=None) | Q(ends_on__gte=on), starts_on__lte=on)


class CustomerOutcome(models.Model):
    """A measured change for a real customer, which a micro-enterprise exists for."""

    micro_enterprise = models.ForeignKey(
        MicroEnterprise, on_delete=models.PROTECT, related_name="outcomes"
    )
    name = models.CharField(max_length=200)
    customer = models.CharField(max_length=120)
    metric = models.CharField(max_length=120)
    unit = models.CharField(max_length=30)
    baseline = models.DecimalField(max_digits=14, decimal_places=4)
    target = models.DecimalField(max_digits=14, decimal_places=4)
    source = models.CharField(max_length=200)
    starts_on = models.DateField()
    ends_on = models.DateField(null=True, blank=True)

    objects = CustomerOutcomeQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_on=None) | Q(ends_on__gte=F("starts_on")),
                name="outcome_ends_after_it_starts",
            ),
            models.CheckConstraint(
                condition=~Q(baseline=F("target")), name="outcome_changes_something"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class OutcomeLinkQuerySet(models.QuerySet["OutcomeLink"]):
    def live(self, *, on: date) -> Self:
        """Ties in force that day to an outcome that is pursued that day; ends are inclusive."""
        tied = Q(ends_on=None) | Q(ends_on__gte=on)
        pursued = Q(outcome__ends_on=None) | Q(outcome__ends_on__gte=on)
        return self.filter(tied, pursued, starts_on__lte=on, outcome__starts_on__lte=on)


class OutcomeLink(models.Model):
    """Ties a role to the customer outcome that it serves, from a day to a day."""

    role = models.ForeignKey(Role, on_delete=models.PROTECT, related_name="links")
    outcome = models.ForeignKey(CustomerOutcome, on_delete=models.PROTECT, related_name="links")
    starts_on = models.DateField()
    ends_on = models.DateField(null=True, blank=True)

    objects = OutcomeLinkQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["role", "outcome"],
                condition=Q(ends_on=None),
                name="role_tied_once_to_an_outcome",
            ),
            # The day before its start is the end of a tie that was a slip and never held.
            models.CheckConstraint(
                condition=Q(ends_on=None) | Q(ends_on__gte=F("starts_on") - timedelta(days=1)),
                name="tie_ends_after_it_starts",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.role}: {self.outcome}"


class MembershipQuerySet(models.QuerySet["Membership"]):
    def current(self, *, on: date) -> Self:
        """In force that day; both ends are inclusive."""
        return self.filter(Q(ends_on=None) | Q(ends_on__gte=on), starts_on__lte=on)

    def accepted(self) -> Self:
        """Partners: both sides accepted the terms."""
        return self.exclude(Q(person_accepted_at=None) | Q(lead_accepted_at=None))

    def leading(self) -> Self:
        """Leads and acting leads."""
        return self.filter(Q(is_lead=True) | Q(is_acting_lead=True))


class _Days(Func):
    function = "DATERANGE"
    output_field = DateRangeField()


class Membership(models.Model):
    """A person in an ME in a role, from a day to a day, both inclusive.

    Imported from HR data it is a membership at once, but gives no signing right, lead or share
    points until both the person and the lead accepted the partnership terms (PRODUCT 2, 9). A
    change of role, share or rights ends the row the day before and goes on in a new one, so that
    every day knows what held on it.
    """

    class NamedAs(models.TextChoices):
        LEAD = "lead"
        ACTING_LEAD = "acting_lead"

    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="memberships")
    micro_enterprise = models.ForeignKey(
        MicroEnterprise, on_delete=models.PROTECT, related_name="memberships"
    )
    role = models.ForeignKey(Role, on_delete=models.PROTECT, related_name="memberships")
    is_lead = models.BooleanField(default=False)
    is_acting_lead = models.BooleanField(default=False)
    # An HR admin's word; it becomes true on the day the person accepts the partnership terms.
    named_as = models.CharField(max_length=11, choices=NamedAs, blank=True)
    may_sign = models.BooleanField(default=False)
    allocation_percent = models.DecimalField(max_digits=5, decimal_places=2, default=100)
    share_points = models.PositiveIntegerField(default=0)
    starts_on = models.DateField()
    ends_on = models.DateField(null=True, blank=True)
    is_imported = models.BooleanField(default=False)
    person_accepted_at = models.DateTimeField(null=True, blank=True)
    lead_accepted_at = models.DateTimeField(null=True, blank=True)

    objects = MembershipQuerySet.as_manager()

    class Meta:
        constraints = [
            ExclusionConstraint(
                name="one_membership_per_person_me_and_day",
                expressions=[
                    ("person", RangeOperators.EQUAL),
                    ("micro_enterprise", RangeOperators.EQUAL),
                    (
                        _Days("starts_on", "ends_on", RangeBoundary(inclusive_upper=True)),
                        RangeOperators.OVERLAPS,
                    ),
                ],
            ),
            models.CheckConstraint(
                condition=Q(person_accepted_at__isnull=False, lead_accepted_at__isnull=False)
                | Q(may_sign=False, is_lead=False, is_acting_lead=False, share_points=0),
                name="rights_need_both_acceptances",
            ),
            models.CheckConstraint(
                condition=Q(ends_on=None) | Q(ends_on__gte=F("starts_on")),
                name="membership_ends_after_it_starts",
            ),
            models.CheckConstraint(
                condition=Q(allocation_percent__gt=0, allocation_percent__lte=100),
                name="allocation_is_a_share_of_the_person",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.person} in {self.micro_enterprise}"

    @property
    def leads(self) -> bool:
        return self.is_lead or self.is_acting_lead

    @property
    def is_accepted(self) -> bool:
        return bool(self.person_accepted_at and self.lead_accepted_at)


class RightsGrantQuerySet(models.QuerySet["RightsGrant"]):
    def current(self, *, on: date) -> Self:
        """Held that day; both ends are inclusive."""
        return self.filter(Q(ends_on=None) | Q(ends_on__gte=on), starts_on__lte=on)


class RightsGrant(models.Model):
    """Which of decide, hire and distribute an ME holds, how far, and since when."""

    class Right(models.TextChoices):
        DECIDE = "decide"
        HIRE = "hire"
        DISTRIBUTE = "distribute"

    micro_enterprise = models.ForeignKey(
        MicroEnterprise, on_delete=models.PROTECT, related_name="rights"
    )
    right = models.CharField(max_length=10, choices=Right)
    extent = models.CharField(max_length=300, blank=True)
    starts_on = models.DateField()
    ends_on = models.DateField(null=True, blank=True)
    granted_by = models.ForeignKey("accounts.User", on_delete=models.PROTECT)

    objects = RightsGrantQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["micro_enterprise", "right"],
                condition=Q(ends_on=None),
                name="right_granted_once_at_a_time",
            ),
            models.CheckConstraint(
                condition=Q(ends_on=None) | Q(ends_on__gte=F("starts_on")),
                name="right_ends_after_it_starts",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.micro_enterprise} may {self.right}"


class DissolutionVote(models.Model):
    """A partner's vote to dissolve the ME; two thirds of all partners decide (PRODUCT 4.1)."""

    micro_enterprise = models.ForeignKey(
        MicroEnterprise, on_delete=models.PROTECT, related_name="dissolution_votes"
    )
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    voted_on = models.DateField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["micro_enterprise", "person"], name="one_vote_to_dissolve_per_partner"
            )
        ]

    def __str__(self) -> str:
        return f"Vote to dissolve {self.micro_enterprise}"
