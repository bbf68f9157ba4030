"""The firm that runs the market, its calendar and its dated policies."""

from zoneinfo import ZoneInfo

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import Q


class Organization(models.Model):
    """The firm running the market; there is one row."""

    name = models.CharField(max_length=120)
    currency = models.CharField(max_length=3, help_text="ISO 4217, such as EUR")
    time_zone = models.CharField(max_length=60, default="UTC")
    fiscal_year_start_month = models.PositiveSmallIntegerField(default=1)
    # Only the demo moves its day; clock.py adds this to the wall clock.
    moved_by_days = models.IntegerField(default=0)
    founded_at = models.DateTimeField()
    singleton = models.BooleanField(default=True, editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["singleton"], name="one_organization"),
            models.CheckConstraint(condition=Q(singleton=True), name="organization_is_the_one"),
            models.CheckConstraint(
                condition=Q(currency__regex="^[A-Z]{3}$"), name="currency_is_iso_4217"
            ),
            models.CheckConstraint(
                condition=Q(fiscal_year_start_month__range=(1, 12)),
                name="fiscal_year_starts_in_a_month",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)


class Holiday(models.Model):
    """A day that is no working day in this organisation."""

    day = models.DateField()
    name = models.CharField(max_length=80)

    class Meta:
        ordering = ["day"]
        constraints = [models.UniqueConstraint(fields=["day"], name="holiday_once_a_day")]

    def __str__(self) -> str:
        return f"{self.name}, {self.day}"


class FoundingCode(models.Model):
    """What a stranger must know to found the organisation; only its hash is kept."""

    code_hash = models.CharField(max_length=64)
    made_at = models.DateTimeField()
    wrong_attempts = models.PositiveSmallIntegerField(default=0)
    singleton = models.BooleanField(default=True, editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["singleton"], name="one_founding_code"),
            models.CheckConstraint(condition=Q(singleton=True), name="founding_code_is_the_one"),
        ]

    def __str__(self) -> str:
        return f"Code of {self.made_at:%Y-%m-%d %H:%M}"


class Policy(models.Model):
    """One value of one rule of the market from a day on; rows are added, never changed."""

    key = models.CharField(max_length=60)
    number = models.PositiveIntegerField(help_text="version of this key, from 1")
    value = models.JSONField(encoder=DjangoJSONEncoder)
    valid_from_on = models.DateField()
    reason = models.CharField(max_length=300, blank=True)
    set_by = models.ForeignKey("accounts.User", null=True, on_delete=models.PROTECT)
    set_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["key", "number"], name="policy_numbered_once")
        ]

    def __str__(self) -> str:
        return f"{self.key} version {self.number}"
