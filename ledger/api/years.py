"""`year-ends/` and `forecasts/`: what a year leaves, and what is left of the running one."""

from collections.abc import Mapping, Sequence
from datetime import date
from types import MappingProxyType
from typing import Any

import django_filters
from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema_field
from rest_framework import mixins, serializers

from accounts.models import User
from accounts.policy import CARRY_OVER
from accounts.rest import MoneyField, MonthField
from accounts.rest.lists import FilterSet, KeyFilter
from accounts.rest.resources import Resource
from ledger import forecasts, year_figures
from ledger.forecasts import Forecast, MonthAhead
from ledger.models import Wallet
from ledger.queries import fiscal_year_of, wallets_visible_to


def _money(source: str | None = None, help_text: str = "") -> MoneyField:
    return MoneyField(read_only=True, source=source, help_text=help_text or None)


class RushRow(serializers.Serializer[year_figures.Rush]):
    """Spending of the year's last month against the monthly mean, over all funds of the ME."""

    last_month = _money("last")
    monthly_mean = _money("mean")
    ratio = serializers.DecimalField(
        max_digits=12, decimal_places=2, read_only=True, allow_null=True
    )


class YearEndRow(serializers.Serializer[year_figures.Row]):
    """`free = earned + carried + shared + lapsed`; as expected today, or as it was closed."""

    micro_enterprise = serializers.CharField(source="micro_enterprise.pk", read_only=True)
    fund = serializers.ChoiceField(Wallet.Fund.choices, read_only=True)
    fiscal_year = serializers.IntegerField(read_only=True)
    rule = serializers.ChoiceField(list(CARRY_OVER), read_only=True)
    allocation = _money()
    free = _money()
    earned = _money(help_text="carries in full")
    carried = _money(help_text="by the rule, beside what was earned")
    shared = _money(help_text="to the common incentive fund")
    lapsed = _money(help_text="to the treasury")
    reserved = _money(help_text="moves along with its promises")
    closed_on = serializers.DateField(read_only=True, allow_null=True)
    lapses_on = serializers.DateField(read_only=True, allow_null=True)
    rush = serializers.SerializerMethodField(
        help_text="null before the year's last month has begun, and where nothing was spent"
    )

    @extend_schema_field(RushRow(allow_null=True))
    def get_rush(self, row: year_figures.Row) -> dict[str, str] | None:
        found = self.context["rush"].get(row.micro_enterprise.pk)
        return None if found is None else dict(RushRow(found).data)


class YearEndFilters(FilterSet):
    micro_enterprise = KeyFilter(field_name="owner")
    fund = django_filters.ChoiceFilter(choices=Wallet.Fund.choices)
    fiscal_year = django_filters.NumberFilter(
        min_value=2001, max_value=2097, decimal_places=0, label="the running one unless told"
    )


class YearEnds(mixins.ListModelMixin, Resource[Wallet]):
    """What the end of a fiscal year does to each wallet, or has done."""

    scopes = {"GET": "money:read"}
    queryset = Wallet.objects.all()
    serializer_class = YearEndRow  # type: ignore[assignment]  # it prints a wallet's year
    filterset_class = YearEndFilters
    _rush: Mapping[int | None, year_figures.Rush] = MappingProxyType({})

    @property
    def year(self) -> int:
        asked = self.request.query_params.get("fiscal_year", "")
        return int(asked) if asked.isdecimal() else fiscal_year_of(self.on)

    def rows(self, user: User, on: date) -> QuerySet[Wallet]:
        return wallets_visible_to(user, on=on).filter(fiscal_year=self.year)

    def loaded(self, rows: QuerySet[Wallet]) -> QuerySet[Wallet]:
        return rows.select_related("owner", "closing")

    def paginate_queryset(  # type: ignore[override]  # a wallet is shown as its year's end
        self, queryset: QuerySet[Wallet]
    ) -> Sequence[year_figures.Row] | None:
        page = super().paginate_queryset(queryset)
        if page is None:
            return None
        owners = {wallet.owner_id for wallet in page if wallet.owner_id}
        self._rush = year_figures.rush_of(self.year, on=self.on, mes=owners)
        return year_figures.rows_of(page, year=self.year, on=self.on)

    def get_serializer_context(self) -> dict[str, Any]:
        return {**super().get_serializer_context(), "rush": self._rush}


class MonthRow(serializers.Serializer[MonthAhead]):
    month = MonthField(read_only=True)
    spent = _money()
    committed = _money(help_text="promised for this month")
    planned = _money(help_text="signed, but not reserved")
    grants = _money(help_text="still to be released")
    sales = _money(help_text="planned sales; not counted on")
    left = MoneyField(read_only=True, allow_null=True, help_text="available at its end")


class ForecastRow(serializers.Serializer[Forecast]):
    """One wallet to the end of its year, from what is signed today."""

    micro_enterprise = serializers.CharField(source="money.micro_enterprise.pk", read_only=True)
    fund = serializers.ChoiceField(Wallet.Fund.choices, source="money.fund", read_only=True)
    fiscal_year = serializers.IntegerField(source="money.fiscal_year", read_only=True)
    available = _money("money.available")
    at_years_end = _money()
    months = MonthRow(many=True, read_only=True)


class ForecastFilters(FilterSet):
    micro_enterprise = KeyFilter(field_name="owner", required=True)
    fund = django_filters.ChoiceFilter(choices=Wallet.Fund.choices)


class Forecasts(mixins.ListModelMixin, Resource[Wallet]):
    """The running year of an ME month by month, one row for each fund that has a wallet."""

    scopes = {"GET": "money:read"}
    queryset = Wallet.objects.all()
    serializer_class = ForecastRow  # type: ignore[assignment]  # it prints a wallet's forecast
    filterset_class = ForecastFilters

    def rows(self, user: User, on: date) -> QuerySet[Wallet]:
        return wallets_visible_to(user, on=on).filter(fiscal_year=fiscal_year_of(on))

    def loaded(self, rows: QuerySet[Wallet]) -> QuerySet[Wallet]:
        return rows.select_related("owner")

    def paginate_queryset(  # type: ignore[override]  # a wallet is shown as its forecast
        self, queryset: QuerySet[Wallet]
    ) -> Sequence[Forecast] | None:
        page = super().paginate_queryset(queryset)
        return None if page is None else [
            forecasts.forecast_of(wallet.owner, on=self.on, fund=wallet.fund)
            for wallet in page
            if wallet.owner
        ]  # fmt: skip
