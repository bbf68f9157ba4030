"""What is sold inside, version by version; knows no buyer."""

from typing import Self

from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVector, SearchVectorField
from django.db import models
from django.db.models import F, Func, Q
from django.db.models.functions import Lower
from django.db.models.lookups import Exact

from accounts.models import MicroEnterprise, User
from ledger.money import LARGEST
from marketplace import service_levels
from marketplace.levels import BONUS_HAS_BOTH_FIGURES, PromisedLevel
from marketplace.price_plans import Plan, PricePlan, plan_of


def is_object(field: str) -> Exact:
    """That a JSON column holds named values, and not a list, a figure or null."""
    return Exact(Func(F(field), function="jsonb_typeof", output_field=models.TextField()), "object")


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
    # How much the treasury may add to a unit of a dual price, until when, why and by whose word.
    subsidy_most = models.DecimalField(max_digits=18, decimal_places=2, null=True)
    subsidy_until_on = models.DateField(null=True)
    subsidy_reason = models.CharField(max_length=300, blank=True)
    subsidy_allowed_by = models.ForeignKey(
        User, null=True, on_delete=models.PROTECT, related_name="+"
    )

    objects = ServiceOfferingQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(state="draft") | Q(current__isnull=False, published_on__isnull=False),
                name="published_offering_has_a_version",
            ),
            models.CheckConstraint(
                condition=Q(
                    subsidy_most=None,
                    subsidy_until_on=None,
                    subsidy_reason="",
                    subsidy_allowed_by=None,
                )
                | Q(
                    subsidy_most__isnull=False,
                    subsidy_most__gt=0,
                    subsidy_most__lte=LARGEST,
                    subsidy_until_on__isnull=False,
                    subsidy_allowed_by__isnull=False,
                )
                & ~Q(subsidy_reason=""),
                name="subsidy_says_how_much_until_when_and_why",
            ),
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
    # The headline that lists, sort and search show; `price_plans.sound` says what it is of each.
    price = models.DecimalField(max_digits=18, decimal_places=2)
    parameters = models.JSONField(
        default=dict, blank=True, help_text="what the plan needs to know beside its price"
    )
    usual_quantity = models.DecimalField(
        max_digits=14, decimal_places=3, null=True, blank=True,
        help_text="a month, at which the headline is computed and the outside compared",
    )  # fmt: skip
    capacity = models.PositiveIntegerField(
        null=True, blank=True, help_text="contracts at a time (fixed) or units a month (per unit)"
    )
    lead_time_days = models.PositiveSmallIntegerField(default=1)
    credit_cap = models.DecimalField(
        max_digits=5, decimal_places=2, default=service_levels.DEFAULT_CAP,
        help_text="percent of the month that all credits together are at most",
    )  # fmt: skip
    published_on = models.DateField(null=True)
    # The day from which its price holds; empty for the day of its publication.
    holds_from_on = models.DateField(null=True)
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
            models.CheckConstraint(
                condition=Q(plan__in=[plan.value for plan in Plan]), name="offering_plan_is_known"
            ),
            models.CheckConstraint(
                condition=is_object("parameters"), name="offering_parameters_are_named"
            ),
            models.CheckConstraint(
                condition=Q(usual_quantity=None) | Q(usual_quantity__gt=0),
                name="offering_usual_quantity_is_one",
            ),
            models.CheckConstraint(
                condition=Q(holds_from_on=None)
                | Q(published_on__isnull=False, holds_from_on__gte=F("published_on")),
                name="price_holds_from_its_publication_on",
            ),
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

    @property
    def price_plan(self) -> PricePlan:
        return plan_of(self.plan, price=self.price, unit=self.unit, parameters=self.parameters)


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
