"""Recording costs and sales outside of an ME, correcting them, and reading files of them."""

import base64
import binascii
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from accounts.errors import Refused, Unknown
from accounts.http import MemberRequest, explain_in, status_for, today
from accounts.models import MicroEnterprise
from accounts.permissions import may_record_some_figures, require
from accounts.views.micro_enterprises import trail_to
from ledger import own_figures
from ledger.models import OwnFigure
from ledger.money import ZERO
from ledger.own_figures_forms import ENTRIES, CorrectForm, CostForm, FiguresFileForm, SaleForm
from ledger.own_figures_import import Imported, import_costs, import_outside_sales
from ledger.views.profit import address_of, me_with_money

ROWS_SHOWN = 100
_TITLES = {"costs": "Record a cost", "sales": "Record a sale outside"}
_LEDES = {
    "costs": "It moves no money. The value of an hour, and each month’s verdict, come from it.",
    "sales": "What customers outside the firm paid or owe for the month. It moves no money.",
}


@require_http_methods(["GET", "HEAD", "POST"])
def record(request: MemberRequest, pk: int, kind: str) -> HttpResponse:
    """A cost or a sale outside of a month, typed by hand."""
    me, on = _me_to_record_for(request, pk), today(request)
    make = CostForm if kind == "costs" else SaleForm
    initial = {"month": request.GET["month"]} if request.GET.get("month") else {}
    posted = request.POST if request.method == "POST" else None
    form = make(posted, me=me, on=on, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            made = _keep(form, request)
        except Refused as reason:
            explain_in(form, reason)
        else:
            messages.success(
                request, f"{made.amount:,.2f} is on record for {made.month:%B %Y}.\nNothing moved."
            )
            return redirect(address_of(me, made.month))
    context = {
        "form": form,
        "title": _TITLES[kind],
        "lede": _LEDES[kind],
        "trail": trail_to(me, _TITLES[kind]),
        "back_url": reverse("ledger:profit", args=[me.pk]),
    }
    return render(request, "ledger/record_figure.html", context, status=status_for(form))


@require_http_methods(["GET", "HEAD", "POST"])
def correct(request: MemberRequest, pk: int, entry_pk: int, kind: str) -> HttpResponse:
    """Other figures for an entry; what it said before stays on this page."""
    me, on = _me_to_record_for(request, pk), today(request)
    entry = ENTRIES[kind]._default_manager.filter(pk=entry_pk, micro_enterprise=me).first()  # noqa: SLF001
    if entry is None:
        raise Unknown("There is no such entry.")
    form = CorrectForm(request.POST if request.method == "POST" else None, entry=entry)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            made = own_figures.correct(
                entry, amount=given["amount"], hours=given.get("hours") or ZERO,
                source=given["source"], by=request.user, on=on,
            )  # fmt: skip
        except Refused as reason:
            explain_in(form, reason)
        else:
            messages.success(
                request,
                f"{made.reference} of {made.month:%B %Y} says {made.amount:,.2f} now.\n"
                "What it said before stays to be read.",
            )
            return redirect(address_of(me, made.month))
    context = {
        "form": form,
        "entry": entry,
        "before": _before(entry),
        "trail": trail_to(me, "Correct"),
        "back_url": address_of(me, entry.month),
    }
    return render(request, "ledger/correct_figure.html", context, status=status_for(form))


@require_http_methods(["GET", "HEAD", "POST"])
def import_file(request: MemberRequest) -> HttpResponse:
    """Upload a file of costs or sales, read what it would do, then keep it."""
    on = today(request)
    require(
        may_record_some_figures(request.user, on=on),
        "Leads, members who may sign, and HR admins record costs and sales.",
    )
    posted = request.method == "POST"
    form = FiguresFileForm(*((request.POST, request.FILES) if posted else (None, None)))
    kind, content = _content(request, form)
    context: dict[str, Any] = {"form": form}
    if content is None:
        return render(request, "ledger/import_figures.html", context, status=status_for(form))
    read = import_costs if kind == "costs" else import_outside_sales
    is_sure = "content" in request.POST
    done = read(content, by=request.user, on=on, dry_run=not is_sure)
    if is_sure and not done.refused:
        messages.success(
            request,
            f"{len(done.created)} entries recorded, {len(done.updated)} corrected, "
            f"{done.unchanged} unchanged.",
        )
        return redirect("ledger:import_figures")
    context |= {"form": FiguresFileForm(initial={"kind": kind}), "kind": kind}
    context |= _preview(done, content)
    status = 400 if done.refused else 200
    return render(request, "ledger/import_figures.html", context, status=status)


def _me_to_record_for(request: MemberRequest, pk: int) -> MicroEnterprise:
    me = me_with_money(request, pk)
    own_figures.require_may_record(me, by=request.user, on=today(request))
    return me


def _keep(form: SaleForm, request: MemberRequest) -> OwnFigure:
    on = today(request)
    if isinstance(form, CostForm):
        return own_figures.record_cost(form.wish(), by=request.user, on=on)
    return own_figures.record_sale(form.wish(), by=request.user, on=on)


def _before(entry: OwnFigure) -> list[OwnFigure]:
    """The entry and what stood in its place, newest first; a chain of corrections is short."""
    found = [entry]
    while len(found) < ROWS_SHOWN and isinstance(found[-1].replaces, OwnFigure):
        found.append(found[-1].replaces)
    return found


def _content(request: MemberRequest, form: FiguresFileForm) -> tuple[str, bytes | None]:
    """The file that was just chosen, or the one that was read a step before."""
    if request.method != "POST":
        return "", None
    if "content" in request.POST:
        kind = "sales" if request.POST.get("kind") == "sales" else "costs"
        try:
            return kind, base64.b64decode(request.POST["content"], validate=True)
        except (binascii.Error, ValueError):
            return kind, b""
    if not form.is_valid():
        return "", None
    return form.cleaned_data["kind"], form.cleaned_data["file"].read()


def _preview(done: Imported, content: bytes) -> dict[str, Any]:
    wanted = [*done.created, *done.updated]
    return {
        "done": done,
        "content": base64.b64encode(content).decode(),
        "rows": [
            (row.wish, getattr(row.wish, "kind", ""), getattr(row.wish, "hours", None) or None,
             row.replaces)
            for row in wanted[:ROWS_SHOWN]
        ],
        "count": len(wanted),
        "total": sum((row.wish.amount for row in wanted), ZERO),
        "more": max(0, len(wanted) - ROWS_SHOWN),
        "refused": done.refused[:ROWS_SHOWN],
        "more_refused": max(0, len(done.refused) - ROWS_SHOWN),
    }  # fmt: skip
