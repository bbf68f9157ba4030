"""The end of a fiscal year: what it will do to each wallet, or has done."""

import csv
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.http import MemberRequest, today
from accounts.permissions import may_see_all_money
from ledger import switch_figures, year_figures
from ledger.models import Wallet
from ledger.views.money import chosen, me_to_show
from ledger.views.statement import plain
from ledger.year_figures import AMOUNTS, Row, Rush

ROWS_A_PAGE = 50
FUNDS = [("", "All funds"), *Wallet.Fund.choices]


@require_safe
def year_end(request: MemberRequest, year: int) -> HttpResponse:
    """Every ME for HR admins, the CHRO and auditors; the own one for its members. Also as CSV."""
    on = today(request)
    sees_all = may_see_all_money(request.user) and not request.GET.get("me")
    me = None if sees_all else me_to_show(request)
    if me is None and not sees_all:
        return render(request, "ledger/no_money.html")
    wallets = year_figures.wallets_of_year(year, mes=None if me is None else [me.pk])
    wanted = {"q": request.GET.get("q", "").strip()[:120], "fund": request.GET.get("fund", "")}
    if wanted["q"]:
        wallets = wallets.filter(owner__name__icontains=wanted["q"])
    if wanted["fund"] in Wallet.Fund.values:
        wallets = wallets.filter(fund=wanted["fund"])
    rows = year_figures.rows_of(wallets, year=year, on=on)
    rush = year_figures.rush_of(year, on=on, mes=None if me is None else [me.pk])
    if request.GET.get("format") == "csv":
        return _csv(rows, rush, year)
    page = Paginator(rows, ROWS_A_PAGE).get_page(request.GET.get("page"))
    basis = switch_figures.basis_in_year([row.micro_enterprise.pk for row in page], year=year)
    context = {
        "year": year,
        "me": me,
        "who": chosen(request, me) if me else "",
        "page": page,
        "rows": [
            (row, rush.get(row.micro_enterprise.pk), basis[row.micro_enterprise.pk]) for row in page
        ],
        "totals": year_figures.totals_of(rows),
        "rush": rush.get(None),
        "holder": year_figures.common_fund_owner(),
        "is_closed": bool(rows) and all(row.closed_on for row in rows),
        "funds": FUNDS,
        "trail": [("Money", "/money/"), (f"End of {year}", "")],
        **wanted,
        **_times(year, on=on),
    }
    return render(request, "ledger/year_end.html", context)


def _times(year: int, *, on: date) -> dict[str, Any]:
    rules = year_figures.rules_of(year)
    return {
        "last_month": year_figures.last_month_of(year),
        "is_over": on >= year_figures.first_month_after(year),
        "lapses_on": rules.lapses_on,
        "years": [
            number
            for number in (year - 1, year + 1)
            if Wallet.objects.filter(system="", fiscal_year=number).exists()
        ],
    }  # fmt: skip


def _csv(rows: Iterable[Row], rush: Mapping[int | None, Rush], year: int) -> HttpResponse:
    answer = HttpResponse(content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="year-end-{year}.csv"'
    write = csv.writer(answer).writerow
    write(["micro_enterprise", "fund", "fiscal_year", "rule", *AMOUNTS, "closed_on", "lapses_on",
           "spent_in_last_month", "spent_a_month", "rush_ratio"])  # fmt: skip
    for row in rows:
        found = rush.get(row.micro_enterprise.pk)
        write(
            [plain(row.micro_enterprise.name), row.fund, row.fiscal_year, row.rule,
             *(getattr(row, name) for name in AMOUNTS), row.closed_on or "", row.lapses_on or "",
             *((found.last, found.mean, found.ratio) if found else ("", "", ""))]
        )  # fmt: skip
    return answer
