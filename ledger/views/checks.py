"""The proof that the money adds up, for whoever may see all of it."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from accounts.http import MemberRequest, today
from accounts.permissions import may_check_money, require
from ledger import checks
from ledger.models import MoneyCheck


@require_http_methods(["GET", "HEAD", "POST"])
def money_checks(request: MemberRequest) -> HttpResponse:
    """The last proof, or the one of `?run=`, check by check; a POST makes a new one."""
    require(may_check_money(request.user), "HR admins, the CHRO and auditors check the money.")
    if request.method == "POST":
        done = checks.check_money(by=request.user, on=today(request))
        if done.is_sound:
            messages.success(request, f"All {len(done.findings)} checks hold.")
        else:
            messages.error(request, "The money does not add up.\nWhat is broken is named below.")
        return redirect("ledger:checks")
    runs = MoneyCheck.objects.select_related("checked_by__person").order_by("-checked_at", "-pk")
    page = Paginator(runs, 30).get_page(request.GET.get("page"))
    wanted = request.GET.get("run", "")
    is_key = wanted.isascii() and wanted.isdigit() and len(wanted) < 19
    shown = runs.filter(pk=int(wanted)).first() if is_key else runs.first()
    return render(request, "ledger/checks.html", {"page": page, "shown": shown})
