"""Notional or charged: which ME's money is real, and the switch that makes it so."""

from datetime import date
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.errors import Refused, Unknown
from accounts.http import MemberRequest, explain_in, status_for, today
from accounts.models import MicroEnterprise
from accounts.permissions import may_see_budgets, may_see_money, may_set_budgets, require
from ledger import queries, switch_figures, switching
from ledger.forms import SwitchForm
from ledger.models import ChargedSwitch
from ledger.money import ZERO
from ledger.months import following

ROWS_A_PAGE = 50
State = ChargedSwitch.State


@require_safe
def switches(request: MemberRequest) -> HttpResponse:
    """Every ME with its basis, for whoever sees all budgets."""
    require(may_see_budgets(request.user), "HR admins, the CHRO and auditors see all switches.")
    wanted = request.GET.get("q", "").strip()[:120]
    mes = switch_figures.trading_mes()
    if wanted:
        mes = mes.filter(name__icontains=wanted)
    page = Paginator(mes, ROWS_A_PAGE).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "rows": switch_figures.standings_of(page, on=today(request)),
        "counts": switch_figures.counts(),
        "q": wanted,
        "trail": [("Budgets", reverse("ledger:budgets")), ("Notional or charged", "")],
    }
    return render(request, "ledger/switches.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def switch(request: MemberRequest, pk: int) -> HttpResponse:
    """One ME: what the switch would do today, its history, and for HR admins the plan."""
    me, on = _me_to_show(request, pk), today(request)
    may_plan = may_set_budgets(request.user)
    if request.method == "POST":
        require(may_plan, "Only HR admins switch money to charged.", help="Ask one.")
    starts_on = following(on)
    form = SwitchForm(request.POST or None, initial=_initial(me, starts_on, on=on))
    if request.method == "POST" and form.is_valid():
        starts_on = form.cleaned_data["starts_on"]
        if request.POST.get("step") != "preview" and _is_planned(request, me, form, on=on):
            return redirect("ledger:switch", pk)
    standing = switch_figures.standings_of([me], on=on)[0]
    is_open = standing.switch is None or standing.switch.state in (State.REFUSED, State.CANCELLED)
    context = {
        "me": me,
        "standing": standing,
        "form": form,
        "may_plan": may_plan and is_open,
        "may_cancel": may_plan and _may_be_cancelled(standing.switch, on=on),
        "starts_on": starts_on,
        "rows": _rows(me, form, starts_on, on=on) if is_open or not standing.is_charged else [],
        "history": switch_figures.history_of(me),
        "trail": [("Notional or charged", reverse("ledger:switches")), (me.name, "")]
        if may_see_budgets(request.user)
        else [("Money", reverse("ledger:money")), ("Notional or charged", "")],
    }
    return render(request, "ledger/switch.html", context, status=status_for(form))


@require_POST
def cancel_switch(request: MemberRequest, pk: int) -> HttpResponse:
    require(may_set_budgets(request.user), "Only HR admins switch money to charged.")
    me, on = _me_to_show(request, pk), today(request)
    newest = ChargedSwitch.objects.filter(micro_enterprise=me).order_by("-pk").first()
    if newest is None:
        raise Unknown
    try:
        switching.cancel(newest, by=request.user, on=on)
    except Refused as reason:
        messages.error(request, f"{reason}\n{reason.help}")
    else:
        messages.success(request, f"The switch of {me} is cancelled. Its money stays notional.")
    return redirect("ledger:switch", pk)


def _me_to_show(request: MemberRequest, pk: int) -> MicroEnterprise:
    me = MicroEnterprise.objects.filter(pk=pk).first()
    if me is None:
        raise Unknown
    require(
        may_see_money(request.user, me, on=today(request)),
        f"Only members of {me}, HR admins, the CHRO and auditors see its money.",
    )
    return me


def _initial(me: MicroEnterprise, starts_on: date, *, on: date) -> dict[str, Any]:
    """The same money once more, and real: what would go back of each wallet."""
    year = queries.fiscal_year_of(starts_on)
    parts = switching.preview(me, starts_on=starts_on, on=on)
    back = {part.fund: part.returned for part in parts if part.fiscal_year == year}
    return {
        "starts_on": starts_on,
        "operating": back.get("operating", ZERO),
        "learning": back.get("learning", ZERO),
    }


def _rows(
    me: MicroEnterprise, form: SwitchForm, starts_on: date, *, on: date
) -> list[dict[str, Any]]:
    """The preview, fund by fund, with the grants of the form."""
    sent = form.cleaned_data if form.is_bound and form.is_valid() else form.initial
    year = queries.fiscal_year_of(starts_on)
    rows = []
    for part in switching.preview(me, starts_on=starts_on, on=on):
        grant = sent.get(part.fund, ZERO) if part.fiscal_year == year else ZERO
        lacks = part.others - grant if part.fiscal_year == year else ZERO
        rows.append(
            {
                "part": part, "grant": grant, "after": part.kept + grant,
                "available": grant - part.others, "lacks": lacks if lacks > 0 else None,
            }
        )  # fmt: skip
    return rows


def _is_planned(request: MemberRequest, me: MicroEnterprise, form: SwitchForm, *, on: date) -> bool:
    try:
        made = switching.plan(me, **form.cleaned_data, by=request.user, on=on)
    except Refused as reason:
        explain_in(form, reason)
        return False
    messages.success(
        request,
        f"The money of {me} is charged from {made.starts_on:%-d %B %Y}.\n"
        "Until the day before the switch can be cancelled.",
    )
    return True


def _may_be_cancelled(found: ChargedSwitch | None, *, on: date) -> bool:
    return found is not None and found.state == State.PLANNED and found.starts_on > on
