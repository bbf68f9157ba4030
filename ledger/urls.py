"""Money, statements, budgets and checks (mounted at the root)."""

from datetime import date

from django.urls import path, register_converter

from ledger import months
from ledger.views import (
    budgets,
    checks,
    drafts,
    forecast,
    journal,
    keeping,
    money,
    own_figures,
    profit,
    requests,
    rules,
    shadow,
    statement,
    switches,
    year_end,
    years,
)

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
    path("money/forecast/", forecast.forecast, name="forecast"),
    path("money/mes/", money.all_money, name="all_money"),
    path("money/promises/", money.promises, name="promises"),
    path("money/requests/", requests.requests, name="requests"),
    path("money/requests/<int:rule_pk>/", requests.ask, name="ask"),
    path("money/requests/<int:rule_pk>/withdraw/", requests.withdraw, name="withdraw_request"),
    path("money/requests/<int:rule_pk>/board/", requests.board, name="board"),
    path("money/checks/", checks.money_checks, name="checks"),
    path("money/year-end/<ledger_year:year>/", year_end.year_end, name="year_end"),
    path("money/<ledger_month:month>/journal/", journal.journal, name="journal"),
    path("money/<ledger_month:month>/shadow/", shadow.shadow, name="shadow"),
    path("money/figures/import/", own_figures.import_file, name="import_figures"),
    path("money/verdicts/", profit.verdicts, name="verdicts"),
    path("mes/<int:pk>/profit/", profit.profit, name="profit"),
    *(
        path(f"mes/<int:pk>/profit/{kind}/{rest}", view, {"kind": kind}, name=f"{verb}_{noun}")
        for kind, noun in (("costs", "cost"), ("sales", "sale"))
        for rest, view, verb in (
            ("new/", own_figures.record, "record"),
            ("<int:entry_pk>/", own_figures.correct, "correct"),
        )
    ),
    path("money/<ledger_month:month>/", statement.statement, name="statement"),
    path("hr/charged/", switches.switches, name="switches"),
    path("hr/charged/<int:pk>/", switches.switch, name="switch"),
    path("hr/charged/<int:pk>/cancel/", switches.cancel_switch, name="cancel_switch"),
    path("hr/budgets/", budgets.budget_list, name="budgets"),
    path("hr/budgets/grant/", drafts.grant, name="grant"),
    path("hr/budgets/department/", drafts.department, name="department"),
    path("hr/budgets/import/", drafts.import_file, name="import_grants"),
    path("hr/budgets/moves/", keeping.moves, name="moves"),
    path("hr/budgets/moves/new/", keeping.new_move, name="new_move"),
    path("hr/budgets/moves/<int:pk>/", keeping.move, name="move"),
    path("hr/budgets/moves/<int:pk>/confirm/", keeping.confirm_move, name="confirm_move"),
    path("hr/budgets/moves/<int:pk>/decline/", keeping.decline_move, name="decline_move"),
    path("hr/budgets/freezes/", keeping.freezes, name="freezes"),
    path("hr/budgets/freezes/<int:pk>/lift/", keeping.lift, name="lift"),
    path("hr/budgets/reasons/", keeping.reason_list, name="reasons"),
    path("hr/budgets/reasons/<int:pk>/end/", keeping.end_reason, name="end_reason"),
    path("hr/budgets/years/new/", years.start, name="start_year"),
    path("hr/budgets/years/<int:pk>/", years.year_budget, name="year_budget"),
    path("hr/budgets/years/<int:pk>/publish/", years.publish, name="publish_year"),
    path("hr/budgets/years/<int:pk>/revise/", years.revise, name="revise_year"),
    path("hr/budgets/years/<int:pk>/discard/", years.discard, name="discard_year"),
    path("hr/budgets/years/<int:pk>/mes/<int:me_pk>/", years.me_budget, name="me_budget"),
    path("hr/budgets/years/<int:pk>/rules/<slug:kind>/new/", rules.add, name="add_rule"),
    path("hr/budgets/years/<int:pk>/rules/<int:rule_pk>/", rules.change, name="change_rule"),
    path(
        "hr/budgets/years/<int:pk>/rules/<int:rule_pk>/leave-out/",
        rules.leave_out,
        name="leave_out_rule",
    ),
    path(
        "hr/budgets/years/<int:pk>/rules/<int:rule_pk>/requests/",
        requests.rule_requests,
        name="rule_requests",
    ),
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
