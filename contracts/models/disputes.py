"""What buyer and provider disagree on, what is put right later, and what could not be paid yet."""

from django.db import models
from django.db.models import F, Q

from accounts.models import MicroEnterprise, User
from contracts.models.agreements import Contract
from contracts.models.settlement import Overage, SettlementLine
from ledger.models import Cause, SettlementRun


class Dispute(models.Model):
    """The challenge to (a part of) a line, or to a waiting overage (PRODUCT 4.12).

    What happened is stored, and so are the deadlines that were named to somebody. The stage of a
    day follows from them by `contracts.disputing`, so a late job changes nothing. `held_amount` is
    what lies in the wallet of held money until the outcome is booked; of an overage nothing was
    paid, so nothing is held.
    """

    class State(models.TextChoices):
        OPEN = "open"
        SETTLED = "settled"

    class Answer(models.TextChoices):
        ACCEPTED = "accepted"
        REJECTED = "rejected"
        OFFERED = "offered"

    class Because(models.TextChoices):
        WITHDRAWN = "withdrawn", "withdrawn by the buyer"
        ACCEPTED = "accepted", "accepted by the provider"
        SILENCE = "silence", "accepted by the provider’s silence"
        OFFER = "offer", "the provider’s offer, accepted by the buyer"
        PROPOSAL = "proposal", "the mediator’s proposal, accepted by both"
        PANEL = "panel", "the median of the panel"
        MEDIATOR = "mediator", "the mediator’s proposal, as the panel did not decide in time"
        HALF = "half", "half, as nobody decided in time"
        WAITS = "waits", "nothing was paid: it is decided with the overage that waits"

    contract = models.ForeignKey(Contract, on_delete=models.PROTECT, related_name="disputes")
    month = models.DateField(help_text="of the line or the overage")
    line = models.ForeignKey(
        SettlementLine, null=True, on_delete=models.PROTECT, related_name="disputes"
    )
    overage = models.OneToOneField(
        Overage, null=True, on_delete=models.PROTECT, related_name="dispute"
    )
    amount = models.DecimalField(max_digits=18, decimal_places=2)
    reason = models.CharField(max_length=500)
    state = models.CharField(max_length=8, choices=State, default=State.OPEN)
    opened_on = models.DateField()
    # None: the buyer's silence on an overage.
    opened_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    # The key of the form or request that opened it; the same key opens once.
    key = models.CharField(max_length=80, blank=True)
    # By the policy of the day on which it was opened.
    mediation_days = models.PositiveSmallIntegerField()
    panel_days = models.PositiveSmallIntegerField()
    offer_days = models.PositiveSmallIntegerField()
    held_amount = models.DecimalField(max_digits=18, decimal_places=2, default=0)
    held_on = models.DateField(null=True)
    held_from = models.ForeignKey(
        MicroEnterprise, null=True, on_delete=models.PROTECT, related_name="+"
    )

    answer_until_on = models.DateField()
    answer = models.CharField(max_length=8, choices=Answer, blank=True)
    answered_on = models.DateField(null=True)
    answered_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    answer_note = models.CharField(max_length=500, blank=True)
    # Percent of the amount that the buyer would get.
    offer_percent = models.DecimalField(max_digits=5, decimal_places=2, null=True)
    offer_until_on = models.DateField(null=True)
    offer_answer = models.CharField(max_length=8, choices=Answer, blank=True)
    offer_answered_on = models.DateField(null=True)

    mediator = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="mediates")
    mediator_named_on = models.DateField(null=True)
    proposal_percent = models.DecimalField(max_digits=5, decimal_places=2, null=True)
    proposal_note = models.CharField(max_length=500, blank=True)
    proposed_on = models.DateField(null=True)
    buyer_agreed_on = models.DateField(null=True)
    provider_agreed_on = models.DateField(null=True)
    proposal_rejected_on = models.DateField(null=True)
    withdrawn_on = models.DateField(null=True)
    # The stage that those whose turn it is got mail about.
    told_stage = models.CharField(max_length=10, blank=True)

    because = models.CharField(max_length=10, choices=Because, blank=True)
    percent = models.DecimalField(max_digits=5, decimal_places=2, null=True)
    decided_on = models.DateField(null=True)
    settled_on = models.DateField(null=True)
    buyer_amount = models.DecimalField(max_digits=18, decimal_places=2, null=True)
    provider_amount = models.DecimalField(max_digits=18, decimal_places=2, null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(line__isnull=False, overage=None) | Q(line=None, overage__isnull=False),
                name="dispute_is_about_one_thing",
            ),
            models.CheckConstraint(condition=Q(amount__gt=0), name="dispute_is_about_money"),
            models.CheckConstraint(
                condition=Q(held_amount__gte=0, held_amount__lte=F("amount")),
                name="dispute_holds_no_more_than_it_is_about",
            ),
            models.CheckConstraint(
                condition=Q(held_amount=0)
                | Q(held_on__isnull=False, held_from__isnull=False, overage=None),
                name="held_money_says_whose_it_was",
            ),
            models.CheckConstraint(
                condition=~Q(state="settled")
                | Q(
                    percent__isnull=False,
                    decided_on__isnull=False,
                    settled_on__isnull=False,
                    buyer_amount__isnull=False,
                    provider_amount__isnull=False,
                    buyer_amount__gte=0,
                    provider_amount__gte=0,
                )
                & ~Q(because=""),
                name="settled_dispute_says_how",
            ),
            models.CheckConstraint(
                condition=~Q(state="settled")
                | Q(held_amount=F("buyer_amount") + F("provider_amount"))
                | Q(overage__isnull=False, amount=F("buyer_amount") + F("provider_amount")),
                name="every_cent_held_goes_out",
            ),
            models.CheckConstraint(
                condition=(Q(offer_percent=None) | Q(offer_percent__range=(0, 100)))
                & (Q(proposal_percent=None) | Q(proposal_percent__range=(0, 100)))
                & (Q(percent=None) | Q(percent__range=(0, 100))),
                name="dispute_percent_is_a_part",
            ),
            models.UniqueConstraint(
                fields=["contract", "key"], condition=~Q(key=""), name="disputed_once_per_key"
            ),
        ]
        indexes = [
            models.Index(
                fields=["contract", "month"],
                condition=Q(state="open"),
                name="dispute_open_by_contract",
            )
        ]

    def __str__(self) -> str:
        return f"Dispute {self.pk}"

    @property
    def cause(self) -> Cause:
        return Cause("contracts:dispute", self.pk)

    @property
    def is_about_overage(self) -> bool:
        return self.overage_id is not None


