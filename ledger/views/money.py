"""What an ME has: its wallets, its promises, its movements."""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from accounts.errors import Unknown
from accounts.http import MemberRequest, acting_me_or_none, today
from accounts.models import MicroEnterprise
from accounts.permissions import may_check_money, may_see_all_money, may_see_money, require
from ledger import (
    basis,
    budget_year,
    causes,
    commitments,
    freezing,
    queries,
    statements,
    switch_figures,
    year_figures,
)
from ledger.forms import MovementFilter
from ledger.models import Cause, Reservation, Transfer, Wallet
from ledger.months import month_of, previous, text_of

MOVEMENTS_A_PAGE = 25
PROMISES_SHOWN = 10
PROMISE_NAMES: dict[str, str] = {
    Reservation.Kind.PRE_COMMITTED: "Pre-committed",
    Reservation.Kind.COMMITTED: "Committed",
    Reservation.Kind.DISPUTE_WINDOW: "Earned, not yet free",
}


def me_to_show(request: MemberRequest) -> MicroEnterprise | None:
    """The ME of `?me=`, which HR admins, the CHRO and auditors may choose; else the acting one."""
    wanted = request.GET.get("me", "")
    if not wanted:
        return acting_me_or_none(request)
    is_key = wanted.isascii() and wanted.isdigit() and len(wanted) < 19
    me = MicroEnterprise.objects.filter(pk=int(wanted)).first() if is_key else None
    if me is None:
        raise Unknown("There is no such micro-enterprise.")
    require(
        may_see_money(request.user, me, on=today(request)),
        f"Only members of {me}, HR admins, the CHRO and auditors see its money.",
    )
    return me


@require_safe
def money(request: MemberRequest) -> HttpResponse:
    """The wallets of the ME as bars, what is promised by month, and its movements."""
    on, me = today(request), me_to_show(request)
    if me is None:
        if may_see_all_money(request.user):
            return redirect("ledger:all_money")
        return render(request, "ledger/no_money.html")
    found, form = _movements(request, me, on=on)
    page = Paginator(found, MOVEMENTS_A_PAGE).get_page(request.GET.get("page"))
    context = {
        "me": me,
        "month": month_of(on),
        "may_see_all": may_see_all_money(request.user),
        "page": page,
        "movements": _printed(page),
        "form": form,
        "is_filtered": any(form.data.get(name) for name in form.fields),
        "who": chosen(request, me),
        **_bars(me, on=on),
        "basis": basis.of_me(me, month=month_of(on)),
        "year_end": year_figures.expected_of(me, on=on),
        "budgets": budget_year.in_force_for(me, year=queries.fiscal_year_of(on)),
        "freezes": freezing.words_for([me.pk]),
        **_promised(me, on=on),
    }
    return render(request, "ledger/money.html", context)


@require_safe
def promises(request: MemberRequest) -> HttpResponse:
    """Everything that is reserved in the ME's wallets, by what it is for."""
    on, me = today(request), me_to_show(request)
    if me is None:
        return redirect("ledger:money")
    page = Paginator(queries.promises_of(me, on=on), 50).get_page(request.GET.get("page"))
    context = {
        "me": me,
        "page": page,
        "promises": _promise_rows(page),
        "trail": [("Money", f"{reverse('ledger:money')}?{chosen(request, me)}"), ("Promised", "")],
        "who": chosen(request, me),
    }
    return render(request, "ledger/promises.html", context)


@require_safe
def all_money(request: MemberRequest) -> HttpResponse:
    """Every ME with what it may spend, for those who may look at any of them."""
    require(may_see_all_money(request.user), "HR admins, the CHRO and auditors see all money.")
    wanted = request.GET.get("q", "").strip()[:120]
    mes = MicroEnterprise.objects.order_by("name", "pk")
    if wanted:
        mes = mes.filter(name__icontains=wanted)
    page = Paginator(mes, 50).get_page(request.GET.get("page"))
    on = today(request)
    keys = [me.pk for me in page]
    available = queries.available_by_me(keys, on=on)
    words = switch_figures.basis_in_year(keys, year=queries.fiscal_year_of(on))
    context = {
        "page": page,
        "rows": [(me, available[me.pk], words[me.pk]) for me in page],
        "q": wanted,
        "checks_url": reverse("ledger:checks") if may_check_money(request.user) else "",
        "year": queries.fiscal_year_of(on),
        "month": previous(on),
    }
    return render(request, "ledger/all_money.html", context)


