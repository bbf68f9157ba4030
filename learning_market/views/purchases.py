"""Investing in a run, and what the ME has invested so far."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.errors import Refused
from accounts.http import MemberRequest, acting_me, acting_me_or_none, today
from accounts.models import MicroEnterprise, Person
from accounts.permissions import is_member, may_sign_for
from learning_market import actions, queries, refunds
from learning_market.actions.catalogue import may_change
from learning_market.forms import InvestForm
from learning_market.models import CourseRun, LearningPurchase, LearningSeat
from ledger.forecasts import what_if
from ledger.models import Wallet
from ledger.money import to_cents
from ledger.months import month_of
from ledger.queries import Money, money_of

State = LearningPurchase.State
# What a course is worth is expected over these.
MONTHS_OF_WORTH = 12
EVENTS: dict[str, Callable[..., LearningPurchase]] = {
    "commit": actions.commit,
    "decline": actions.decline,
    "cancel": actions.cancel,
    "complete": actions.complete,
}
_DONE = {
    "commit": "Your micro-enterprise invests in this. It is paid on the first day.",
    "decline": "The proposal is declined, and its money is free again.",
    "cancel": "All seats are given back.",
    "complete": "The course is noted as completed.",
}


@require_http_methods(["GET", "HEAD", "POST"])
def run(request: MemberRequest, pk: int) -> HttpResponse:
    runs = CourseRun.objects.select_related("course__provider", "course__supplier")
    found = get_object_or_404(runs, pk=pk)
    on, me = today(request), acting_me_or_none(request)
    form = _invest_form(request, me, on=on)
    status = 200
    if request.method == "POST":
        me = acting_me(request)
        if form.is_valid():
            try:
                return _invested(request, found, me, form, on=on)
            except Refused as reason:
                form.add_error(
                    reason.field if reason.field in form.fields else None,
                    f"{reason} {reason.help}".strip(),
                )
        status = 400
    context = _run_context(request, found, me, form, on=on)
    return render(request, "learning_market/run.html", context, status=status)


@require_safe
def ours(request: MemberRequest) -> HttpResponse:
    me, on = acting_me_or_none(request), today(request)
    state = request.GET.get("state", "")
    found = queries.purchases_of(me) if me else LearningPurchase.objects.none()
    if state in State.values:
        found = found.filter(state=state)
    page = Paginator(found, 25).get_page(request.GET.get("page"))
    context = {
        "me": me,
        "page": page,
        "money": money_of(me, on=on, fund=Wallet.Fund.LEARNING) if me else None,
        "rows": list(page),
        "states": [("", "All"), *((s.value, s.label.replace("_", " ")) for s in _SHOWN)],
    }
    return render(request, "learning_market/purchases.html", context)


_SHOWN = (State.PROPOSED, State.COMMITTED, State.IN_PROGRESS, State.COMPLETED, State.CANCELLED)


@require_safe
def purchase(request: MemberRequest, pk: int) -> HttpResponse:
    on = today(request)
    found = get_object_or_404(queries.purchases_visible_to(request.user, on=on), pk=pk)
    me = found.micro_enterprise
    decides = may_sign_for(request.user, me, on=on)
    is_before_start = found.state in (State.PROPOSED, State.COMMITTED) and found.run.starts_on > on
    seats = queries.seats_shown_to(request.user, found, on=on)
    cost = sum((found.price - seat.released for seat, _ in seats), Decimal(0))
    context = {
        "purchase": found,
        "seats": [
            (seat, name, is_before_start and seat.state == LearningSeat.State.OPEN
             and (decides or seat.person_id == request.user.person_id))
            for seat, name in seats
        ],
        "cost": cost,
        "facts": _return_facts(found.price, cost, found.expected_value),
        "may_decide": decides and found.state == State.PROPOSED and is_before_start,
        "may_cancel": is_before_start
        and (decides or (found.state == State.PROPOSED and found.proposed_by == request.user)),
        "may_complete": decides and found.state == State.IN_PROGRESS and on >= found.run.ends_on,
        "is_member": is_member(request.user, me, on=on),
        "trail": [("Learning", "/learning/"), ("Our learning", "/learning/purchases/"),
                  (found.run.course.title, "")],
    }  # fmt: skip
    return render(request, "learning_market/purchase.html", context)


@require_POST
def decide(request: MemberRequest, pk: int, event: str) -> HttpResponse:
    if event not in EVENTS:
        raise Http404
    on = today(request)
    found = get_object_or_404(queries.purchases_visible_to(request.user, on=on), pk=pk)
    EVENTS[event](found, by=request.user, on=on)
    messages.success(request, _DONE[event])
    return redirect("learning_market:purchase", pk)


@require_POST
def cancel_seat(request: MemberRequest, pk: int) -> HttpResponse:
    seat = get_object_or_404(LearningSeat.objects.select_related("purchase"), pk=pk)
    freed = actions.cancel_seat(seat, by=request.user, on=today(request)).released
    messages.success(request, f"The seat is given back.\n{freed:,.2f} of its price came free.")
    return redirect("learning_market:purchase", seat.purchase_id)


def _invest_form(request: MemberRequest, me: MicroEnterprise | None, *, on: date) -> InvestForm:
    people = queries.members_to_learn(me, on=on) if me else Person.objects.none()
    return InvestForm(request.POST if request.method == "POST" else None, people=people)


def _invested(
    request: MemberRequest, found: CourseRun, me: MicroEnterprise, form: InvestForm, *, on: date
) -> HttpResponse:
    given = form.cleaned_data
    decides = may_sign_for(request.user, me, on=on)
    act = actions.invest if decides else actions.propose
    made = act(
        found, me=me, people=list(given["people"]), expected_return=given["expected_return"],
        expected_value=given["expected_value"], by=request.user, on=on,
    )  # fmt: skip
    total = found.price * len(given["people"])
    if made.state == State.COMMITTED:
        words = f"{me} invests {total:,.2f}.\nIt is paid on {found.starts_on:%-d %B %Y}."
    else:
        words = f"Proposed: {total:,.2f} is set aside.\nThe lead of {me} decides."
    messages.success(request, words)
    return redirect("learning_market:purchase", made.pk)


def _run_context(
    request: MemberRequest, found: CourseRun, me: MicroEnterprise | None, form: InvestForm,
    *, on: date,
) -> dict[str, Any]:  # fmt: skip
    money = money_of(me, on=on, fund=Wallet.Fund.LEARNING) if me else None
    is_open = found.state == CourseRun.State.SCHEDULED and found.starts_on > on
    return {
        "run": found,
        "course": found.course,
        "form": form,
        "me": me,
        "money": money,
        "facts": _cost_facts(found, money),
        "what": what_if(
            me, {month_of(found.starts_on): found.price}, on=on, fund=Wallet.Fund.LEARNING
        )
        if me and is_open
        else None,
        "is_open": is_open and found.seats_left != 0,
        "why_closed": _why_closed(found, on=on),
        "decides": bool(me) and may_sign_for(request.user, me, on=on) if me else False,
        "may_change": may_change(request.user, found.course, on=on),
        "is_ahead": is_open,
        "trail": [("Learning", "/learning/"),
                  (found.course.title, f"/learning/courses/{found.course_id}/"), ("Run", "")],
    }  # fmt: skip


def _cost_facts(found: CourseRun, money: Money | None) -> list[dict[str, Any]]:
    if money is None:
        return []
    facts: list[dict[str, Any]] = [{"label": "Available to learn now", "money": money.available}]
    for seats in (1, 2, 5):
        if found.seats_left is None or seats <= found.seats_left:
            label = f"left after {seats} seat{'s' if seats > 1 else ''}"
            facts.append({"label": label, "money": money.available - found.price * seats})
    return facts


def _why_closed(found: CourseRun, *, on: date) -> str:
    if found.state == CourseRun.State.CANCELLED:
        return "This run was cancelled."
    if found.starts_on <= on:
        return "This run has started, so nobody can join it any more."
    return "All seats of this run are taken." if found.seats_left == 0 else ""


def _return_facts(price: Decimal, cost: Decimal, value: Decimal | None) -> list[dict[str, Any]]:
    free = {"label": "Invested", "value": "free"}
    facts: list[dict[str, Any]] = [{"label": "Invested", "money": cost} if price else free]
    if value is not None:
        facts.append({"label": "Expected worth in twelve months", "money": value})
        facts += _payback_facts(cost, value)
    return facts


def _payback_facts(cost: Decimal, value: Decimal) -> list[dict[str, Any]]:
    """What costs nothing has neither a rate of return nor a time to wait for."""
    rate = refunds.return_on_investment(cost, value)
    if rate is None:
        return []
    months = refunds.payback_months(cost, value)
    is_paid_back = months is not None and months <= MONTHS_OF_WORTH
    payback = f"{months:.1f} months" if is_paid_back else "not within twelve months"
    return [
        {"label": "Return", "value": f"{to_cents(rate * 1000) / 10:.1f} %"},
        {"label": "Paid back after", "value": payback},
    ]
