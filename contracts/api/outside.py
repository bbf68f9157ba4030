"""`outside-purchases/`: orders outside, from the ME's own wallet."""

from datetime import date
from typing import Any

import django_filters
from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import User
from accounts.rest import ActingMEField, KeyField, MoneyField, OptionalText, QuantityField
from accounts.rest.answers import once, retried
from accounts.rest.lists import FilterSet, KeyFilter
from accounts.rest.resources import Nothing, Resource, Row
from contracts.actions import outside
from contracts.models import OutsidePurchase
from contracts.queries.outside import visible_to
from marketplace.models import OutsideOffer


class OutsidePurchaseRow(Row[OutsidePurchase]):
    micro_enterprise = KeyField(source="buyer", read_only=True)
    supplier = serializers.CharField(source="offer.supplier.name", read_only=True)
    name = serializers.CharField(source="offer.name", read_only=True)
    unit = serializers.CharField(source="offer.unit", read_only=True)

    class Meta:
        model = OutsidePurchase
        fields = (
            "id", "micro_enterprise", "offer", "supplier", "name", "unit", "quantity", "price",
            "amount", "received_amount", "reason", "state", "requested_on", "ordered_on",
            "received_on", "cancelled_on",
        )  # fmt: skip


class OutsidePurchaseBody(serializers.Serializer[Any]):
    micro_enterprise = ActingMEField(source="buyer")
    offer = KeyField(queryset=OutsideOffer.objects.all())
    quantity = QuantityField(help_text="in the units of the offer")
    reason = OptionalText(500, help_text="shown to the inside providers of the category")


class ReceiveBody(serializers.Serializer[Any]):
    amount = MoneyField(help_text="what really came, at most what was ordered")


class OutsidePurchaseFilters(FilterSet):
    micro_enterprise = KeyFilter(field_name="buyer")
    offer = KeyFilter()
    category = KeyFilter(field_name="offer__category")
    state = django_filters.ChoiceFilter(choices=OutsidePurchase.State.choices)


class OutsidePurchases(mixins.ListModelMixin, mixins.RetrieveModelMixin, Resource[OutsidePurchase]):
    """Orders outside: requested, ordered, received or cancelled; no approval but the ME's own."""

    scopes = {"GET": "money:read"}
    queryset = OutsidePurchase.objects.all()
    serializer_class = OutsidePurchaseRow
    filterset_class = OutsidePurchaseFilters

    def rows(self, user: User, on: date) -> QuerySet[OutsidePurchase]:
        return visible_to(user, on=on)

    def loaded(self, rows: QuerySet[OutsidePurchase]) -> QuerySet[OutsidePurchase]:
        return rows.select_related("buyer", "offer__supplier")

    @extend_schema(request=OutsidePurchaseBody, responses={201: OutsidePurchaseRow})
    @once
    def create(self, request: Request) -> Response:
        """Ask for units of an outside offer; the amount is pre-committed until it is ordered."""
        given = self.asked(OutsidePurchaseBody)
        offer = given.pop("offer")
        return self.shown(outside.request(offer, **given, by=self.user, on=self.on), 201)

    @extend_schema(request=Nothing, responses=OutsidePurchaseRow)
    @action(detail=True, methods=["post"])
    @retried
    def order(self, request: Request, pk: str) -> Response:
        """Order what was requested: pre-committed becomes committed."""
        return self.shown(outside.order(self.get_object(), by=self.user, on=self.on))

    @extend_schema(request=ReceiveBody, responses=OutsidePurchaseRow)
    @action(detail=True, methods=["post"])
    @once
    def receive(self, request: Request, pk: str) -> Response:
        """Pay what really came; the rest is released."""
        purchase, given = self.get_object(), self.asked(ReceiveBody)
        return self.shown(outside.receive(purchase, **given, by=self.user, on=self.on))

    @extend_schema(request=Nothing, responses=OutsidePurchaseRow)
    @action(detail=True, methods=["post"])
    @retried
    def cancel(self, request: Request, pk: str) -> Response:
        """Give an order up before anything came; all of it is released."""
        return self.shown(outside.cancel(self.get_object(), by=self.user, on=self.on))
