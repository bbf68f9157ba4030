"""The rules of a year's budget: added, changed and left out while it is a draft."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from accounts.errors import Refused, Unknown
from accounts.http import MemberRequest, explain_in, status_for, today
from ledger import budget_drafts
from ledger.budget_terms import NAMES
from ledger.models import Budget, BudgetRule
from ledger.rule_forms import FORMS, RuleForm
from ledger.views.budgets import only_hr_admins, trail_to
from ledger.views.drafts import suggested_mes
from ledger.views.years import budget_to_show

# Where the form shows what is wrong with figures of MEs, typed or from a file.
LISTS = ("figures", "customers")
LEDES = {
    "fixed": "The same for each micro-enterprise, or amounts that you list.",
    "per_head": "An amount for each full-time post, counted from memberships on a day.",
    "revenue_share": "A percentage of what each earned inside the firm and sold outside of it.",
    "last_use": "A sum is divided by what each used last year; with a phase-in, by head count.",
    "requests": "Micro-enterprises ask with a reason. A board of peers votes; the median counts.",
    "department_to_customers": "A department’s former cost becomes the money of those who use it.",
}


@require_http_methods(["GET", "HEAD", "POST"])
def add(request: MemberRequest, pk: int, kind: str) -> HttpResponse:
    only_hr_admins(request)
    budget = budget_to_show(request, pk)
    if kind not in FORMS:
        raise Unknown("There is no such kind of rule.")
    on = today(request)
    initial = {"on": on.replace(month=1, day=1), "name": "", "department": ""}
    return _form_page(request, budget, kind, None, initial)


@require_http_methods(["GET", "HEAD", "POST"])
def change(request: MemberRequest, pk: int, rule_pk: int) -> HttpResponse:
    only_hr_admins(request)
    budget = budget_to_show(request, pk)
    rule = rule_of(budget, rule_pk)
    return _form_page(request, budget, rule.kind, rule, FORMS[rule.kind].of(rule))


@require_POST
def leave_out(request: MemberRequest, pk: int, rule_pk: int) -> HttpResponse:
    only_hr_admins(request)
    rule = rule_of(budget_to_show(request, pk), rule_pk)
    try:
        budget_drafts.leave_out(rule, by=request.user, on=today(request))
    except Refused as reason:
        messages.error(request, f"{reason}\n{reason.help}".strip())
    else:
        messages.success(request, f"{rule.name} is left out.")
    return redirect("ledger:year_budget", pk)


def rule_of(budget: Budget, pk: int) -> BudgetRule:
    found = budget.rules.select_related("budget", "department").filter(pk=pk).first()
    if found is None:
        raise Unknown("There is no such rule.")
    return found


def _form_page(
    request: MemberRequest,
    budget: Budget,
    kind: str,
    rule: BudgetRule | None,
    initial: dict[str, object],
) -> HttpResponse:
    sent = request.method == "POST"
    form = FORMS[kind](
        request.POST if sent else None, request.FILES if sent else None, initial=initial
    )
    if request.method == "POST" and form.is_valid():
        try:
            _put(request, budget, form, rule)
        except Refused as reason:
            reason.field = "listed" if reason.field in LISTS else reason.field
            explain_in(form, reason)
        else:
            messages.success(request, f"{budget} has changed.\nRead what every ME gets.")
            return redirect("ledger:year_budget", budget.pk)
    address = reverse("ledger:year_budget", args=[budget.pk])
    context = {
        "form": form,
        "budget": budget,
        "title": NAMES[kind],
        "lede": LEDES[kind],
        "trail": trail_to((str(budget), address), NAMES[kind]),
        "suggested": suggested_mes() if "department" in form.fields else [],
        "button": "Change rule" if rule else "Add rule",
    }
    return render(request, "ledger/rule.html", context, status=status_for(form))


def _put(request: MemberRequest, budget: Budget, form: RuleForm, rule: BudgetRule | None) -> None:
    given = form.cleaned_data
    budget_drafts.put_rule(
        budget, kind=form.kind, name=given["name"], release=given["release"], terms=form.terms(),
        department=form.named_department(), board=form.named_board(), instead_of=rule,
        by=request.user, on=today(request),
    )  # fmt: skip
