"""What is sold inside, what is offered outside, and how satisfied buyers are; knows no buyer."""

from datetime import date
from decimal import Decimal
from typing import Self

from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVector, SearchVectorField
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower

from accounts.models import MicroEnterprise
from ledger.money import LARGEST
from marketplace import service_levels
from marketplace.levels import BONUS_HAS_BOTH_FIGURES, PromisedLevel
from marketplace.price_plans import Plan


def a_year_before(day: date) -> date:
    """The same day of the year before; 28 February for a leap day."""
    try:
        return day.replace(year=day.year - 1)
    except ValueError:
        return day.replace(year=day.year - 1, day=28)


PLANS = [(plan.value, plan.label) for plan in Plan]


class Category(models.Model):
    """A kind of service in which prices and shares are compared; never a spending limit."""

    name = models.CharField(max_length=80)
    slug = models.SlugField(max_length=80, db_index=False)
    description = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ["name"]
        verbose_name_plural = "categories"
        constraints = [
            models.UniqueConstraint(Lower("name"), name="category_named_once"),
            models.UniqueConstraint(fields=["slug"], name="category_slug_once"),
        ]

    def __str__(self) -> str:
        return self.name


class ServiceOfferingQuerySet(models.QuerySet["ServiceOffering"]):
    def on_sale(self) -> Self:
        """Published, by an ME that may trade."""
        return self.filter(
            state=ServiceOffering.State.PUBLISHED, provider__state__in=MicroEnterprise.TRADING
        )

    def best_first(self) -> Self:
        """By the Wilson lower bound; those without a score last, by name (PRODUCT 4.16)."""
        return self.order_by(F("score__lower_bound").desc(nulls_last=True), "current__name", "pk")


class ServiceOffering(models.Model):
    """What an ME sells; its words and its price are those of the `current` version."""

    class State(models.TextChoices):
        DRAFT = "draft"
        PUBLISHED = "published"
        WITHDRAWN = "withdrawn"

    provider = models.ForeignKey(
        MicroEnterprise, on_delete=models.PROTECT, related_name="offerings"
    )
    category = models.ForeignKey(Category, on_delete=models.PROTECT, related_name="offerings")
    state = models.CharField(max_length=10, choices=State, default=State.DRAFT)
    current = models.ForeignKey(
        "OfferingVersion", null=True, on_delete=models.PROTECT, related_name="+"
    )
    # The headline that search sorts by; written by `actions.record_satisfaction`.
    score = models.OneToOneField(
        "SatisfactionScore", null=True, on_delete=models.SET_NULL, related_name="+"
    )
    published_on = models.DateField(null=True)
    withdrawn_on = models.DateField(null=True)

    objects = ServiceOfferingQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(state="draft") | Q(current__isnull=False, published_on__isnull=False),
                name="published_offering_has_a_version",
            )
        ]
        indexes = [models.Index(fields=["category", "state"], name="offering_by_category")]

    def __str__(self) -> str:
        return self.current.name if self.current else f"Draft offering {self.pk}"

    @property
    def name(self) -> str:
        return str(self)


