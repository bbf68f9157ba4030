"""Budgets of the firm: the list, a budget with what it released, publishing and taking back."""

from datetime import date
from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.errors import Refused, Unknown
from accounts.http import MemberRequest, status_for, today
from accounts.permissions import may_see_budgets, may_set_budgets, require
from ledger import budget_figures as figures
from ledger import budget_year, budgets, drafting, queries, releasing, switch_figures, year_figures
from ledger.forms import TakeBackForm
from ledger.models import Allocation, BudgetRule
from ledger.money import ZERO

KINDS = {
    BudgetRule.Kind.SINGLE: "One micro-enterprise",
    BudgetRule.Kind.LIST: "List",
    BudgetRule.Kind.DEPARTMENT_TO_CUSTOMERS: "Department to its customers",
    BudgetRule.Kind.FIXED: "Fixed amounts",
    BudgetRule.Kind.PER_HEAD: "Per head",
    BudgetRule.Kind.REVENUE_SHARE: "Share of revenue",
    BudgetRule.Kind.LAST_USE: "Last year’s use",
    BudgetRule.Kind.REQUESTS: "Requests, decided by peers",
}
ROWS_A_PAGE = 50


@require_safe
def budget_list(request: MemberRequest) -> HttpResponse:
    """All budgets, newest first, with what each has released so far."""
    require(may_see_budgets(request.user), "HR admins, the CHRO and auditors see all budgets.")
    on = today(request)
    rules = figures.visible_budgets(request.user, on=on).filter(budget=None)
    year = _year_asked(request, on=on)
    state = request.GET.get("state", "")
    if state in BudgetRule.State.values:
        rules = rules.filter(state=state)
    page = Paginator(figures.with_totals(rules, on=on).order_by("-pk"), 25).get_page(
        request.GET.get("page")
    )
    flows = figures.flows_of(page)
    context = {
        "page": page,
        "rows": [(rule, KINDS[BudgetRule.Kind(rule.kind)], flows[rule.pk]) for rule in page],
        "states": [("", "All"), *BudgetRule.State.choices],
        "may_set": may_set_budgets(request.user),
        "closing_year": year_figures.year_to_show(on=on),
        "year": year,
        "years": _years(on=on),
        "funds": budget_year.overview(year),
        "basis": switch_figures.basis_of_all(),
    }
    return render(request, "ledger/budgets.html", context)


def _years(*, on: date) -> list[tuple[str, str]]:
    """This year without a word in the address, and every other that has a budget."""
    now = queries.fiscal_year_of(on)
    known = sorted({*budget_year.years_known(), now, now + 1}, reverse=True)
    return [("" if year == now else str(year), str(year)) for year in known]


def _year_asked(request: MemberRequest, *, on: date) -> int:
    asked = request.GET.get("year", "")
    is_known = asked in [value for value, _ in _years(on=on) if value]
    return int(asked) if is_known else queries.fiscal_year_of(on)


@require_safe
def budget(request: MemberRequest, pk: int) -> HttpResponse:
    """A budget: a draft's preview, or what was released of a published one."""
    on = today(request)
    rule = rule_to_show(request, pk)
    rows = figures.visible_allocations(rule, request.user, on=on)
    page = Paginator(rows, ROWS_A_PAGE).get_page(request.GET.get("page"))
    flows = figures.flows_by_allocation(rule, list(page))
    basis = switch_figures.basis_in_year(
        [each.micro_enterprise_id for each in page], year=rule.fiscal_year
    )
    context = {
        "rule": rule,
        "trail": trail_to(rule.name) if may_see_budgets(request.user) else [],
        "kind": KINDS[BudgetRule.Kind(rule.kind)],
        "is_draft": rule.state == BudgetRule.State.DRAFT,
        "shows_rows": rule.state == BudgetRule.State.PUBLISHED or not rule.terms,
        "is_whole": may_see_budgets(request.user),
        "page": page,
        "rows": [
            _row(each, flows[each.pk]) | {"basis": basis[each.micro_enterprise_id]} for each in page
        ],
        **_totals(rule, request, on=on),
        **_shares(rule, request, on=on),
        **_panel(rule, request, on=on),
    }
    return render(request, "ledger/budget.html", context)