class PanelSeat(models.Model):
    """One of the three members of a dispute's panel, and the percentage that the member decided."""

    dispute = models.ForeignKey(Dispute, on_delete=models.PROTECT, related_name="panel")
    member = models.ForeignKey(User, on_delete=models.PROTECT, related_name="panel_seats")
    chosen_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    chosen_on = models.DateField()
    percent = models.DecimalField(max_digits=5, decimal_places=2, null=True)
    note = models.CharField(max_length=500, blank=True)
    decided_on = models.DateField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["dispute", "member"], name="one_seat_per_member"),
            models.CheckConstraint(
                condition=Q(percent=None, decided_on=None)
                | Q(percent__isnull=False, percent__range=(0, 100), decided_on__isnull=False),
                name="decided_seat_names_its_day",
            ),
        ]

    def __str__(self) -> str:
        return f"Seat of {self.dispute}"


class Correction(models.Model):
    """An amount that puts a locked month right: a line of the next one, once the loser agrees.

    Above zero it takes from the buyer, below zero from the provider (PRODUCT 4.10).
    """

    class State(models.TextChoices):
        PROPOSED = "proposed"
        CONFIRMED = "confirmed"
        REJECTED = "rejected"
        WITHDRAWN = "withdrawn"

    contract = models.ForeignKey(Contract, on_delete=models.PROTECT, related_name="corrections")
    origin_month = models.DateField()
    amount = models.DecimalField(max_digits=18, decimal_places=2)
    reason = models.CharField(max_length=200)
    state = models.CharField(max_length=9, choices=State, default=State.PROPOSED)
    # None: an HR admin, who stands for neither side.
    entered_for = models.ForeignKey(
        MicroEnterprise, null=True, on_delete=models.PROTECT, related_name="+"
    )
    entered_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    entered_on = models.DateField()
    answered_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    answered_on = models.DateField(null=True)
    counted_in = models.DateField(null=True, help_text="the month whose lines it is in")
    key = models.CharField(max_length=80, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(amount=0), name="correction_changes_something"),
            models.CheckConstraint(
                condition=Q(origin_month__day=1), name="correction_month_is_a_first"
            ),
            models.CheckConstraint(
                condition=Q(state="proposed")
                | Q(answered_on__isnull=False, answered_by__isnull=False),
                name="answered_correction_says_by_whom",
            ),
            models.CheckConstraint(
                condition=Q(counted_in=None)
                | Q(state="confirmed", counted_in__gt=F("origin_month")),
                name="only_confirmed_corrections_count",
            ),
            models.UniqueConstraint(
                fields=["contract", "key"], condition=~Q(key=""), name="corrected_once_per_key"
            ),
        ]
        indexes = [
            models.Index(
                fields=["contract"],
                condition=Q(state="confirmed", counted_in=None),
                name="correction_to_count",
            )
        ]

    def __str__(self) -> str:
        return f"Correction of {self.origin_month:%B %Y}"


class CarriedAmount(models.Model):
    """What a provider owed for a month and could not pay: a line of the next month (PRODUCT 4.10).

    `amount` is below zero; `origin_month` is kept however often it is carried on.
    """

    contract = models.ForeignKey(Contract, on_delete=models.PROTECT, related_name="carried")
    run = models.ForeignKey(SettlementRun, on_delete=models.PROTECT, related_name="carried")
    month = models.DateField()
    origin_month = models.DateField()
    amount = models.DecimalField(max_digits=18, decimal_places=2)
    counted_in = models.DateField(null=True, help_text="the month whose lines it is in")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["contract", "month", "origin_month"], name="carried_once_per_origin"
            ),
            models.CheckConstraint(condition=Q(amount__lt=0), name="carried_is_owed"),
            models.CheckConstraint(
                condition=Q(counted_in=None) | Q(counted_in__gt=F("month")),
                name="carried_into_a_later_month",
            ),
        ]
        indexes = [
            models.Index(fields=["contract"], condition=Q(counted_in=None), name="carried_to_count")
        ]

    def __str__(self) -> str:
        return f"{self.amount} of {self.origin_month:%B %Y}"
