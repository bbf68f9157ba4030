"""The control in the footer that moves the demo's day."""

from datetime import date, timedelta

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.dateparse import parse_date
from django.views.decorators.http import require_POST

from accounts.errors import Invalid, Refused
from accounts.http import MemberRequest, page_before, today
from config.demo import clock


@require_POST
def advance_clock(request: MemberRequest) -> HttpResponse:
    try:
        moved = clock.advance(_asked_day(request), by=request.user)
    except Refused as reason:
        messages.error(request, str(reason))
    else:
        count = len(moved["jobs"])
        did = f"{count} jobs did something on the way." if count else "No job had anything to do."
        messages.success(
            request, f"Today is now {date.fromisoformat(moved['to']):%-d %B %Y}. {did}"
        )
    return redirect(page_before(request))


def _asked_day(request: MemberRequest) -> date:
    if request.POST.get("step") == "next":
        return today(request) + timedelta(days=1)
    given = request.POST.get("to", "")
    try:
        asked = parse_date(given)
    except ValueError:
        asked = None
    if asked is None:
        raise Invalid(f"{given!r} is no day; write it like 2026-11-04.", field="to", value=given)
    return asked