def _bars(me: MicroEnterprise, *, on: date) -> dict[str, Any]:
    year = queries.fiscal_year_of(on)
    bars = queries.monies_of(me, on=on)
    now = [each for each in bars if each.fiscal_year == year]
    return {
        "year": year,
        "bars": now or [queries.Money(me, Wallet.Fund.OPERATING.value, year)],
        "other_years": [each for each in bars if each.fiscal_year != year],
    }


def _promised(me: MicroEnterprise, *, on: date) -> dict[str, Any]:
    promises = queries.promises_of(me, on=on)
    future = commitments.future_commitments(me, on=on)
    return {
        "by_month": _by_month(me, on=on),
        "promises": _promise_rows(promises[:PROMISES_SHOWN]),
        "promise_count": promises.count(),
        "future": [(each, causes.address_of(each.cause)) for each in future],
    }


class Movement(NamedTuple):
    """One transfer, ready to print."""

    on: date
    name: str
    note: str
    party: str
    fund: str
    amount: Decimal
    cause: str
    url: str
    basis: str


def _movements(
    request: MemberRequest, me: MicroEnterprise, *, on: date
) -> tuple[Any, MovementFilter]:
    form = MovementFilter(request.GET)
    form.fields["month"].choices = [  # type: ignore[attr-defined]
        ("", "All months"),
        *((text_of(month), f"{month:%B %Y}") for month in _last_months(on, count=24)),
    ]
    form.is_valid()
    chosen = form.cleaned_data
    found = queries.transfers_of(me, fund=chosen.get("fund", ""))
    if chosen.get("kind"):
        found = found.filter(kind=chosen["kind"])
    if chosen.get("month"):
        found = found.filter(month=f"{chosen['month']}-01")
    return found, form


def _last_months(on: date, *, count: int) -> list[date]:
    months = [month_of(on)]
    while len(months) < count:
        months.append(previous(months[-1]))
    return months


def _printed(rows: Iterable[Transfer]) -> list[Movement]:
    """As printed, with the words of their causes in one query for each kind of cause."""
    found = list(rows)
    words = causes.words_for(row.cause for row in found)
    return [_movement(row, words[row.cause]) for row in found]


def _movement(row: Transfer, cause: str) -> Movement:
    comes_in = row.signed > 0  # type: ignore[attr-defined]
    own, other = (row.payee, row.payer) if comes_in else (row.payer, row.payee)
    return Movement(
        row.posted_on,
        statements.name_of(row.kind, comes_in=comes_in),
        "" if row.note == cause else row.note,
        statements.party_of(other),
        f"{own.fund} {own.fiscal_year}",
        row.signed,  # type: ignore[attr-defined]
        cause,
        causes.address_of(row.cause),
        basis.word(row.is_charged),
    )


def _promise_rows(rows: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    found = [(row, Cause(row["cause_route"], row["cause_id"])) for row in rows]
    words = causes.words_for(cause for _, cause in found)
    return [_promise(row, cause, words[cause]) for row, cause in found]


def _promise(row: dict[str, Any], cause: Cause, words: str) -> dict[str, Any]:
    return {
        **row,
        "fund": row["wallet__fund"],
        "kind_label": PROMISE_NAMES[row["kind"]],
        "cause": words,
        "url": causes.address_of(cause),
        "is_one_month": row["first_month"] == row["last_month"],
    }


def _by_month(me: MicroEnterprise, *, on: date) -> list[dict[str, Any]]:
    """The sums of `promised_by_month` as bars, one for each month."""
    sums: dict[date, Decimal] = {}
    for month, _, amount in queries.promised_by_month(me, on=on):
        sums[month] = sums.get(month, Decimal(0)) + amount
    return [
        {"label": f"{month:%B %Y}", "value": amount, "shown": f"{amount:,.2f}"}
        for month, amount in sums.items()
    ]


def chosen(request: MemberRequest, me: MicroEnterprise) -> str:
    """What every link of the page must keep: the ME, where it is not the acting one."""
    return f"me={me.pk}" if request.GET.get("me") else ""