@require_POST
def publish(request: MemberRequest, pk: int) -> HttpResponse:
    only_hr_admins(request)
    on = today(request)
    rule = rule_to_show(request, pk)
    try:
        rule = budgets.publish(rule, by=request.user, on=on)
    except Refused as reason:
        messages.error(request, f"{reason}\n{reason.help}")
        return redirect("ledger:budget", pk)
    flow = figures.flows_of([rule])[rule.pk]
    rest = "\nThe rest is released on the 1st of each month." if _more(rule, flow) else ""
    messages.success(request, f"{rule.name} is published. {flow.released:,.2f} is granted.{rest}")
    return redirect("ledger:budget", pk)


@require_POST
def discard(request: MemberRequest, pk: int) -> HttpResponse:
    only_hr_admins(request)
    rule = rule_to_show(request, pk)
    try:
        drafting.discard(rule, by=request.user, on=today(request))
    except Refused as reason:
        messages.error(request, f"{reason}\n{reason.help}")
        return redirect("ledger:budget", pk)
    messages.success(request, f"The draft {rule.name} is discarded. Nothing was granted.")
    return redirect("ledger:budgets")


@require_http_methods(["GET", "HEAD", "POST"])
def take_back(request: MemberRequest, pk: int, allocation_pk: int) -> HttpResponse:
    """Take a mistaken grant back, as far as the ME has it available."""
    only_hr_admins(request)
    on = today(request)
    rule = rule_to_show(request, pk)
    found = rule.allocations.select_related("micro_enterprise", "rule")
    allocation = found.filter(pk=allocation_pk, rule__state=BudgetRule.State.PUBLISHED).first()
    if allocation is None:
        raise Unknown
    state = _state_of(allocation, on=on)
    given = request.POST if request.method == "POST" else None
    form = TakeBackForm(given, initial=state["initial"])
    if not state["to_come"]:
        del form.fields["stop"]
    if request.method == "POST" and form.is_valid():
        try:
            done = _taken_back(allocation, form, request, on=on)
        except Refused as reason:
            form.add_error(reason.field or None, f"{reason} {reason.help}".strip())
        else:
            _say_taken(request, allocation, done)
            return redirect("ledger:budget", pk)
    way = trail_to((rule.name, reverse("ledger:budget", args=[pk])), "Take back")
    context = {"rule": rule, "allocation": allocation, "form": form, "trail": way, **state}
    return render(request, "ledger/take_back.html", context, status=status_for(form))


def only_hr_admins(request: MemberRequest) -> None:
    require(may_set_budgets(request.user), "Budgets are set by HR admins.", help="Ask one.")


def trail_to(*steps: str | tuple[str, str]) -> list[tuple[str, str]]:
    """The way from the list of budgets to a page below it; the last step is no link."""
    ways = [step if isinstance(step, tuple) else (step, "") for step in steps]
    return [("Budgets", reverse("ledger:budgets")), *ways]


def rule_to_show(request: MemberRequest, pk: int) -> BudgetRule:
    """The budget, if the visitor may know of it."""
    found = figures.visible_budgets(request.user, on=today(request)).filter(pk=pk).first()
    if found is None or (found.budget and found.state == BudgetRule.State.DRAFT):
        raise Unknown("There is no such budget.")
    return found


def _row(allocation: Allocation, flow: figures.Flow) -> dict[str, Any]:
    to_come = ZERO if allocation.stopped_on else allocation.amount - flow.released
    return {
        "allocation": allocation,
        "flow": flow,
        "to_come": to_come,
        "may_come_back": flow.net > 0 or to_come > 0,
    }


def _more(rule: BudgetRule, flow: figures.Flow) -> bool:
    going = rule.allocations.filter(stopped_on=None).values_list("amount", flat=True)
    return bool(sum(going, ZERO) > flow.released)


def _totals(rule: BudgetRule, request: MemberRequest, *, on: date) -> dict[str, Any]:
    rows = figures.visible_allocations(rule, request.user, on=on)
    total = sum(rows.values_list("amount", flat=True), ZERO)
    flow = figures.flows_of([rule])[rule.pk]
    return {"total": total, "count": rows.count(), "flow": flow, "plan": _plan(rule, on=on)}


