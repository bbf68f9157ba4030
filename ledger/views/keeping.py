"""Money that is granted already: moved between MEs, frozen, and the reasons that are offered."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.errors import Refused, Unknown
from accounts.http import MemberRequest, explain_in, status_for, today
from accounts.permissions import may_see_budgets, may_set_budgets, require
from ledger import freezing, moving, reasons
from ledger.keeping_forms import FreezeForm, LiftForm, MoveForm, ReasonForm
from ledger.models import Freeze, MoneyMove, MoneyReason
from ledger.moving import Wish
from ledger.views.budgets import only_hr_admins, trail_to
from ledger.views.drafts import suggested_mes

ROWS_A_PAGE = 25


@require_safe
def moves(request: MemberRequest) -> HttpResponse:
    """Every move, newest first; those that wait for a second HR admin say so."""
    _require_office(request)
    rows = moving.visible_moves(request.user, on=today(request))
    page = Paginator(rows, ROWS_A_PAGE).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "names": _with_reasons(page),
        "trail": trail_to("Moves"),
        "may_set": may_set_budgets(request.user),
    }
    return render(request, "ledger/moves.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def new_move(request: MemberRequest) -> HttpResponse:
    only_hr_admins(request)
    form = MoveForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        key = given.pop("key")
        try:
            made = moving.move(Wish(**given), key=key, by=request.user, on=today(request))
        except Refused as reason:
            explain_in(form, reason)
        else:
            _say_moved(request, made)
            return redirect("ledger:move", made.pk)
    context = {"form": form, "trail": trail_to("Move money"), "suggested": suggested_mes()}
    return render(request, "ledger/new_move.html", context, status=status_for(form))


@require_safe
def move(request: MemberRequest, pk: int) -> HttpResponse:
    """One move; the second HR admin confirms or declines it here."""
    found = _move_to_show(request, pk)
    is_waiting = found.state == MoneyMove.State.WAITING
    may_set = may_set_budgets(request.user)
    context = {
        "move": found,
        "reason": reasons.known().get(found.reason, found.reason),
        "trail": trail_to("Move") if may_see_budgets(request.user) else [],
        "may_confirm": is_waiting and may_set and found.asked_by != request.user,
        "may_decline": is_waiting and may_set,
        "waits_for_another": is_waiting and found.asked_by == request.user,
    }
    return render(request, "ledger/move.html", context)


@require_POST
def confirm_move(request: MemberRequest, pk: int) -> HttpResponse:
    only_hr_admins(request)
    found = _move_to_show(request, pk)
    try:
        _say_moved(request, moving.confirm(found, by=request.user, on=today(request)))
    except Refused as reason:
        messages.error(request, f"{reason}\n{reason.help}".strip())
    return redirect("ledger:move", pk)


@require_POST
def decline_move(request: MemberRequest, pk: int) -> HttpResponse:
    only_hr_admins(request)
    found = _move_to_show(request, pk)
    try:
        moving.decline(found, by=request.user, on=today(request))
    except Refused as reason:
        messages.error(request, f"{reason}\n{reason.help}".strip())
    else:
        messages.success(request, "The move is declined. Nothing was moved.")
    return redirect("ledger:move", pk)


@require_http_methods(["GET", "HEAD", "POST"])
def freezes(request: MemberRequest) -> HttpResponse:
    """What is frozen and was frozen; an HR admin freezes more."""
    _require_office(request)
    form = FreezeForm(request.POST if request.method == "POST" else None)
    if request.method == "POST":
        only_hr_admins(request)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        me = given["micro_enterprise"]
        try:
            freezing.freeze(
                me, fund=given["fund"], reason=given["reason"], by=request.user, on=today(request)
            )
        except Refused as reason:
            explain_in(form, reason)
        else:
            messages.success(
                request, f"Money of {me} is frozen.\nIts members see it; what is signed goes on."
            )
            return redirect("ledger:freezes")
    rows = freezing.visible_freezes(request.user, on=today(request))
    page = Paginator(rows.order_by("-pk"), ROWS_A_PAGE).get_page(request.GET.get("page"))
    context = {
        "form": form,
        "page": page,
        "trail": trail_to("Freezes"),
        "may_set": may_set_budgets(request.user),
        "suggested": suggested_mes(),
    }
    return render(request, "ledger/freezes.html", context, status=status_for(form))


@require_http_methods(["GET", "HEAD", "POST"])
def lift(request: MemberRequest, pk: int) -> HttpResponse:
    """End a freeze, with a reason."""
    only_hr_admins(request)
    frozen = get_object_or_404(Freeze.objects.select_related("micro_enterprise"), pk=pk)
    form = LiftForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        freezing.lift(
            frozen, reason=form.cleaned_data["reason"], by=request.user, on=today(request)
        )
        messages.success(request, f"{frozen.micro_enterprise} may promise money again.")
        return redirect("ledger:freezes")
    context = {"form": form, "frozen": frozen, "trail": trail_to("Lift a freeze")}
    return render(request, "ledger/lift.html", context, status=status_for(form))


@require_http_methods(["GET", "HEAD", "POST"])
def reason_list(request: MemberRequest) -> HttpResponse:
    """The reasons that grants and moves can give, and how often each was given."""
    only_hr_admins(request)
    form = ReasonForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            reasons.add(**form.cleaned_data, by=request.user, on=today(request))
        except Refused as reason:
            explain_in(form, reason)
        else:
            messages.success(request, "The reason can be chosen from now on.")
            return redirect("ledger:reasons")
    counts = reasons.counted()
    own = MoneyReason.objects.order_by("name")
    context = {
        "form": form,
        "standard": [(code, name, counts.get(code, 0)) for code, name in reasons.STANDARD.items()],
        "own": [(row, counts.get(row.code, 0)) for row in own],
        "trail": trail_to("Reasons"),
    }
    return render(request, "ledger/reasons.html", context, status=status_for(form))


@require_POST
def end_reason(request: MemberRequest, pk: int) -> HttpResponse:
    only_hr_admins(request)
    found = get_object_or_404(MoneyReason, pk=pk)
    reasons.end(found, by=request.user, on=today(request))
    messages.success(request, f"“{found.name}” is offered no longer.")
    return redirect("ledger:reasons")


def _require_office(request: MemberRequest) -> None:
    require(may_see_budgets(request.user), "HR admins, the CHRO and auditors see all budgets.")


def _move_to_show(request: MemberRequest, pk: int) -> MoneyMove:
    found = moving.visible_moves(request.user, on=today(request)).filter(pk=pk).first()
    if found is None:
        raise Unknown("There is no such move.")
    return found


def _with_reasons(page: object) -> list[tuple[MoneyMove, str]]:
    known = reasons.known()
    return [(row, known.get(row.reason, row.reason)) for row in page]  # type: ignore[attr-defined]


def _say_moved(request: MemberRequest, made: MoneyMove) -> None:
    if made.state == MoneyMove.State.WAITING:
        messages.warning(
            request,
            f"The move waits for a second HR admin.\nYou are a member of {made.payee}; ask another "
            "HR admin to confirm it.",
        )
    else:
        messages.success(request, f"{made.amount:,.2f} is moved from {made.payer} to {made.payee}.")
