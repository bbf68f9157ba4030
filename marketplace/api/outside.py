"""`outside-offers/`: what the outside market asks for the same."""

from datetime import date
from typing import Any

import django_filters
from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import User
from accounts.rest import DayField, KeyField, MoneyField, OptionalText
from accounts.rest.answers import retried
from accounts.rest.lists import DayFilter, FilterSet, KeyFilter
from accounts.rest.resources import Resource, Row
from marketplace import actions
from marketplace.models import Category, OutsideOffer, OutsideOfferQuerySet
from marketplace.queries import outside_offers_visible_to


class OutsideOfferRow(Row[OutsideOffer]):
    supplier = serializers.CharField(source="supplier.name", read_only=True)

    class Meta:
        model = OutsideOffer
        fields = (
            "id", "supplier", "category", "name", "description", "unit", "price", "priced_on",
            "valid_until_on", "source", "reference", "recorded_on",
        )  # fmt: skip


class OutsideOfferBody(serializers.Serializer[Any]):
    supplier = serializers.CharField(max_length=160)
    category = KeyField(queryset=Category.objects.all())
    name = serializers.CharField(max_length=500)
    unit = serializers.CharField(max_length=40)
    price = MoneyField()
    priced_on = DayField(help_text="the day from which the price was offered")
    valid_until_on = DayField(required=False, allow_null=True)
    description = OptionalText(20_000)
    source = OptionalText(200, help_text="where the price can be read again")  # type: ignore[assignment]


class OutsideOfferFilters(FilterSet):
    category = KeyFilter()
    supplier = django_filters.CharFilter(field_name="supplier__name", lookup_expr="iexact")
    unit = django_filters.CharFilter(lookup_expr="iexact")
    source = django_filters.CharFilter()
    reference = django_filters.CharFilter()
    valid_on = DayFilter(method="by_day", label="may be ordered on that day")

    def by_day(self, rows: OutsideOfferQuerySet, name: str, value: date) -> OutsideOfferQuerySet:
        return rows.valid(on=value)


class OutsideOffers(mixins.ListModelMixin, mixins.RetrieveModelMixin, Resource[OutsideOffer]):
    """Offers from outside with price, unit, day and source: the benchmark of every offering."""

    scopes = {"GET": "market:read", "POST": "market:write"}
    queryset = OutsideOffer.objects.all()
    serializer_class = OutsideOfferRow
    filterset_class = OutsideOfferFilters

    def rows(self, user: User, on: date) -> QuerySet[OutsideOffer]:
        return outside_offers_visible_to(user)

    def loaded(self, rows: QuerySet[OutsideOffer]) -> QuerySet[OutsideOffer]:
        return rows.select_related("supplier", "category").defer("search")

    @extend_schema(request=OutsideOfferBody, responses={200: OutsideOfferRow, 201: OutsideOfferRow})
    @retried
    def create(self, request: Request) -> Response:
        """Record an offer; the same supplier, name, unit and source again is its newer price."""
        offer, is_new = actions.record_outside_offer(
            **self.asked(OutsideOfferBody), by=self.user, on=self.on
        )
        return self.shown(offer, 201 if is_new else 200)
