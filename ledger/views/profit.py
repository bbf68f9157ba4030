"""Profit and loss of an ME, by the month and by the hour, as a page and as CSV."""

from datetime import date
from typing import Any

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from accounts.http import MemberRequest, today
from accounts.models import MicroEnterprise
from accounts.permissions import (
    is_of_the_firm,
    may_record_figures_of,
    may_see_all_money,
    may_see_money,
    require,
    require_known,
)
from accounts.views.micro_enterprises import trail_to
from ledger import queries
from ledger.models import CostRecord, OutsideSale, ValueVerdict
from ledger.months import month_of, parse, text_of
from ledger.profit import Profit
from ledger.profit_reading import profit_of_year
from ledger.verdicts import SHOWN, judged_mes, last_verdicts, verdicts_of
from ledger.views import downloads

ENTRIES_A_PAGE = 25
MES_A_PAGE = 50
FIRST_YEAR, LAST_YEAR = 2001, 2098
_HEADS = (
    "month", "outside_sales", "inside_sales", "subsidies", "inside_purchases", "net_production",
    "other_costs", "paid_outside", "levy", "value_added", "hours", "per_hour", "labour", "margin",
    "margin_per_hour",
)  # fmt: skip


@require_safe
def profit(request: MemberRequest, pk: int) -> HttpResponse:
    """The months of a fiscal year, one of them line by line, and what is on record for it."""
    me, on = me_with_money(request, pk), today(request)
    year = _year(request.GET.get("year", ""), on=on)
    months = profit_of_year(me, year=year)
    if request.GET.get("format") in ("csv", "xlsx"):
        rows = [
            [text_of(month), *(getattr(found, name) for name in _HEADS[1:])]
            for month, found in months.items()
        ]
        name = f"profit {me.name} {year}"
        return downloads.table(request.GET["format"], name, _HEADS, rows)
    chosen = _month(request.GET.get("month", ""), months, on=on)
    entries = Paginator(_entries(me, chosen), ENTRIES_A_PAGE).get_page(request.GET.get("page"))
    context = {
        "me": me,
        "year": year,
        "trail": trail_to(me, "Profit"),
        "months": [
            (month, found, f"?year={year}&month={text_of(month)}#h-month")
            for month, found in months.items()
            if month <= on
        ],
        "total": sum(months.values(), Profit()),
        "month": chosen,
        "lines": _lines(months[chosen]),
        "found": months[chosen],
        "entries": entries,
        "verdicts": verdicts_of(me),
        "years": [("" if each == _years(on)[0] else str(each), str(each)) for each in _years(on)],
        "may_record": may_record_figures_of(request.user, me, on=on),
    }
    return render(request, "ledger/profit.html", context)


@require_safe
def verdicts(request: MemberRequest) -> HttpResponse:
    """Every ME that was judged, those on probation first, for whoever sees all money."""
    require(may_see_all_money(request.user), "HR admins, the CHRO and auditors see all verdicts.")
    states = [("", "All"), ("probation", "On probation"), ("active", "Active")]
    state = request.GET.get("state", "")
    found = judged_mes(state if state in dict(states) else "")
    page = Paginator(found, MES_A_PAGE).get_page(request.GET.get("page"))
    last = last_verdicts([me.pk for me in page])
    context = {
        "page": page,
        "rows": [
            (me, _telling(last[me.pk]), sum(each.measured.is_below for each in last[me.pk]))
            for me in page
        ],
        "states": states,
        "shown": SHOWN,
    }
    return render(request, "ledger/verdicts.html", context)


def _telling(verdicts: list[ValueVerdict]) -> ValueVerdict:
    """The last one that judged, for a month that nobody can judge says nothing."""
    return next((each for each in verdicts if each.is_judged), verdicts[0])


def me_with_money(request: MemberRequest, pk: int) -> MicroEnterprise:
    """The ME of the address; Forbidden where its money is not the visitor's to see."""
    require_known(is_of_the_firm(request.user))
    me = get_object_or_404(MicroEnterprise, pk=pk)
    require(
        may_see_money(request.user, me, on=today(request)),
        f"Only members of {me}, HR admins, the CHRO and auditors see what it makes.",
    )
    return me


def address_of(me: MicroEnterprise, month: date) -> str:
    """The page of the ME with that month opened."""
    year = queries.fiscal_year_of(month)
    address = reverse("ledger:profit", args=[me.pk])
    return f"{address}?year={year}&month={text_of(month)}"


def _entries(me: MicroEnterprise, month: date) -> list[dict[str, Any]]:
    """What is in force for the month, costs first, then sales outside."""
    costs = CostRecord.objects.in_force().filter(micro_enterprise=me, month=month)
    sales = OutsideSale.objects.in_force().filter(micro_enterprise=me, month=month)
    return [_printed(each) for rows in (costs.order_by("kind"), sales) for each in rows]


def _printed(entry: CostRecord | OutsideSale) -> dict[str, Any]:
    is_cost = isinstance(entry, CostRecord)
    what = f"{entry.get_kind_display()} cost" if isinstance(entry, CostRecord) else "Sale outside"
    name = "ledger:correct_cost" if is_cost else "ledger:correct_sale"
    return {
        "entry": entry,
        "what": what,
        "hours": getattr(entry, "hours", None) or None,
        "url": reverse(name, args=[entry.micro_enterprise_id, entry.pk]),
    }


def _lines(found: Profit) -> list[dict[str, Any]]:
    """The month as one sum, in the order of the formula."""
    lines = [
        {"label": "Sales to customers outside", "money": found.outside_sales},
        {"label": "Sales inside the firm", "money": found.inside_sales},
    ]
    if found.subsidies:
        lines.append({"label": "Subsidies of the treasury", "money": found.subsidies})
    lines += [
        {"label": "Purchases inside the firm", "money": -found.inside_purchases},
        {"label": "Net production", "money": found.net_production, "total": True},
        {"label": "Costs on record, without labour", "money": -found.other_costs},
        {"label": "Paid outside from its wallets", "money": -found.paid_outside},
    ]
    if found.levy:
        lines.append({"label": "Levy", "money": -found.levy})
    return [
        *lines,
        {"label": "Value added", "money": found.value_added, "total": True},
        {"label": "Labour", "money": -found.labour},
        {"label": "Margin", "money": found.margin, "total": True},
    ]


def _year(text: str, *, on: date) -> int:
    is_year = text.isascii() and text.isdigit() and len(text) == len("2026")
    year = int(text) if is_year else 0
    return year if FIRST_YEAR <= year <= LAST_YEAR else queries.fiscal_year_of(on)


def _years(on: date) -> range:
    this = queries.fiscal_year_of(on)
    return range(this, this - 3, -1)


def _month(text: str, months: dict[date, Profit], *, on: date) -> date:
    """The month asked for, else the last one that is over or has something."""
    try:
        asked = parse(text)
    except ValueError:
        asked = None
    if asked in months:
        return asked
    begun = [month for month in months if month <= month_of(on)] or list(months)
    told = [month for month in begun if months[month].entry_count]
    return (told or begun)[-1]
