"""The rest of the year from what is signed, as a page and as CSV."""

import csv

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.text import slugify
from django.views.decorators.http import require_safe

from accounts.http import MemberRequest, today
from accounts.models import MicroEnterprise
from ledger import basis, causes, forecasts
from ledger.forecasts import Forecast, SignedPlan
from ledger.models import Wallet
from ledger.months import month_of, text_of
from ledger.views.money import chosen, me_to_show
from ledger.views.statement import plain

FUNDS = (Wallet.Fund.OPERATING, Wallet.Fund.LEARNING)
AMOUNTS = ("spent", "committed", "planned", "grants", "sales")


@require_safe
def forecast(request: MemberRequest) -> HttpResponse:
    on, me = today(request), me_to_show(request)
    if me is None:
        return redirect("ledger:money")
    fund = request.GET.get("fund", "")
    fund = fund if fund in FUNDS else Wallet.Fund.OPERATING.value
    found = forecasts.forecast_of(me, on=on, fund=fund)
    if request.GET.get("format") == "csv":
        return _csv(found, me, basis.of_me(me, month=month_of(on)))
    who = chosen(request, me)
    context = {
        "me": me,
        "forecast": found,
        "totals": found.totals,
        "basis": basis.of_me(me, month=month_of(on)),
        "funds": [
            ("" if each == Wallet.Fund.OPERATING else each.value, each.label) for each in FUNDS
        ],
        "ending": _with_addresses(found.ending),
        "unfunded": _with_addresses(found.unfunded),
        "trail": [("Money", f"{reverse('ledger:money')}?{who}"), ("Forecast", "")],
    }
    return render(request, "ledger/forecast.html", context)


def _with_addresses(plans: list[SignedPlan]) -> list[tuple[SignedPlan, str]]:
    return [(plan, causes.address_of(plan.cause)) for plan in plans]


def _csv(found: Forecast, me: MicroEnterprise, word: str) -> HttpResponse:
    answer = HttpResponse(content_type="text/csv; charset=utf-8")
    name = f"forecast-{slugify(me.name)}-{found.money.fiscal_year}-{found.money.fund}.csv"
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    write = csv.writer(answer).writerow
    write(["micro_enterprise", "fund", "basis", "month", *AMOUNTS, "left"])
    for row in found.months:
        write(
            [plain(me.name), found.money.fund, word, text_of(row.month),
             *(getattr(row, name) for name in AMOUNTS), "" if row.left is None else row.left]
        )  # fmt: skip
    return answer
