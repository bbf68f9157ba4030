"""`cost-records/` and `outside-sales/`: what an ME costs and sells outside; no money moves."""

from datetime import date
from decimal import Decimal
from typing import Any, ClassVar

import django_filters
from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import MicroEnterprise, User
from accounts.rest import KeyField, MoneyField, MonthField
from accounts.rest.answers import retried
from accounts.rest.lists import FilterSet, KeyFilter, MonthFilter
from accounts.rest.resources import Resource, Row
from ledger import own_figures
from ledger.models import CostRecord, OutsideSale
from ledger.own_figures import LONGEST_REFERENCE, LONGEST_SOURCE, Cost, Sale

_ENTRY = ("id", "micro_enterprise", "month", "amount", "source", "reference", "entered_on")
_CORRECTED = ("replaces", "replaced_on")


class HoursField(serializers.DecimalField):
    """Hours of work with two places, 0 or more."""

    def __init__(self, **options: Any) -> None:
        super().__init__(max_digits=12, decimal_places=2, min_value=Decimal(0), **options)


class CostRecordRow(Row[CostRecord]):
    """One entry; `replaced_on` says since when a correction stands in its place."""

    month = MonthField(read_only=True)

    class Meta:
        model = CostRecord
        fields = (*_ENTRY, "kind", "hours", *_CORRECTED)


class OutsideSaleRow(Row[OutsideSale]):
    """As a cost record, of what customers outside the firm paid or owe."""

    month = MonthField(read_only=True)

    class Meta:
        model = OutsideSale
        fields = (*_ENTRY, *_CORRECTED)


class OutsideSaleBody(serializers.Serializer[Any]):
    micro_enterprise = KeyField(queryset=MicroEnterprise.objects.all())
    month = MonthField(help_text="not one that has not begun")
    amount = MoneyField(positive=False, min_value=Decimal(0))
    source = serializers.CharField(  # type: ignore[assignment]  # the entry's own word
        max_length=LONGEST_SOURCE, help_text="where the figure is from"
    )
    reference = serializers.CharField(
        max_length=LONGEST_REFERENCE, help_text="its key in the source, which stands once a month"
    )


class CostRecordBody(OutsideSaleBody):
    kind = serializers.ChoiceField(CostRecord.Kind.choices)
    hours = HoursField(required=False, help_text="of labour")


class CorrectedSaleBody(serializers.Serializer[Any]):
    amount = MoneyField(positive=False, min_value=Decimal(0), help_text="0.00 takes the entry back")
    source = serializers.CharField(  # type: ignore[assignment]  # the entry's own word
        max_length=LONGEST_SOURCE, help_text="of the new figure"
    )


class CorrectedCostBody(CorrectedSaleBody):
    hours = HoursField(required=False, help_text="of labour")


class SaleFilters(FilterSet):
    micro_enterprise = KeyFilter()
    month = MonthFilter()
    reference = django_filters.CharFilter()


class CostFilters(SaleFilters):
    kind = django_filters.ChoiceFilter(choices=CostRecord.Kind.choices)


class CostRecords(mixins.ListModelMixin, mixins.RetrieveModelMixin, Resource[CostRecord]):
    """Costs of the own MEs, and of all of them for whoever sees all money; replaced ones too."""

    scopes: ClassVar[Any] = {"GET": "money:read", "POST": "money:write"}
    queryset = CostRecord.objects.all()
    serializer_class = CostRecordRow
    filterset_class = CostFilters

    def rows(self, user: User, on: date) -> QuerySet[CostRecord]:
        return own_figures.costs_visible_to(user, on=on)

    @extend_schema(request=CostRecordBody, responses={201: CostRecordRow})
    @retried
    def create(self, request: Request) -> Response:
        """Record a cost of a month, once by its reference; other figures are a correction."""
        made = own_figures.record_cost(Cost(**self.asked(CostRecordBody)), by=self.user, on=self.on)
        return self.shown(made, 201)

    @extend_schema(request=CorrectedCostBody, responses={201: CostRecordRow})
    @action(detail=True, methods=["post"])
    @retried
    def correct(self, request: Request, pk: str) -> Response:
        """Put an entry with other figures in the place of this one, which stays to be read."""
        given = self.asked(CorrectedCostBody)
        made = own_figures.correct(self.get_object(), **given, by=self.user, on=self.on)
        return self.shown(made, 201)


class OutsideSales(mixins.ListModelMixin, mixins.RetrieveModelMixin, Resource[OutsideSale]):
    """Sales outside of the own MEs, and of all of them for whoever sees all money."""

    scopes: ClassVar[Any] = {"GET": "money:read", "POST": "money:write"}
    queryset = OutsideSale.objects.all()
    serializer_class = OutsideSaleRow
    filterset_class = SaleFilters

    def rows(self, user: User, on: date) -> QuerySet[OutsideSale]:
        return own_figures.sales_visible_to(user, on=on)

    @extend_schema(request=OutsideSaleBody, responses={201: OutsideSaleRow})
    @retried
    def create(self, request: Request) -> Response:
        """Record what customers outside paid for a month, once by its reference."""
        made = own_figures.record_sale(
            Sale(**self.asked(OutsideSaleBody)), by=self.user, on=self.on
        )
        return self.shown(made, 201)

    @extend_schema(request=CorrectedSaleBody, responses={201: OutsideSaleRow})
    @action(detail=True, methods=["post"])
    @retried
    def correct(self, request: Request, pk: str) -> Response:
        """Put an entry with another amount in the place of this one, which stays to be read."""
        given = self.asked(CorrectedSaleBody)
        made = own_figures.correct(self.get_object(), **given, by=self.user, on=self.on)
        return self.shown(made, 201)