def _plan(rule: BudgetRule, *, on: date) -> list[tuple[date, Decimal]]:
    """Month by month, where the budget is for one ME only."""
    only = rule.allocations.all()[:2]
    if len(only) != 1 or rule.release != BudgetRule.Release.MONTHLY:
        return []
    since, starts_in = rule.published_on or on, queries.fiscal_year_start()
    parts = releasing.parts_of(only[0], rule, since=since, starts_in=starts_in)
    return [(part.month, part.amount) for part in parts]


def _shares(rule: BudgetRule, request: MemberRequest, *, on: date) -> dict[str, Any]:
    """A department's customers with use, heads, share and amount, and the sum that is its cost."""
    if rule.budget or rule.kind != BudgetRule.Kind.DEPARTMENT_TO_CUSTOMERS:
        return {"shares": []}
    only = None
    if not may_see_budgets(request.user):
        rows = figures.visible_allocations(rule, request.user, on=on)
        only = list(rows.values_list("micro_enterprise", flat=True))
    shares = figures.customer_shares(rule, only=only)
    return {
        "shares": shares[:ROWS_A_PAGE] if only is None else shares,
        "share_count": len(shares),
        "phase_in": Decimal(rule.terms["phase_in"]),
        "former_cost": Decimal(rule.terms["former_cost"]),
        "period": rule.terms["period"],
        "sum_use": sum((each.use for each in shares), ZERO),
        "sum_heads": sum((each.heads for each in shares), ZERO),
        "sum_share": sum((each.share for each in shares), ZERO),
        "sum_amount": sum((each.amount for each in shares), ZERO),
    }


def _panel(rule: BudgetRule, request: MemberRequest, *, on: date) -> dict[str, Any]:
    """What the visitor may do with a draft, and why not where a second HR admin has to."""
    may_set = may_set_budgets(request.user)
    if rule.state != BudgetRule.State.DRAFT or not may_set:
        return {"may_decide": False, "may_set": may_set}
    own = budgets.own_mes(rule, on=on)
    return {
        "may_decide": True,
        "may_set": True,
        "own": own,
        "may_publish": not own or rule.drafted_by != request.user,
        "may_change": rule.kind != BudgetRule.Kind.LIST,
        "now_granted": budgets.due_on(rule, on=on),
    }


def _state_of(allocation: Allocation, *, on: date) -> dict[str, Any]:
    released, taken = budgets.granted_so_far(allocation)
    rule, me = allocation.rule, allocation.micro_enterprise
    bars = queries.monies_of(me, on=on)
    wallet = next(
        (each for each in bars if (each.fund, each.fiscal_year) == (rule.fund, rule.fiscal_year)),
        queries.Money(me, rule.fund, rule.fiscal_year),
    )
    most = min(released - taken, wallet.available)
    return {
        "released": released,
        "taken": taken,
        "left": released - taken,
        "wallet": wallet,
        "most": most,
        "to_come": ZERO if allocation.stopped_on else allocation.amount - released,
        "initial": {"amount": most, "number": budgets.returns_of(allocation) + 1},
    }


def _taken_back(
    allocation: Allocation, form: TakeBackForm, request: MemberRequest, *, on: date
) -> budgets.TakenBack:
    given = form.cleaned_data
    return budgets.take_back(
        allocation, given["amount"] or ZERO, number=given["number"], reason=given["reason"],
        stop=bool(given.get("stop")), by=request.user, on=on,
    )  # fmt: skip


def _say_taken(request: MemberRequest, allocation: Allocation, done: budgets.TakenBack) -> None:
    me = allocation.micro_enterprise
    if done.taken < done.asked:
        messages.warning(
            request,
            f"{done.taken:,.2f} of {done.asked:,.2f} was taken back from {me}.\n"
            f"{done.asked - done.taken:,.2f} is promised or spent and stays there.",
        )
    elif done.taken:
        messages.success(request, f"{done.taken:,.2f} was taken back from {me}.")
    else:
        messages.success(request, f"Nothing more is released to {me}.")
