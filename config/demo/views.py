"""The control in the footer that moves the demo's day, and the page that says how far it is."""

from datetime import date, timedelta
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.dateparse import parse_date
from django.views.decorators.http import require_http_methods
from django_htmx.http import HttpResponseClientRedirect

from accounts.errors import Invalid, Refused
from accounts.http import MemberRequest, page_before, today
from config.demo import clock, telling

_MOVE = "demo_move"
# A day takes about half a second; a browser waits for a few of them and then shows how far it is.
_PORTION_SECONDS = 2.0


@require_http_methods(["GET", "HEAD", "POST"])
def advance_clock(request: MemberRequest) -> HttpResponse:
    """A portion of the move for each POST; where days are left, the page offers to go on."""
    move = request.session.get(_MOVE)
    if request.method != "POST":
        return _page(request, move) if move else redirect("/")
    if request.POST.get("step") != "on":
        move = {"from": str(today(request)), "back": page_before(request), "jobs": []}
    elif not move:
        return _leave(request, "/")
    try:
        wanted = move.setdefault("to", "") or str(_asked_day(request))
        done = clock.advance(date.fromisoformat(wanted), by=request.user, within=_PORTION_SECONDS)
    except Refused as reason:
        request.session.pop(_MOVE, None)
        messages.error(request, str(reason))
        return _leave(request, move["back"])
    move |= {"to": wanted, "now": done["to"], "jobs": move["jobs"] + done["jobs"]}
    if done["to"] < wanted:
        request.session[_MOVE] = move
        return _page(request, move) if request.htmx else redirect("advance_clock")
    request.session.pop(_MOVE, None)
    told = telling.in_words(move["jobs"]) or ["Nothing was due on the way."]
    has_failed = any("error" in job for job in move["jobs"])
    say = messages.warning if has_failed else messages.success
    say(request, "\n".join([f"Today is now {date.fromisoformat(wanted):%-d %B %Y}.", *told]))
    return _leave(request, move["back"])


def _page(request: MemberRequest, move: dict[str, Any]) -> HttpResponse:
    first, now, last = (date.fromisoformat(move[name]) for name in ("from", "now", "to"))
    done, total = (now - first).days, (last - first).days
    context = {
        "last": last,
        "done": done,
        "total": total,
        "words": f"{done} of {total} days; it is {now:%-d %B %Y}",
        "told": telling.in_words(move["jobs"]),
    }
    template = "config/_move.html" if request.htmx else "config/move.html"
    return render(request, template, context)


def _leave(request: MemberRequest, address: str) -> HttpResponse:
    return HttpResponseClientRedirect(address) if request.htmx else redirect(address)


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
