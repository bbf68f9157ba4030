"""The home page, the market as a whole, and the reader's choice of light or dark."""

from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from accounts.http import MemberRequest, acting_me_or_none, page_before, today
from accounts.permissions import may_see_insights, require
from insights import needs, queries
from ledger.models import Wallet
from ledger.queries import money_of

_YEAR = 365 * 24 * 3600


@require_safe
def home(request: MemberRequest) -> HttpResponse:
    me, on = acting_me_or_none(request), today(request)
    waiting = needs.of(request.user, me, on=on)
    context: dict[str, Any] = {"me": me, "needs": waiting}
    if me:
        context |= {
            "money": money_of(me, on=on),
            "learning": money_of(me, on=on, fund=Wallet.Fund.LEARNING),
            "changed": queries.what_changed(me),
        }
    return render(request, "insights/home.html", context)


@require_safe
def overview(request: MemberRequest) -> HttpResponse:
    """How the market is doing, for whoever answers for it; figures of MEs, never of persons."""
    require(
        may_see_insights(request.user),
        "Insights are for the CHRO, HR admins and auditors.",
        help="Everything about your own micro-enterprise is on its page.",
    )
    on = today(request)
    months = queries.spend_by_month(on=on)
    check = queries.last_money_check()
    context = {
        "coverage": queries.outcome_coverage(on=on),
        "untied": queries.untied_members(on=on),
        "spend": queries.spend_of_year(on=on),
        "months": months,
        "series": [
            {"name": "inside", "values": [inside for _, inside, _ in months], "tone": "inside"},
            {"name": "outside", "values": [out for _, _, out in months], "tone": "outside"},
        ],
        "labels": [f"{month:%b}" for month, _, _ in months],
        "kinds": queries.mes_by_kind(),
        "running": queries.running_count(on=on),
        "scores": queries.providers_by_score(),
        "unmeasured": queries.unmeasured(on=on),
        "check": check,
        "rush": queries.rush(on=on),
    }
    return render(request, "insights/overview.html", context)


@login_not_required
@require_POST
def theme(request: HttpRequest) -> HttpResponse:
    """A cookie, so that the server prints the choice and nothing flashes."""
    chosen = request.POST.get("theme", "")
    answer = redirect(page_before(request))
    if chosen in ("light", "dark"):
        answer.set_cookie(
            "theme", chosen, max_age=_YEAR, samesite="Lax", secure=request.is_secure()
        )
    else:
        answer.delete_cookie("theme")
    return answer
