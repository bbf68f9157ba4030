"""Service levels as requests carry and answers show them, in offerings and in contracts."""

from decimal import Decimal
from typing import Any

from rest_framework import serializers

from marketplace.levels import MEASURERS
from marketplace.service_levels import (
    DEFAULT_TIERS,
    LONGEST_NAME,
    LONGEST_PROMISE,
    LONGEST_UNIT,
    Level,
    Tier,
    tier_documents,
)

LEVEL_FIELDS = (
    "number", "name", "promise", "unit", "measurer", "excludes_maintenance",
    "excludes_buyer_caused", "tiers", "earns_back", "bonus_above", "bonus",
)  # fmt: skip


class PercentField(serializers.DecimalField):
    """A percentage from 0 to 100 with two places, as a string: `"95.00"`."""

    def __init__(self, **options: Any) -> None:
        super().__init__(
            max_digits=5, decimal_places=2, min_value=Decimal(0), max_value=Decimal(100), **options
        )


class TierBody(serializers.Serializer[Any]):
    at_least = PercentField(help_text="of what was promised")
    credit = PercentField(help_text="of the month's fee, or of its usage charge")


class LevelBody(serializers.Serializer[Any]):
    """Tiers fall from the share that costs nothing to 0; a bonus needs both of its figures."""

    name = serializers.CharField(max_length=LONGEST_NAME)
    promise = serializers.CharField(max_length=LONGEST_PROMISE)
    unit = serializers.CharField(max_length=LONGEST_UNIT, help_text="what is counted")
    measurer = serializers.ChoiceField(MEASURERS, default="provider")
    excludes_maintenance = serializers.BooleanField(default=True)
    excludes_buyer_caused = serializers.BooleanField(default=True)
    tiers = TierBody(many=True, default=lambda: tier_documents(DEFAULT_TIERS))
    earns_back = serializers.BooleanField(default=True)
    bonus_above = PercentField(required=False, allow_null=True, default=None)
    bonus = PercentField(required=False, allow_null=True, default=None)


def levels_from(told: list[dict[str, Any]]) -> tuple[Level, ...]:
    """What validated bodies say."""
    return tuple(
        Level(
            **each
            | {
                "tiers": tuple(
                    Tier(Decimal(tier["at_least"]), Decimal(tier["credit"]))
                    for tier in each["tiers"]
                )
            }
        )
        for each in told
    )