class OfferingVersion(models.Model):
    """The words, price and success measures of an offering from its publication on.

    A draft (`published_on` empty) may be edited; a published version never changes (trigger), so
    that a price change never reprices the past.
    """

    offering = models.ForeignKey(ServiceOffering, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveSmallIntegerField(default=1)
    name = models.CharField(max_length=120)
    summary = models.CharField(max_length=300)
    description = models.TextField(blank=True, max_length=20_000, help_text="Markdown")
    unit = models.CharField(max_length=40, default="month", help_text="what the price is per")
    plan = models.CharField(max_length=12, choices=PLANS, default=Plan.FIXED.value)
    price = models.DecimalField(max_digits=18, decimal_places=2)
    capacity = models.PositiveIntegerField(
        null=True, blank=True, help_text="contracts at a time (fixed) or units a month (per unit)"
    )
    lead_time_days = models.PositiveSmallIntegerField(default=1)
    credit_cap = models.DecimalField(
        max_digits=5, decimal_places=2, default=service_levels.DEFAULT_CAP,
        help_text="percent of the month that all credits together are at most",
    )  # fmt: skip
    published_on = models.DateField(null=True)
    search = models.GeneratedField(
        expression=SearchVector("name", weight="A", config="english")
        + SearchVector("summary", weight="B", config="english")
        + SearchVector("description", weight="C", config="english"),
        output_field=SearchVectorField(),
        db_persist=True,
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["offering", "number"], name="offering_version_numbered_once"
            ),
            models.UniqueConstraint(
                fields=["offering"],
                condition=Q(published_on=None),
                name="one_draft_version_per_offering",
            ),
            # The upper end keeps out NaN, which PostgreSQL holds to be above every number.
            models.CheckConstraint(
                condition=Q(price__gt=0, price__lte=LARGEST), name="offering_has_a_price"
            ),
            models.CheckConstraint(condition=~Q(name=""), name="offering_has_a_name"),
            models.CheckConstraint(condition=~Q(unit=""), name="offering_has_a_unit"),
            models.CheckConstraint(
                condition=Q(credit_cap__gte=0, credit_cap__lte=100),
                name="offering_caps_credits_at_a_share",
            ),
        ]
        indexes = [
            GinIndex(fields=["search"], name="offering_found_by_words"),
            GinIndex(
                fields=["name"], opclasses=["gin_trgm_ops"], name="offering_found_by_likeness"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name}, version {self.number}"


class OfferedMeasure(models.Model):
    """A success measure that the provider is willing to be judged by."""

    class Direction(models.TextChoices):
        HIGHER = "higher", "higher is better"
        LOWER = "lower", "lower is better"

    class Measurer(models.TextChoices):
        PROVIDER = "provider"
        BUYER = "buyer"

    version = models.ForeignKey(OfferingVersion, on_delete=models.CASCADE, related_name="measures")
    number = models.PositiveSmallIntegerField()
    name = models.CharField(max_length=160)
    unit = models.CharField(max_length=30)
    direction = models.CharField(max_length=6, choices=Direction, default=Direction.HIGHER)
    target = models.DecimalField(max_digits=14, decimal_places=4)
    floor = models.DecimalField(max_digits=14, decimal_places=4)
    method = models.CharField(max_length=200, help_text="how it is measured")
    measurer = models.CharField(max_length=8, choices=Measurer, default=Measurer.PROVIDER)
    weight = models.PositiveSmallIntegerField(default=1)

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["version", "number"], name="measure_numbered_once"),
            models.CheckConstraint(
                condition=Q(direction="higher", target__gte=F("floor"))
                | Q(direction="lower", target__lte=F("floor")),
                name="measure_floor_is_worse_than_target",
            ),
            models.CheckConstraint(condition=Q(weight__gt=0), name="measure_weighs_something"),
        ]

    def __str__(self) -> str:
        return self.name


class OfferedLevel(PromisedLevel):
    """A service level that the provider is willing to promise, with its credits."""

    version = models.ForeignKey(OfferingVersion, on_delete=models.CASCADE, related_name="levels")

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(
                fields=["version", "number"], name="offered_level_numbered_once"
            ),
            models.UniqueConstraint("version", Lower("name"), name="offered_level_named_once"),
            models.CheckConstraint(
                condition=BONUS_HAS_BOTH_FIGURES, name="offered_level_bonus_has_both_figures"
            ),
        ]


class OutsideSupplier(models.Model):
    """A firm outside from which MEs are free to buy."""

    name = models.CharField(max_length=160)

    class Meta:
        ordering = ["name"]
        constraints = [models.UniqueConstraint(Lower("name"), name="supplier_named_once")]

    def __str__(self) -> str:
        return self.name


class OutsideOfferQuerySet(models.QuerySet["OutsideOffer"]):
    def valid(self, *, on: date) -> Self:
        """May be ordered that day; an expired one is shown as a weak benchmark only."""
        return self.filter(Q(valid_until_on=None) | Q(valid_until_on__gte=on), priced_on__lte=on)


