"""The columns of a service level, shared by what is offered and what is signed."""

from typing import Any

from django.db import models
from django.db.models import Q

from marketplace import service_levels

MEASURERS = [(service_levels.PROVIDER, "Provider"), (service_levels.BUYER, "Buyer")]
BONUS_HAS_BOTH_FIGURES = Q(bonus=None, bonus_above=None) | Q(
    bonus__isnull=False, bonus__gt=0, bonus_above__isnull=False
)


class PromisedLevel(models.Model):
    """A share of a service that is promised, and what a miss costs, in percent (PRODUCT 4.11).

    `tiers` are `[{"at_least", "credit"}]`, falling from the share that costs nothing.
    """

    number = models.PositiveSmallIntegerField()
    name = models.CharField(max_length=service_levels.LONGEST_NAME)
    promise = models.CharField(max_length=service_levels.LONGEST_PROMISE)
    unit = models.CharField(max_length=service_levels.LONGEST_UNIT, help_text="what is counted")
    measurer = models.CharField(max_length=8, choices=MEASURERS)
    excludes_maintenance = models.BooleanField()
    excludes_buyer_caused = models.BooleanField()
    tiers = models.JSONField()
    earns_back = models.BooleanField()
    bonus_above = models.DecimalField(max_digits=5, decimal_places=2, null=True)
    bonus = models.DecimalField(max_digits=5, decimal_places=2, null=True)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.name

    @property
    def level(self) -> service_levels.Level:
        """The row as data, which rules and pages read."""
        words = {name: getattr(self, name) for name in service_levels.Level.__dataclass_fields__}
        return service_levels.Level(**words | {"tiers": service_levels.tiers_of(self.tiers)})


def columns_of(level: service_levels.Level) -> dict[str, Any]:
    """The level as the columns of a row."""
    words = {name: getattr(level, name) for name in level.__dataclass_fields__}
    return words | {"tiers": service_levels.tier_documents(level.tiers)}
