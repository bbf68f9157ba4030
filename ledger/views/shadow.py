"""The shadow statement: a notional month beside what the department cost before."""

import csv
from datetime import date

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.text import slugify
from django.views.decorators.http import require_safe

from accounts.http import MemberRequest, today
from ledger import shadows
from ledger.months import following, month_of, previous, text_of
from ledger.shadows import Shadow
from ledger.views.money import chosen, me_to_show
from ledger.views.statement import plain


@require_safe
def shadow(request: MemberRequest, month: date) -> HttpResponse:
    me = me_to_show(request)
    if me is None:
        return redirect("ledger:money")
    found = shadows.shadow_of(me, month=month)
    if request.GET.get("format") == "csv":
        return _csv(found)
    who = chosen(request, me)
    after = following(month)
    context = {
        "me": me,
        "shadow": found,
        "who": who,
        "previous": (previous(month), _address(previous(month), who)),
        "next": (after, _address(after, who)) if month < month_of(today(request)) else None,
        "trail": [
            ("Money", f"{reverse('ledger:money')}?{who}"),
            (f"{month:%B %Y}", f"{reverse('ledger:statement', args=[month])}?{who}"),
            ("Shadow statement", ""),
        ],
    }
    return render(request, "ledger/shadow.html", context)


def _address(month: date, who: str) -> str:
    return f"{reverse('ledger:shadow', args=[month])}?{who}"


def _csv(found: Shadow) -> HttpResponse:
    answer = HttpResponse(content_type="text/csv; charset=utf-8")
    name = f"shadow-{slugify(found.micro_enterprise.name)}-{text_of(found.month)}.csv"
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    write = csv.writer(answer).writerow
    write(["micro_enterprise", "month", "basis", "department", "role", "former_cost", "share",
           "paid", "difference"])  # fmt: skip
    for line in found.lines:
        write(
            [plain(found.micro_enterprise.name), text_of(found.month), "notional",
             plain(line.department.name), line.role,
             line.former_cost, line.share, line.paid, line.difference]
        )  # fmt: skip
    return answer
