"""`journal/`: real money by double entry, for the finance system."""

from datetime import date

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema_field
from rest_framework import mixins, serializers

from accounts.models import User
from accounts.rest import MoneyField, MonthField
from accounts.rest.lists import DayFilter, FilterSet, MonthFilter
from accounts.rest.resources import Resource, Row
from ledger import causes, journal
from ledger.journal import Account
from ledger.models import Transfer, Wallet


class AccountRow(serializers.Serializer[Account]):
    """`ME-12` of an ME; `TREASURY`, `OUTSIDE` and `HELD` of the system."""

    code = serializers.CharField(read_only=True)
    name = serializers.CharField(read_only=True)
    legal_entity = serializers.CharField(read_only=True, allow_blank=True)


class JournalRow(Row[Transfer]):
    """One entry: `amount` is the debit of one account and the credit of the other."""

    month = MonthField(read_only=True)
    amount = MoneyField(read_only=True)
    debit = serializers.SerializerMethodField(help_text="whoever receives")
    credit = serializers.SerializerMethodField(help_text="whoever pays")
    cause = serializers.SerializerMethodField(help_text="in words")

    class Meta:
        model = Transfer
        fields = (
            "id", "month", "posted_on", "reference", "kind", "debit", "credit", "amount", "cause",
            "note",
        )  # fmt: skip

    @extend_schema_field(AccountRow)
    def get_debit(self, row: Transfer) -> dict[str, str]:
        return _told(row.payee)

    @extend_schema_field(AccountRow)
    def get_credit(self, row: Transfer) -> dict[str, str]:
        return _told(row.payer)

    def get_cause(self, row: Transfer) -> str:
        return causes.words_of(row.cause)


class JournalFilters(FilterSet):
    month = MonthFilter()
    posted_on = DayFilter()


class Journal(mixins.ListModelMixin, Resource[Transfer]):
    """Charged movements and every payment outside, newest first; notional money is not in it."""

    scopes = {"GET": "money:read"}
    queryset = Transfer.objects.all()
    serializer_class = JournalRow
    filterset_class = JournalFilters

    def rows(self, user: User, on: date) -> QuerySet[Transfer]:
        journal.require_may_read(user)
        return journal.entries()

    def loaded(self, rows: QuerySet[Transfer]) -> QuerySet[Transfer]:
        return rows.select_related("payer__owner", "payee__owner")


def _told(wallet: Wallet) -> dict[str, str]:
    return journal.account_of(wallet)._asdict()
