"""`profits/` and `value-verdicts/`: what an ME makes, and what its months were worth (4.15)."""

from collections.abc import Sequence
from datetime import date
from typing import Any, cast

import django_filters
from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema_field
from rest_framework import mixins, serializers

from accounts.models import MicroEnterprise, User
from accounts.rest import KeyField, MoneyField, MonthField
from accounts.rest.lists import FilterSet, KeyFilter, MonthFilter
from accounts.rest.resources import Resource, Row
from ledger import profit_reading, verdicts
from ledger.basis import BASES
from ledger.models import ValueVerdict
from ledger.profit import Profit
from ledger.profit_reading import MonthMade, YearMade
from ledger.queries import fiscal_year_of, mes_with_money_visible_to


def _money(help_text: str = "") -> MoneyField:
    return MoneyField(read_only=True, help_text=help_text or None)


def _by_hour(help_text: str) -> MoneyField:
    return MoneyField(read_only=True, allow_null=True, help_text=f"{help_text}; null: no hours")


class ProfitRow(serializers.Serializer[Profit]):
    """`net_production = outside_sales + inside_sales + subsidies - inside_purchases`.

    `value_added = net_production - other_costs - paid_outside - levy`, and
    `margin = value_added - labour`.
    """

    outside_sales = _money()
    inside_sales = _money()
    subsidies = _money()
    inside_purchases = _money()
    net_production = _money()
    other_costs = _money("on record, without labour")
    paid_outside = _money("from its wallets")
    levy = _money()
    value_added = _money()
    labour = _money()
    margin = _money()
    hours = serializers.DecimalField(max_digits=12, decimal_places=2, read_only=True)
    per_hour = _by_hour("value added by the hour")
    labour_per_hour = _by_hour("labour by the hour")
    margin_per_hour = _by_hour("margin by the hour")
    is_on_record = serializers.BooleanField(
        read_only=True, help_text="a month without any cost and sale outside is not judged"
    )


class ProfitMonthRow(serializers.Serializer[MonthMade]):
    """One month, and whether the ME's money was notional or charged in it."""

    month = MonthField(read_only=True)
    basis = serializers.ChoiceField(BASES, read_only=True)
    profit = ProfitRow(read_only=True)


class ProfitYearRow(serializers.Serializer[YearMade]):
    """An ME's fiscal year, month by month as far as it has begun, and all of them together."""

    micro_enterprise = KeyField(read_only=True)
    fiscal_year = serializers.IntegerField(read_only=True)
    months = ProfitMonthRow(many=True, read_only=True)
    total = ProfitRow(read_only=True)


class ProfitFilters(FilterSet):
    micro_enterprise = KeyFilter(field_name="pk")
    fiscal_year = django_filters.NumberFilter(
        min_value=2001, max_value=2097, decimal_places=0, method="kept",
        label="the running one unless told",
    )  # fmt: skip

    def kept(
        self, rows: QuerySet[MicroEnterprise], name: str, value: Any
    ) -> QuerySet[MicroEnterprise]:
        return rows


class Profits(mixins.ListModelMixin, Resource[MicroEnterprise]):
    """Profit and loss of the own MEs, and of all of them for whoever sees all money."""

    scopes = {"GET": "money:read"}
    queryset = MicroEnterprise.objects.all()
    serializer_class = ProfitYearRow  # type: ignore[assignment]  # it prints an ME's year
    filterset_class = ProfitFilters

    def rows(self, user: User, on: date) -> QuerySet[MicroEnterprise]:
        return mes_with_money_visible_to(user, on=on)

    def paginate_queryset(  # type: ignore[override]  # an ME is shown as its year
        self, queryset: QuerySet[MicroEnterprise]
    ) -> Sequence[YearMade] | None:
        page = super().paginate_queryset(queryset)
        asked = self.request.query_params.get("fiscal_year", "")
        year = int(asked) if asked.isdecimal() else fiscal_year_of(self.on)
        mes = cast("Sequence[MicroEnterprise]", page)
        return None if page is None else profit_reading.years_of(mes, year=year, on=self.on)


class VerdictRow(Row[ValueVerdict]):
    """What a month was judged by, and the state that it led to; null where it led to none."""

    month = MonthField(read_only=True)
    verdict = serializers.ChoiceField(
        ["above", "below", "not_judged"], source="measured.word", read_only=True
    )
    why = serializers.CharField(source="measured.why", read_only=True)
    margin = MoneyField(source="measured.margin", read_only=True)
    led_to = serializers.SerializerMethodField()

    class Meta:
        model = ValueVerdict
        fields = (
            "id", "micro_enterprise", "month", "verdict", "why", "value_added", "labour", "margin",
            "has_paying_customer", "has_met_outcome", "led_to", "judged_on", "policy_version",
        )  # fmt: skip

    @extend_schema_field({"type": ["string", "null"], "enum": ["active", "probation", None]})
    def get_led_to(self, verdict: ValueVerdict) -> str | None:
        return verdict.led_to or None


class VerdictFilters(FilterSet):
    micro_enterprise = KeyFilter()
    month = MonthFilter()
    led_to = django_filters.ChoiceFilter(choices=[("active", "active"), ("probation", "probation")])


class ValueVerdicts(mixins.ListModelMixin, mixins.RetrieveModelMixin, Resource[ValueVerdict]):
    """The kept verdicts on the own MEs' months, and on all of them for whoever sees all money."""

    scopes = {"GET": "money:read"}
    queryset = ValueVerdict.objects.all()
    serializer_class = VerdictRow
    filterset_class = VerdictFilters

    def rows(self, user: User, on: date) -> QuerySet[ValueVerdict]:
        return verdicts.visible_verdicts(user, on=on)
