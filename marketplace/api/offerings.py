"""`categories/` and `offerings/`: what MEs sell, from the draft to the withdrawal."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import django_filters
from django.db.models import Prefetch, QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import mixins, serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.errors import Unknown
from accounts.models import User
from accounts.rest import ActingMEField, DayField, KeyField, MoneyField, OptionalText, QuantityField
from accounts.rest.answers import retried
from accounts.rest.lists import FilterSet, KeyFilter
from accounts.rest.resources import Nothing, Resource, Row
from marketplace import actions
from marketplace.actions import MeasureTerms, OfferingTerms, categories
from marketplace.api.levels import LEVEL_FIELDS, LevelBody, PercentField, TierBody, levels_from
from marketplace.estimates import quote
from marketplace.models import (
    PLANS,
    Category,
    OfferedLevel,
    OfferedMeasure,
    OfferingVersion,
    ServiceOffering,
)
from marketplace.queries import offerings_visible_to, places_where_drafts_are_seen, version_on
from marketplace.service_levels import Level

SCOPES = {"GET": "market:read", "POST": "market:write", "PATCH": "market:write"}


class CategoryRow(Row[Category]):
    class Meta:
        model = Category
        fields = ("id", "name", "slug", "description")


class CategoryBody(serializers.Serializer[Any]):
    name = serializers.CharField(max_length=80)
    description = OptionalText(300)


class OfferedMeasureRow(Row[OfferedMeasure]):
    class Meta:
        model = OfferedMeasure
        fields = (
            "number", "name", "unit", "direction", "target", "floor", "method", "measurer", "weight"
        )  # fmt: skip


@extend_schema_field({"type": "object", "additionalProperties": True})
class ParametersField(serializers.JSONField):
    """What a price plan needs to know beside its price; amounts and shares are strings.

    `graduated` and `volume`: `bands`; `two_part`: `fee`, `unit_price`; `cost_plus`:
    `standard_cost`, `margin`; `market_minus`: `benchmark`, `saving`, `source`, `priced_on`,
    `outside_offer`; `time_capped`: `cap`; `outcome`: `gate`; `gain_share`: `share`, `baseline`;
    `dual_price`: `full_cost`. The others have none.
    """

    def __init__(self, **options: Any) -> None:
        options.setdefault("help_text", " ".join((self.__doc__ or "").split()))
        super().__init__(**options)


class OfferedLevelRow(Row[OfferedLevel]):
    tiers = TierBody(many=True, read_only=True)

    class Meta:
        model = OfferedLevel
        fields = LEVEL_FIELDS


class VersionRow(Row[OfferingVersion]):
    measures = OfferedMeasureRow(many=True, read_only=True)
    parameters = ParametersField(read_only=True)
    usual_quantity = QuantityField(read_only=True, allow_null=True)
    levels = OfferedLevelRow(many=True, read_only=True)

    class Meta:
        model = OfferingVersion
        fields = (
            "number", "name", "summary", "description", "unit", "plan", "price", "parameters",
            "usual_quantity", "capacity", "lead_time_days", "published_on", "holds_from_on",
            "measures", "levels", "credit_cap",
        )  # fmt: skip


class OfferingRow(Row[ServiceOffering]):
    """An offering: what is on sale is `current`; `draft` is seen by its provider's members."""

    name = serializers.SerializerMethodField()
    current = VersionRow(read_only=True, allow_null=True)
    draft = serializers.SerializerMethodField()

    class Meta:
        model = ServiceOffering
        fields = (
            "id", "name", "provider", "category", "state", "published_on", "withdrawn_on",
            "current", "draft", "subsidy_most", "subsidy_until_on", "subsidy_reason",
        )  # fmt: skip

    def get_name(self, offering: ServiceOffering) -> str:
        shown = offering.current or next(iter(offering.drafts), None)  # type: ignore[attr-defined]
        return shown.name if shown else ""

    @extend_schema_field(VersionRow(allow_null=True))
    def get_draft(self, offering: ServiceOffering) -> Any:
        seen_in = self.context["view"].draft_places
        if seen_in is not None and offering.provider_id not in seen_in:
            return None
        drafts: list[OfferingVersion] = offering.drafts  # type: ignore[attr-defined]  # prefetched
        return VersionRow(drafts[0]).data if drafts else None


