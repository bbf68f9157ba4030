"""The proof that the money adds up, for whoever may see all of it."""

from collections.abc import Mapping
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from accounts.http import MemberRequest, today
from accounts.permissions import may_check_money, require
from ledger import checks
from ledger.models import MoneyCheck
from ledger.months import parse


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
    findings = [_printed(each) for each in shown.findings] if shown else []
    context = {"page": page, "shown": shown, "findings": findings}
    return render(request, "ledger/checks.html", context)


def _printed(found: Mapping[str, Any]) -> dict[str, Any]:
    """As people read it: a digest is how many transfers, and a short seal of them."""
    figures = found["figures"]
    if found["what"] == "locked_months_keep_their_transfers":
        figures = [(f"{parse(month):%B %Y}", _sealed(digest)) for month, digest in figures]
    return {**found, "figures": figures}


def _sealed(digest: str) -> str:
    """29 transfers, seal 17d0 4f2a; from "29:16771230"."""
    count, _, total = digest.partition(":")
    seal = f"{int(total):016x}"[-8:]
    return f"{int(count):,} transfer{'' if count == '1' else 's'}, seal {seal[:4]} {seal[4:]}"
