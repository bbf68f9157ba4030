"""The home page, and the reader's choice of light or dark."""

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from accounts.http import MemberRequest, acting_me_or_none, today
from ledger.queries import money_of

_YEAR = 365 * 24 * 3600


def home(request: MemberRequest) -> HttpResponse:
    me, on = acting_me_or_none(request), today(request)
    money = money_of(me, on=on) if me else None
    return render(request, "insights/home.html", {"me": me, "money": money})


@login_not_required
@require_POST
def theme(request: HttpRequest) -> HttpResponse:
    """A cookie, so that the server prints the choice and nothing flashes."""
    chosen = request.POST.get("theme", "")
    target = request.POST.get("next", "/")
    is_ours = url_has_allowed_host_and_scheme(target, allowed_hosts={request.get_host()})
    answer = redirect(target if is_ours else "/")
    if chosen in ("light", "dark"):
        answer.set_cookie(
            "theme", chosen, max_age=_YEAR, samesite="Lax", secure=request.is_secure()
        )
    else:
        answer.delete_cookie("theme")
    return answer