class OfferedMeasureBody(serializers.Serializer[Any]):
    name = serializers.CharField(max_length=160)
    unit = serializers.CharField(max_length=30)
    target = serializers.DecimalField(max_digits=14, decimal_places=4)
    floor = serializers.DecimalField(max_digits=14, decimal_places=4)
    method = serializers.CharField(max_length=200, help_text="how it is measured")
    direction = serializers.ChoiceField(OfferedMeasure.Direction.choices, default="higher")
    measurer = serializers.ChoiceField(OfferedMeasure.Measurer.choices, default="provider")
    weight = serializers.IntegerField(min_value=1, max_value=100, default=1)


class OfferingBody(serializers.Serializer[Any]):
    category = KeyField(queryset=Category.objects.all())
    name = serializers.CharField(max_length=120)
    summary = serializers.CharField(max_length=300)
    price = MoneyField(
        required=False, allow_null=True,
        help_text="a month, a unit, an hour or an outcome; derived where the parameters say it",
    )  # fmt: skip
    plan = serializers.ChoiceField(PLANS, required=False)
    parameters = ParametersField(required=False)
    usual_quantity = QuantityField(
        required=False, allow_null=True, help_text="a month, at which the headline is computed"
    )
    unit = OptionalText(40, help_text="what the price is per, where it is not the month")
    description = OptionalText(20_000, help_text="Markdown")
    capacity = serializers.IntegerField(
        min_value=1, max_value=1_000_000_000, required=False, allow_null=True
    )
    lead_time_days = serializers.IntegerField(min_value=0, max_value=1000, required=False)
    measures = OfferedMeasureBody(many=True, required=False)
    levels = LevelBody(many=True, required=False)
    credit_cap = PercentField(required=False, help_text="all credits of a month together")

    def validate_levels(self, levels: list[dict[str, Any]]) -> tuple[Level, ...]:
        return levels_from(levels)

    def validate_measures(self, measures: list[dict[str, Any]]) -> tuple[MeasureTerms, ...]:
        return tuple(MeasureTerms(**each) for each in measures)


class DraftOfferingBody(OfferingBody):
    micro_enterprise = ActingMEField()


class SubsidyBody(serializers.Serializer[Any]):
    most = MoneyField(help_text="per unit")
    until_on = DayField()
    reason = serializers.CharField(max_length=300)


class PublishBody(serializers.Serializer[Any]):
    holds_from_on = DayField(
        required=False, help_text="a later day, from which its price holds; today unless told"
    )


class PriceAsked(serializers.Serializer[Any]):
    quantity = QuantityField(
        required=False, help_text="units, hours, outcomes or gain; what is usual unless told"
    )


class PricePartRow(serializers.Serializer[Any]):
    words = serializers.CharField()
    amount = MoneyField(positive=False)


class PriceRow(serializers.Serializer[Any]):
    """A full month at a quantity: its parts add up to `month`."""

    plan = serializers.ChoiceField(PLANS)
    tariff = serializers.CharField()
    unit = serializers.CharField()
    quantity = QuantityField(allow_null=True)
    parts = PricePartRow(many=True)
    month = MoneyField(positive=False)
    effective_price = MoneyField(help_text="of one of so many, the fee included")
    warnings = serializers.ListField(child=serializers.CharField())


class OfferingFilters(FilterSet):
    provider = KeyFilter()
    category = KeyFilter()
    state = django_filters.ChoiceFilter(choices=ServiceOffering.State.choices)
    plan = django_filters.ChoiceFilter(choices=PLANS, field_name="current__plan")
    unit = django_filters.CharFilter(field_name="current__unit", lookup_expr="iexact")


class Categories(mixins.ListModelMixin, mixins.RetrieveModelMixin, Resource[Category]):
    """Kinds of services in which prices and shares are compared; an HR admin names them."""

    scopes = {"GET": "market:read"}
    queryset = Category.objects.all()
    serializer_class = CategoryRow

    def rows(self, user: User, on: date) -> QuerySet[Category]:
        return Category.objects.all()

    @extend_schema(request=CategoryBody, responses={201: CategoryRow})
    @retried
    def create(self, request: Request) -> Response:
        """Add a kind of service."""
        given = {"description": ""} | self.asked(CategoryBody)
        return self.shown(categories.create_category(**given, by=self.user, on=self.on), 201)

    @extend_schema(request=CategoryBody, responses=CategoryRow)
    @retried
    def partial_update(self, request: Request, pk: str) -> Response:
        """Change the words of a category."""
        category = self.get_object()
        words = self.changed(category, CategoryBody)
        return self.shown(categories.rename_category(category, **words, by=self.user, on=self.on))


