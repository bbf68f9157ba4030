"""Money, statements, budgets and checks (mounted at the root)."""

from datetime import date

from django.urls import path, register_converter

from ledger import months
from ledger.views import budgets, checks, drafts, money, statement, year_end

# So that what lies next to a month, and all of its fiscal year, has an address too.
FIRST, LAST = date(2001, 1, 1), date(2098, 12, 1)


class MonthConverter:
    """`2026-10` in an address."""

    regex = "20[0-9]{2}-(?:0[1-9]|1[0-2])"

    def to_python(self, value: str) -> date:
        month = months.parse(value)
        if not FIRST <= month <= LAST:
            raise ValueError
        return month

    def to_url(self, value: date | str) -> str:
        return value if isinstance(value, str) else months.text_of(value)


class YearConverter:
    """A fiscal year in an address."""

    regex = "20[0-9]{2}"

    def to_python(self, value: str) -> int:
        if not FIRST.year < int(value) < LAST.year:
            raise ValueError
        return int(value)

    def to_url(self, value: int) -> str:
        return str(value)


register_converter(MonthConverter, "ledger_month")
register_converter(YearConverter, "ledger_year")
app_name = "ledger"
urlpatterns = [
    path("money/", money.money, name="money"),
    path("money/mes/", money.all_money, name="all_money"),
    path("money/promises/", money.promises, name="promises"),
    path("money/checks/", checks.money_checks, name="checks"),
    path("money/year-end/<ledger_year:year>/", year_end.year_end, name="year_end"),
    path("money/<ledger_month:month>/", statement.statement, name="statement"),
    path("hr/budgets/", budgets.budget_list, name="budgets"),
    path("hr/budgets/grant/", drafts.grant, name="grant"),
    path("hr/budgets/department/", drafts.department, name="department"),
    path("hr/budgets/import/", drafts.import_file, name="import_grants"),
    path("hr/budgets/<int:pk>/", budgets.budget, name="budget"),
    path("hr/budgets/<int:pk>/grant/", drafts.grant, name="change_grant"),
    path("hr/budgets/<int:pk>/department/", drafts.department, name="change_department"),
    path("hr/budgets/<int:pk>/publish/", budgets.publish, name="publish"),
    path("hr/budgets/<int:pk>/discard/", budgets.discard, name="discard"),
    path(
        "hr/budgets/<int:pk>/allocations/<int:allocation_pk>/take-back/",
        budgets.take_back,
        name="take_back",
    ),
]
