"""What is offered outside: the benchmark of what is sold inside."""

from calendar import monthrange
from datetime import date
from typing import Self

from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVector, SearchVectorField
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower

from ledger.money import LARGEST
from marketplace.models.offerings import Category


def months_before(day: date, months: int) -> date:
    """The same day so many months before; the last day of that month where it has none such."""
    count = day.year * 12 + day.month - 1 - months
    year, month = divmod(count, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def a_year_before(day: date) -> date:
    """The same day of the year before; 28 February for a leap day."""
    return months_before(day, 12)


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