class Offerings(mixins.ListModelMixin, mixins.RetrieveModelMixin, Resource[ServiceOffering]):
    """What MEs sell; a published version never changes, a new one takes its place."""

    scopes = SCOPES
    queryset = ServiceOffering.objects.all()
    serializer_class = OfferingRow
    filterset_class = OfferingFilters

    @property
    def draft_places(self) -> frozenset[int] | None:
        if not hasattr(self, "_draft_places"):
            self._draft_places = places_where_drafts_are_seen(self.user, on=self.on)
        return self._draft_places

    def rows(self, user: User, on: date) -> QuerySet[ServiceOffering]:
        return offerings_visible_to(user, on=on)

    def loaded(self, rows: QuerySet[ServiceOffering]) -> QuerySet[ServiceOffering]:
        drafts = OfferingVersion.objects.filter(published_on=None).prefetch_related(
            "measures", "levels"
        )
        return rows.select_related("current", "category", "provider").prefetch_related(
            "current__measures",
            "current__levels",
            Prefetch("versions", queryset=drafts, to_attr="drafts"),
        )  # fmt: skip

    @extend_schema(request=DraftOfferingBody, responses={201: OfferingRow})
    @retried
    def create(self, request: Request) -> Response:
        """Draft an offering, which only its provider's members see until it is published."""
        given = self.asked(DraftOfferingBody)
        provider, category = given.pop("micro_enterprise"), given.pop("category")
        drafted = actions.draft_offering(
            provider, category=category, terms=OfferingTerms(**given), by=self.user, on=self.on
        )
        return self.shown(drafted, 201)

    @extend_schema(request=OfferingBody, responses=OfferingRow)
    @retried
    def partial_update(self, request: Request, pk: str) -> Response:
        """Rewrite the draft; what is left out stays as it is. 409 `no_draft` without one."""
        offering, given = self.get_object(), self.asked(OfferingBody, partial=True)
        category = given.pop("category", offering.category)
        shown = next(iter(offering.drafts), offering.current)  # type: ignore[attr-defined]
        if shown is None:
            raise AssertionError(f"{offering} has no version.")
        terms = replace(actions.terms_of(shown), **given)
        actions.change_draft(offering, terms=terms, category=category, by=self.user, on=self.on)
        return self.shown(offering)

    @extend_schema(parameters=[PriceAsked], responses=PriceRow)
    @action(detail=True, filterset_class=None, pagination_class=None)
    def price(self, request: Request, pk: str) -> Response:
        """What a full month would cost at a quantity, with the calculation in words."""
        asked = PriceAsked(data=request.query_params)
        asked.is_valid(raise_exception=True)
        offering = self.get_object()
        version = version_on(offering, on=self.on)
        if version is None:
            raise Unknown
        quantity = asked.validated_data.get("quantity") or version.usual_quantity or Decimal(1)
        return Response(PriceRow(quote(version.price_plan, quantity)).data)

    @extend_schema(request=PublishBody, responses=OfferingRow)
    @action(detail=True, methods=["post"])
    @retried
    def publish(self, request: Request, pk: str) -> Response:
        """Put the draft on sale, or announce it; contracts signed before keep their terms."""
        offering, given = self.get_object(), self.asked(PublishBody)
        return self.shown(actions.publish(offering, **given, by=self.user, on=self.on))

    @extend_schema(request=SubsidyBody, responses=OfferingRow)
    @action(detail=True, methods=["post"], scopes={})
    @retried
    def subsidy(self, request: Request, pk: str) -> Response:
        """Let the treasury add to a dual price, as an HR admin; up to an amount, until a day."""
        offering, given = self.get_object(), self.asked(SubsidyBody)
        return self.shown(actions.allow_subsidy(offering, **given, by=self.user, on=self.on))

    @extend_schema(request=Nothing, responses=OfferingRow)
    @action(detail=True, methods=["post"])
    @retried
    def withdraw(self, request: Request, pk: str) -> Response:
        """Take it off the market; running contracts go on to their end."""
        return self.shown(actions.withdraw(self.get_object(), by=self.user, on=self.on))

    @extend_schema(request=Nothing, responses=OfferingRow)
    @action(detail=True, methods=["post"], url_path="new-version")
    @retried
    def new_version(self, request: Request, pk: str) -> Response:
        """Start a draft from what is on sale."""
        offering = self.get_object()
        actions.start_new_version(offering, by=self.user, on=self.on)
        return self.shown(offering)
