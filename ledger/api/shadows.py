"""`shadow-statements/`: a notional month beside what the department cost before."""

from collections.abc import Sequence
from datetime import date

from django.db.models import QuerySet
from rest_framework import mixins, serializers

from accounts.models import MicroEnterprise, User
from accounts.rest import KeyField, MoneyField, MonthField
from accounts.rest.fields import month_of as month_named
from accounts.rest.lists import FilterSet, KeyFilter, MonthFilter
from accounts.rest.resources import Resource
from ledger import shadows
from ledger.basis import BASES
from ledger.months import month_of
from ledger.queries import mes_with_money_visible_to
from ledger.shadows import Shadow, ShadowLine


class ShadowLineRow(serializers.Serializer[ShadowLine]):
    """One department's former cost; `difference = share - paid`."""

    department = KeyField(read_only=True)
    role = serializers.ChoiceField(["department", "customer"], read_only=True)
    former_cost = MoneyField(read_only=True, help_text="of the department, a twelfth of the year")
    share = MoneyField(read_only=True, help_text="this ME's part of it")
    percent = serializers.DecimalField(max_digits=6, decimal_places=1, read_only=True)
    paid = MoneyField(read_only=True, help_text="to the department's ME, or by its customers")
    difference = MoneyField(read_only=True, help_text="above zero: the month cost less")


class ShadowTotals(serializers.Serializer[dict[str, object]]):
    share = MoneyField(read_only=True)
    paid = MoneyField(read_only=True)
    difference = MoneyField(read_only=True)


class ShadowRow(serializers.Serializer[Shadow]):
    """A charged month has no lines: there is nothing to set beside it."""

    micro_enterprise = KeyField(read_only=True)
    month = MonthField(read_only=True)
    basis = serializers.ChoiceField(BASES, read_only=True)
    lines = ShadowLineRow(many=True, read_only=True)
    totals = ShadowTotals(read_only=True)


class ShadowFilters(FilterSet):
    micro_enterprise = KeyFilter(field_name="pk", required=True)
    month = MonthFilter(method="kept", label="this month unless told")

    def kept(
        self, rows: QuerySet[MicroEnterprise], name: str, value: date
    ) -> QuerySet[MicroEnterprise]:
        return rows


class ShadowStatements(mixins.ListModelMixin, Resource[MicroEnterprise]):
    """The shadow statement of an ME for a month."""

    scopes = {"GET": "money:read"}
    queryset = MicroEnterprise.objects.all()
    serializer_class = ShadowRow  # type: ignore[assignment]  # it prints an ME's month
    filterset_class = ShadowFilters

    def rows(self, user: User, on: date) -> QuerySet[MicroEnterprise]:
        return mes_with_money_visible_to(user, on=on)

    def paginate_queryset(  # type: ignore[override]  # an ME is shown as its month
        self, queryset: QuerySet[MicroEnterprise]
    ) -> Sequence[Shadow] | None:
        page = super().paginate_queryset(queryset)
        month = month_named(self.request.query_params.get("month", "")) or month_of(self.on)
        return None if page is None else [shadows.shadow_of(me, month=month) for me in page]
