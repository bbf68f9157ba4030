"""The budget of a year: begun, read with every ME's figure, published, revised."""

from collections.abc import Iterable
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
from accounts.http import MemberRequest, explain_in, status_for, today, what_is_wrong
from accounts.models import MicroEnterprise
from accounts.permissions import is_member, may_see_budgets, may_set_budgets, mes_of, require
from ledger import (
    budget_drafts,
    budget_preview,
    budget_publishing,
    budget_year,
    queries,
    rule_words,
)
from ledger.budget_preview import Figure, Preview
from ledger.budget_terms import NAMES
from ledger.models import Budget
from ledger.rule_forms import PublishForm, StartYearForm
from ledger.switch_figures import basis_in_year
from ledger.views import downloads
from ledger.views.budgets import only_hr_admins, trail_to

ROWS_A_PAGE = 50
State = Budget.State
STATES = {State.DRAFT: "draft", State.WAITING: "waiting", State.PUBLISHED: "published"}
SORTS = {
    "name": lambda row: (row.name.lower(), row.micro_enterprise),
    "amount": lambda row: row.amount,
    "last": lambda row: row.last_year,
    "difference": lambda row: row.difference,
    "change": lambda row: row.change if row.change is not None else Decimal("Infinity"),
}
KINDS_OFFERED = [
    ("fixed", "The same for each ME, or amounts that you list"),
    ("per_head", "An amount for each full-time post on a day"),
    ("revenue_share", "A percentage of what MEs earn inside and sell outside"),
    ("last_use", "A sum, by last year’s use with a phase-in to head count"),
    ("requests", "MEs ask with a reason, a board of peers decides"),
    ("department_to_customers", "A department’s former cost, to those who use it"),
]


@require_http_methods(["GET", "HEAD", "POST"])
def start(request: MemberRequest) -> HttpResponse:
    """Begin the budget of a fund and year."""
    only_hr_admins(request)
    on = today(request)
    form = StartYearForm(
        request.POST if request.method == "POST" else None,
        year=queries.fiscal_year_of(on),
        initial=_asked(request, "fund", "fiscal_year"),
    )
    if request.method == "POST" and form.is_valid():
        try:
            budget = budget_drafts.start(**form.cleaned_data, by=request.user, on=on)
        except Refused as reason:
            explain_in(form, reason)
        else:
            messages.success(request, f"{budget} is begun.\nAdd its first rule.")
            return redirect("ledger:year_budget", budget.pk)
    context = {"form": form, "trail": trail_to("Plan a year")}
    return render(request, "ledger/start_year.html", context, status=status_for(form))


@require_safe
def year_budget(request: MemberRequest, pk: int) -> HttpResponse:
    """The rules, every ME's figure with the difference to last year, and what publishing does."""
    on = today(request)
    budget = budget_to_show(request, pk)
    form = PublishForm({"starts_on": request.GET.get("starts_on", ""), "seen": "-"})
    starts_on = form.cleaned_data["starts_on"] if form.is_valid() else None
    starts_on = starts_on or budget.starts_on or budget_preview.first_day(budget, on=on)
    found = budget_preview.preview(budget, on=on, starts_on=starts_on)
    if request.GET.get("format") in ("csv", "xlsx"):
        return _download(request.GET["format"], budget, found)
    rows = _sorted(found, request.GET.get("sort", "name"))
    page = Paginator(rows, ROWS_A_PAGE).get_page(request.GET.get("page"))
    basis = _basis(budget, page)
    context = {
        "budget": budget,
        "trail": trail_to(str(budget)),
        "found": found,
        "page": page,
        "rows": [(row, basis[row.micro_enterprise]) for row in page],
        "difference": found.total - found.last_year,
        "rules": _rules(found),
        "is_revision": budget.version > 1 and not budget.started_on,
        "versions": budget_year.versions_of(budget),
        "kinds": [(kind, NAMES[kind], said) for kind, said in KINDS_OFFERED],
        **_effect(found),
        **_panel(request, budget, found, starts_on, on=on),
    }
    return render(request, "ledger/year_budget.html", context)


