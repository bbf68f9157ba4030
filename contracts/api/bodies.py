"""What the addresses of `contracts/` are sent: terms, and who acts for whom."""

from datetime import date
from typing import Any

from django.db.models import QuerySet
from rest_framework import serializers

from accounts.models import MicroEnterprise, Person, User
from accounts.rest import ActingMEField, DayField, KeyField, MoneyField, OptionalText, QuantityField
from contracts.terms import (
    LONGEST_NOTICE_DAYS,
    LONGEST_SECTION,
    MOST_RENEWED_MONTHS,
    Adjustment,
    Measure,
)
from marketplace.api.levels import LevelBody, PercentField, levels_from
from marketplace.api.offerings import ParametersField
from marketplace.models import OfferedMeasure, ServiceOffering
from marketplace.service_levels import Level


class MeasureBody(serializers.Serializer[Any]):
    name = serializers.CharField(max_length=160)
    unit = serializers.CharField(max_length=30)
    target = serializers.DecimalField(max_digits=14, decimal_places=4)
    floor = serializers.DecimalField(max_digits=14, decimal_places=4)
    method = serializers.CharField(max_length=200, help_text="how it is measured")
    direction = serializers.ChoiceField(OfferedMeasure.Direction.choices, default="higher")
    measurer = serializers.ChoiceField(OfferedMeasure.Measurer.choices, default="provider")
    weight = serializers.IntegerField(min_value=1, max_value=100, default=1)


class AdjustmentBody(serializers.Serializer[Any]):
    """Plus so many percent of the fee at the target, minus below the floor, of happy answers."""

    percent = PercentField()
    target = PercentField()
    floor = PercentField()


def _people(user: User, on: date) -> QuerySet[Person]:
    return Person.objects.filter(user__is_active=True)


class TermsBody(serializers.Serializer[Any]):
    """Terms; what is left out stays as it is, or as the offering says."""

    price = MoneyField(
        required=False,
        help_text="a month, a unit, an hour or an outcome; derived where the parameters say it",
    )
    parameters = ParametersField(required=False)
    starts_on = DayField(required=False)
    ends_on = DayField(required=False)
    expected_quantity = QuantityField(required=False, allow_null=True, help_text="units a month")
    cap_quantity = QuantityField(required=False, allow_null=True, help_text="units a month")
    notice_days = serializers.IntegerField(
        required=False, min_value=0, max_value=LONGEST_NOTICE_DAYS,
        help_text="then to the end of that month",
    )  # fmt: skip
    renews_months = serializers.IntegerField(
        required=False, min_value=0, max_value=MOST_RENEWED_MONTHS,
        help_text="by which it renews itself; 0 lets it end",
    )  # fmt: skip
    measures = MeasureBody(many=True, required=False)
    levels = LevelBody(many=True, required=False)
    credit_cap = PercentField(required=False, help_text="all credits of a month together")
    adjustment = AdjustmentBody(required=False, allow_null=True)
    mediator = KeyField(
        known_to=_people, required=False, allow_null=True,
        help_text="the person who mediates disputes; null: the CHRO names one",
    )  # fmt: skip
    joint_objective = OptionalText(LONGEST_SECTION)
    commitments = OptionalText(LONGEST_SECTION)
    resources = OptionalText(LONGEST_SECTION)
    risks = OptionalText(LONGEST_SECTION)
    ins_and_outs = OptionalText(LONGEST_SECTION)

    def validate_levels(self, levels: list[dict[str, Any]]) -> tuple[Level, ...]:
        return levels_from(levels)

    def validate_adjustment(self, told: dict[str, Any] | None) -> Adjustment | None:
        return None if told is None else Adjustment(**told)

    def validate_mediator(self, person: Person | None) -> int | None:
        return None if person is None else person.pk

    def validate_measures(self, measures: list[dict[str, Any]]) -> tuple[Measure, ...]:
        return tuple(Measure(**each) for each in measures)


class DraftBody(TermsBody):
    micro_enterprise = ActingMEField()
    offering = KeyField(queryset=ServiceOffering.objects.exclude(state="draft"))
    buyer = KeyField(
        queryset=MicroEnterprise.objects.all(), required=False,
        help_text="where the provider drafts for a customer",
    )  # fmt: skip
    starts_on = DayField()
    ends_on = DayField()


class PartyBody(serializers.Serializer[Any]):
    micro_enterprise = ActingMEField(source="party")


class OfferBody(PartyBody):
    hash = serializers.CharField(
        source="seen_hash", max_length=64, required=False, help_text="of the terms that were read"
    )
    note = OptionalText(1000)


class AcceptBody(PartyBody):
    hash = serializers.CharField(
        source="seen_hash", max_length=64, help_text="of the terms that were read"
    )


class CounterBody(AcceptBody, TermsBody):
    note = OptionalText(1000)


class ReviseBody(AcceptBody, TermsBody):
    pass


class ReasonBody(PartyBody):
    reason = OptionalText(500)


class EndBody(ReasonBody):
    last_day_on = DayField()
