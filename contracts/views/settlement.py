"""The month for HR: what was computed, what is refused, and the buttons that let it go on."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from accounts import permissions
from accounts.errors import Forbidden, Refused, Unknown
from accounts.http import MemberRequest, today
from accounts.queries import organization
from contracts import settlement
from contracts.closing import closes_on
from contracts.models import SettlementLine
from contracts.queries import settlement as queries
from contracts.queries.refusals import refused_item
from contracts.settlement.runs import waiting_for
from contracts.tasks import wake
from ledger.models import SettlementRun
from ledger.months import following, previous, text_of

State = SettlementRun.State
_COMPUTE = "Writes every contract’s lines as a preview that both sides see. No money moves."
_EARLY = (
    "Usage may be entered and contested until {closes}. What comes in after you computed settles"
    " with the next month."
)
_POST = (
    "Planned amounts are paid, what was planned and not used is free again, and overages are paid"
    " where they fit. Providers may spend it after the dispute window."
)
_POSTED = (
    "Money moves now. A mistake is repaired by a line of the next month, never by changing this"
    " one."
)
_LOCK = (
    "Nothing is added to a locked month. Refused contracts then settle with the next month, and"
    " say so."
)
_LOCKED = "Refused contracts can no longer be tried again in this month."
PAGE_SIZE = 50
MONTHS_A_PAGE = 24


@dataclass(frozen=True)
class Panel:
    """The next step of the month: its button, and what is asked before it is done."""

    title: str
    words: str
    to: str = ""
    consequence: str = ""
    is_act: bool = False


@require_safe
def months(request: MemberRequest) -> HttpResponse:
    """Every month of the market with its state and totals, newest first."""
    _require_reader(request)
    everything = queries.months_of_the_market(on=today(request))
    page = Paginator(everything, MONTHS_A_PAGE).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "rows": queries.month_rows(list(page)),
        "currency": organization().currency,
    }
    return render(request, "contracts/settlement_months.html", context)


@require_safe
def month(request: MemberRequest, month: date) -> HttpResponse:
    """One month: its steps, its lines with their calculations, what is refused, what is next."""
    _require_reader(request)
    on, run = today(request), queries.run_of(month)
    filters = _filters(request)
    lines = queries.lines_of(month, **filters)
    page = Paginator(lines, PAGE_SIZE).get_page(request.GET.get("page"))
    context = {
        "month": month,
        "run": run,
        "state": run.state if run else State.OPEN.value,
        "steps": queries.steps_of(month, run),
        "totals": queries.totals_of([month])[month],
        "refused": [refused_item(each) for each in queries.refusals_of(run)[:PAGE_SIZE]]
        if run
        else [],
        "waits": _waits(month, on=on),
        "page": page,
        "kinds": [("", "All kinds"), *SettlementLine.Kind.choices],
        "asked": {name: request.GET.get(name, "") for name in ("contract", "me", "kind")},
        "is_filtered": any(filters.values()),
        "currency": organization().currency,
        "panel": _panel(request, month, run, on=on),
        "may_correct": run is not None
        and run.state == State.LOCKED
        and permissions.is_hr_admin(request.user),
        "earlier": previous(month),
        "later": following(month) if following(month) <= on else None,
        "trail": [("Settlement", reverse("contracts:settlement_months")), (f"{month:%B %Y}", "")],
        **_progress(run),
    }
    return render(request, "contracts/settlement_month.html", context)


@require_safe
def progress(request: MemberRequest, month: date) -> HttpResponse:
    """How far the workers are; the fragment asks again while they work."""
    _require_reader(request)
    context = {"month": month, **_progress(queries.run_of(month))}
    answer = render(request, "contracts/_settlement_progress.html", context)
    if context["progress"] is None or not context["progress"].is_at_work:
        answer["HX-Refresh"] = "true"  # The work is done: steps, totals and buttons are others now.
    return answer


@require_POST
def ask(request: MemberRequest, month: date) -> HttpResponse:
    """Compute, post or lock: the workers do it, the page shows how far they are."""
    permissions.require(
        permissions.may_run_settlement(request.user), "The month is settled by HR admins."
    )
    to = request.POST.get("to", "")
    if to not in (State.COMPUTED, State.POSTED, State.LOCKED):
        messages.error(request, "Nothing was begun.\nCompute, post or lock the month here.")
        return redirect("contracts:settlement_month", month)
    return _go_on(
        request,
        month,
        lambda: settlement.ask_for(month, to=State(to), by=request.user, on=today(request)),
        said=f"{month:%B %Y} is being {to}.",
    )


@require_POST
def retry(request: MemberRequest, month: date) -> HttpResponse:
    """Let the refused contracts pass again."""
    run = queries.run_of(month)
    if run is None:
        raise Unknown

    def deed() -> SettlementRun:
        settlement.retry(run, by=request.user, on=today(request))
        return run

    return _go_on(request, month, deed, said="The refused contracts are tried again.")


@require_safe
def run(request: MemberRequest, pk: int) -> HttpResponse:
    """Where a dispute window comes from: the run for HR, the own statement for everybody else."""
    found = SettlementRun.objects.filter(pk=pk).first()
    if found is None:
        raise Unknown
    if permissions.may_see_settlement(request.user):
        return redirect("contracts:settlement_month", found.month)
    return redirect(f"/money/{text_of(found.month)}/")


def _go_on(request: MemberRequest, month: date, deed: Any, *, said: str) -> HttpResponse:
    try:
        run = deed()
    except (Forbidden, Unknown):
        raise
    except Refused as reason:
        messages.error(request, f"{reason}\n{reason.help}")
        return redirect("contracts:settlement_month", month)
    hint = "This page shows how far it is."
    if not wake(run):
        hint = "No worker answers right now; it goes on within the hour, or when one is started."
    messages.success(request, f"{said}\n{hint}")
    return redirect("contracts:settlement_month", month)


def _waits(month: date, *, on: date) -> dict[str, str]:
    """Which earlier month holds this one up, in words; empty where none does."""
    behind = waiting_for(month, on=on)
    if not behind:
        return {}
    first = behind[0]
    return {
        "text": f"{month:%B} waits for {first:%B %Y}.\nWhat is late in an earlier month moves on to"
        " the next, so months go in order. This one went as far as it can.",
        "url": reverse("contracts:settlement_month", args=[first]),
        "link": f"Open {first:%B %Y}",
    }


def _require_reader(request: MemberRequest) -> None:
    permissions.require(
        permissions.may_see_settlement(request.user),
        "The settlement of all MEs is for HR admins, the CHRO and auditors.",
        help="Your own lines are on your contracts and on your statement.",
    )


def _filters(request: MemberRequest) -> dict[str, Any]:
    contract, kind = request.GET.get("contract", ""), request.GET.get("kind", "")
    return {
        "contract": int(contract) if contract.isdecimal() and len(contract) < 19 else None,
        "me": request.GET.get("me", "").strip()[:100],
        "kind": kind if kind in SettlementLine.Kind.values else "",
    }


def _progress(run: SettlementRun | None) -> dict[str, Any]:
    if run is None:
        return {"progress": None}
    found = queries.progress_of(run)
    words = f"{found.settled} of {found.total} contracts {run.goal}"
    if found.refused:
        words += f", {found.refused} refused"
    return {"progress": found, "progress_words": words}


def _panel(
    request: MemberRequest, month: date, run: SettlementRun | None, *, on: date
) -> Panel | None:
    """The next step and its button; None for those who only read, and once all is locked."""
    state = run.state if run else State.OPEN.value
    if not permissions.may_run_settlement(request.user) or state == State.LOCKED:
        return None
    closes = f"{closes_on(month):%-d %B}"
    if on < queries.may_begin_on(month):
        words = f"Usage may be entered and contested until {closes}; then it is computed."
        return Panel("The month is running", words)
    if state == State.COMPUTED:
        return Panel(f"Post {month:%B}", _POST, to=State.POSTED.value, consequence=_POSTED)
    if state == State.POSTED:
        return Panel(
            f"Lock {month:%B}", _LOCK, to=State.LOCKED.value, consequence=_LOCKED, is_act=True
        )
    early = _EARLY.format(closes=closes) if on <= closes_on(month) else ""
    return Panel(
        f"Compute {month:%B}", _COMPUTE, to=State.COMPUTED.value, consequence=early or _COMPUTE
    )