@require_safe
def me_budget(request: MemberRequest, pk: int, me_pk: int) -> HttpResponse:
    """Where one ME's figure comes from: each rule's part with its calculation."""
    on = today(request)
    budget = Budget.objects.filter(pk=pk).first()
    me = MicroEnterprise.objects.filter(pk=me_pk).first()
    if budget is None or me is None:
        raise Unknown("There is no such budget.")
    known = budget_year.may_see_figure(
        request.user, budget, is_member=is_member(request.user, me, on=on)
    )
    if not known:
        raise Unknown("There is no such budget.")
    found = budget_preview.preview(budget, on=on)
    row = next((each for each in found.rows if each.micro_enterprise == me.pk), None)
    parts = row.parts if row else ()
    money = [("Money", f"{reverse('ledger:money')}?me={me.pk}")]
    way = trail_to((str(budget), reverse("ledger:year_budget", args=[pk])))
    context = {
        "trail": [*(way if may_see_budgets(request.user) else money), (str(me), "")],
        "budget": budget,
        "me": me,
        "row": row,
        "basis": basis_in_year([me.pk], year=budget.fiscal_year)[me.pk],
        "parts": [
            (part, rule_words.sentence(part.rule), rule_words.calculation(part.rule, part.figures))
            for part in parts
        ],
        "is_whole": may_see_budgets(request.user),
    }
    return render(request, "ledger/me_budget.html", context)


@require_POST
def publish(request: MemberRequest, pk: int) -> HttpResponse:
    only_hr_admins(request)
    budget, form = budget_to_show(request, pk), PublishForm(request.POST)
    if not form.is_valid():
        messages.error(request, what_is_wrong(form))
        return redirect("ledger:year_budget", pk)
    try:
        done = budget_publishing.publish(
            budget, **form.cleaned_data, by=request.user, on=today(request)
        )
    except Refused as reason:
        field = "Holds from: " if reason.field == "starts_on" else ""
        messages.error(request, f"{field}{reason}\n{reason.help}".strip())
        return redirect("ledger:year_budget", pk)
    _say_published(request, done)
    return redirect("ledger:year_budget", pk)


@require_POST
def revise(request: MemberRequest, pk: int) -> HttpResponse:
    only_hr_admins(request)
    budget = budget_to_show(request, pk)
    try:
        draft = budget_drafts.revise(budget, by=request.user, on=today(request))
    except Refused as reason:
        messages.error(request, f"{reason}\n{reason.help}".strip())
        return redirect("ledger:year_budget", pk)
    messages.success(
        request, f"{draft} is begun.\nVersion {budget.version} holds until it is published."
    )
    return redirect("ledger:year_budget", draft.pk)


@require_POST
def discard(request: MemberRequest, pk: int) -> HttpResponse:
    only_hr_admins(request)
    budget = budget_to_show(request, pk)
    try:
        budget_drafts.discard(budget, by=request.user, on=today(request))
    except Refused as reason:
        messages.error(request, f"{reason}\n{reason.help}".strip())
        return redirect("ledger:year_budget", pk)
    messages.success(request, f"The draft {budget} is discarded. Nothing was granted.")
    return redirect("ledger:budgets")


def _asked(request: MemberRequest, *names: str) -> dict[str, str]:
    return {name: request.GET[name] for name in names if name in request.GET}


def budget_to_show(request: MemberRequest, pk: int) -> Budget:
    """The year's budget, for whoever sees budgets: HR admins, the CHRO and auditors."""
    require(may_see_budgets(request.user), "HR admins, the CHRO and auditors see all budgets.")
    found = Budget.objects.filter(pk=pk).first()
    if found is None:
        raise Unknown("There is no such budget.")
    return found


