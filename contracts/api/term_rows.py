"""Measures, service levels and sections, as the answers of `contracts/` show them."""

from typing import Any

from rest_framework import serializers

from accounts.rest.resources import Row
from contracts.models import ServiceLevel, SuccessMeasure
from marketplace.api.levels import LEVEL_FIELDS, TierBody


class MeasureRow(Row[SuccessMeasure]):
    class Meta:
        model = SuccessMeasure
        fields = (
            "id", "number", "name", "unit", "direction", "target", "floor", "method", "measurer",
            "weight",
        )  # fmt: skip


class LevelRow(Row[ServiceLevel]):
    tiers = TierBody(many=True, read_only=True)

    class Meta:
        model = ServiceLevel
        fields = ("id", *LEVEL_FIELDS)


class Sections(serializers.Serializer[Any]):
    joint_objective = serializers.CharField()
    commitments = serializers.CharField()
    resources = serializers.CharField()
    risks = serializers.CharField()
    ins_and_outs = serializers.CharField()