class OutsideOffer(models.Model):
    """A comparable offer from outside with price, unit, date, source, validity: the benchmark."""

    supplier = models.ForeignKey(OutsideSupplier, on_delete=models.PROTECT, related_name="offers")
    category = models.ForeignKey(Category, on_delete=models.PROTECT, related_name="outside_offers")
    name = models.CharField(max_length=500)
    description = models.TextField(blank=True, max_length=20_000)
    unit = models.CharField(max_length=40)
    price = models.DecimalField(max_digits=18, decimal_places=2)
    priced_on = models.DateField(help_text="the day from which the price was offered")
    valid_until_on = models.DateField(null=True, blank=True)
    source = models.CharField(max_length=200, help_text="where the price can be read again")
    reference = models.CharField(max_length=120, help_text="unique key of the offer in its source")
    recorded_on = models.DateField()
    recorded_by = models.ForeignKey(
        "accounts.User", null=True, on_delete=models.PROTECT, related_name="+"
    )
    search = models.GeneratedField(
        expression=SearchVector("name", weight="A", config="english")
        + SearchVector("description", weight="C", config="english"),
        output_field=SearchVectorField(),
        db_persist=True,
    )

    objects = OutsideOfferQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["source", "reference"], name="outside_offer_recorded_once"
            ),
            models.CheckConstraint(
                condition=Q(price__gt=0, price__lte=LARGEST), name="outside_offer_has_a_price"
            ),
            models.CheckConstraint(
                condition=Q(valid_until_on=None) | Q(valid_until_on__gte=F("priced_on")),
                name="outside_offer_was_once_valid",
            ),
        ]
        indexes = [
            GinIndex(fields=["search"], name="outside_found_by_words"),
            GinIndex(fields=["name"], opclasses=["gin_trgm_ops"], name="outside_found_by_likeness"),
            models.Index(fields=["category", "unit", "price"], name="outside_by_price"),
        ]

    def __str__(self) -> str:
        return f"{self.name}, {self.supplier}"

    def is_expired(self, *, on: date) -> bool:
        """Can no longer be ordered."""
        return self.valid_until_on is not None and self.valid_until_on < on

    def is_weak(self, *, on: date) -> bool:
        """A benchmark that proves little: expired, or priced more than 12 months ago."""
        return self.is_expired(on=on) or self.priced_on < a_year_before(on)


class SatisfactionScore(models.Model):
    """Satisfaction with an offering, or with all of a provider, over the last revealed months.

    Below five distinct raters the figures are empty: there is no number anywhere (PRODUCT 4.16).
    """

    RATERS_NEEDED = 5

    offering = models.ForeignKey(
        ServiceOffering, null=True, on_delete=models.CASCADE, related_name="scores"
    )
    provider = models.ForeignKey(
        MicroEnterprise, null=True, on_delete=models.CASCADE, related_name="scores"
    )
    from_month = models.DateField()
    to_month = models.DateField(help_text="the last revealed month")
    csat = models.DecimalField(max_digits=6, decimal_places=4, null=True, help_text="0 to 1")
    lower_bound = models.DecimalField(
        max_digits=6, decimal_places=4, null=True, help_text="Wilson, 95 %"
    )
    upper_bound = models.DecimalField(
        max_digits=6, decimal_places=4, null=True, help_text="Wilson, 95 %"
    )
    mean = models.DecimalField(
        max_digits=6, decimal_places=3, null=True, help_text="1 to 5, weighted to the category"
    )
    n = models.PositiveIntegerField(default=0, help_text="counted ratings")
    raters = models.PositiveIntegerField(default=0, help_text="distinct persons")
    invited = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["offering", "to_month"], name="offering_scored_once"),
            models.UniqueConstraint(fields=["provider", "to_month"], name="provider_scored_once"),
            models.CheckConstraint(
                condition=Q(offering__isnull=False, provider=None)
                | Q(offering=None, provider__isnull=False),
                name="score_is_of_an_offering_or_of_a_provider",
            ),
            models.CheckConstraint(
                condition=Q(raters__gte=5)
                | Q(csat=None, lower_bound=None, upper_bound=None, mean=None),
                name="nothing_shown_below_five_raters",
            ),
            models.CheckConstraint(
                condition=Q(csat=None, lower_bound=None, upper_bound=None)
                | Q(
                    lower_bound__gte=0,
                    csat__gte=F("lower_bound"),
                    upper_bound__gte=F("csat"),
                    upper_bound__lte=1,
                ),
                name="score_is_a_share_within_its_range",
            ),
            models.CheckConstraint(
                condition=Q(mean=None) | Q(mean__range=(1, 5)), name="mean_is_from_one_to_five"
            ),
            models.CheckConstraint(condition=Q(raters__lte=F("n")), name="raters_gave_ratings"),
        ]

    def __str__(self) -> str:
        return f"{self.offering or self.provider} to {self.to_month:%Y-%m}"

    @property
    def response_rate(self) -> Decimal | None:
        """Counted ratings per invitation, 0 to 1; None where nobody was invited."""
        return Decimal(self.n) / self.invited if self.invited else None

    @property
    def honest_bounds(self) -> tuple[Decimal, Decimal] | None:
        """The share of all invited, were every silent one unhappy, or happy (PRODUCT 4.16).

        18 of 24 answers, 60 invited: 0.30 to 0.90. None below five raters.
        """
        if self.csat is None or not self.invited:
            return None
        satisfied, silent = self.csat * self.n, max(self.invited - self.n, 0)
        return satisfied / self.invited, (satisfied + silent) / self.invited