def _rules(found: Preview) -> list[dict[str, Any]]:
    faults = {rule.pk: said for rule, said in found.faults}
    return [
        {
            "rule": rule,
            "words": rule_words.sentence(rule),
            "total": found.totals.get(rule.pk, Decimal("0.00")),
            "fault": faults.get(rule.pk, ""),
            "has_requests": rule.kind == "requests",
        }
        for rule in found.rules
    ]


def _sorted(found: Preview, sort: str) -> list[Figure]:
    key = SORTS.get(sort.lstrip("-"), SORTS["name"])
    return sorted(found.rows, key=key, reverse=sort.startswith("-"))


def _effect(found: Preview) -> dict[str, Any]:
    """What a revision grants and takes back when it starts."""
    return {
        "to_grant": sum((row.to_grant for row in found.rows), Decimal("0.00")),
        "to_take_back": sum((row.to_take_back for row in found.rows), Decimal("0.00")),
        "stays": sum((row.stays for row in found.rows), Decimal("0.00")),
    }


def _panel(
    request: MemberRequest, budget: Budget, found: Preview, starts_on: date, *, on: date
) -> dict[str, Any]:
    """What the visitor may do, and who has to do what he or she may not."""
    may_set = may_set_budgets(request.user)
    is_draft = budget.state != State.PUBLISHED
    own = [me for me in mes_of(request.user, on=on)
           if me.pk in {row.micro_enterprise for row in found.rows if row.parts}]  # fmt: skip
    waits_for_another = budget.state == State.WAITING and budget.published_by == request.user
    newest = budget_year.versions_of(budget)[0]
    return {
        "may_set": may_set,
        "may_change": may_set and is_draft,
        "may_publish": may_set
        and is_draft
        and bool(found.rows)
        and not found.faults
        and not waits_for_another,
        "waits_for_another": waits_for_another,
        "own": own if budget.state == State.DRAFT else [],
        "publish_form": PublishForm(initial={"starts_on": starts_on, "seen": found.seen}),
        "starts_on": starts_on,
        "may_revise": may_set and not is_draft and newest == budget,
        "successor": None if newest == budget else newest,
        "is_waiting": budget.state == State.WAITING,
    }


def _say_published(request: MemberRequest, budget: Budget) -> None:
    if budget.state == State.WAITING:
        messages.warning(
            request,
            f"{budget} waits for a second HR admin.\nYou are a member of an ME that it grants to; "
            "ask another HR admin to open this page and publish it.",
        )
    elif budget.started_on:
        messages.success(request, f"{budget} is published and in force.\n{_granted(budget)}")
    else:
        day = f"{budget.starts_on:%-d %B %Y}"
        messages.success(request, f"{budget} is published.\nIts money is released from {day} on.")


def _granted(budget: Budget) -> str:
    monthly = budget.rules.filter(release="monthly").exists()
    more = " The rest is released on the 1st of each month." if monthly else ""
    return f"What is due is granted.{more}"


def _basis(budget: Budget, rows: Iterable[Figure]) -> dict[int, str]:
    return basis_in_year([row.micro_enterprise for row in rows], year=budget.fiscal_year)


def _download(kind: str, budget: Budget, found: Preview) -> HttpResponse:
    heads = ["micro_enterprise", "amount", "last_year", "difference", "change_percent", "basis"]
    heads += [f"{rule.name} ({rule.pk})" for rule in found.rules]
    rows, basis = [], _basis(budget, found.rows)
    for row in found.rows:
        parts = {part.rule.pk: part.amount for part in row.parts}
        change = None if row.change is None else round(row.change * 100, 2)
        rows.append([
            row.name, row.amount, row.last_year, row.difference, change,
            basis[row.micro_enterprise],
            *(parts.get(rule.pk, Decimal("0.00")) for rule in found.rules),
        ])  # fmt: skip
    name = f"budget-{budget.fund}-{budget.fiscal_year}-version-{budget.version}"
    return downloads.table(kind, name, heads, rows)
