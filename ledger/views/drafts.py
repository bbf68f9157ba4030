"""Drafting budgets: a grant, a department's cost, a file of grants."""

import base64
import binascii
from collections.abc import Callable, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from accounts.errors import Invalid, Refused, Unknown
from accounts.http import MemberRequest, status_for, today
from accounts.models import MicroEnterprise
from ledger import budget_figures as figures
from ledger import drafting, grant_import, queries, sheets
from ledger.drafting import Customer, Envelope
from ledger.forms import MOST_CUSTOMERS, CustomerFormSet, DepartmentForm, GrantForm, ImportForm
from ledger.models import BudgetRule
from ledger.money import ZERO
from ledger.views.budgets import only_hr_admins, rule_to_show, trail_to

# With more MEs than these the rows start empty: nobody reads so many to find the customers.
MOST_LISTED = 60
EMPTY_ROWS = 10
ROWS_SHOWN = 100
MOST_SUGGESTED = 500
_FIGURE = forms.DecimalField(min_value=0, max_digits=12, decimal_places=2)


@require_http_methods(["GET", "HEAD", "POST"])
def grant(request: MemberRequest, pk: int | None = None) -> HttpResponse:
    """Draft a grant to one ME, or change such a draft."""
    only_hr_admins(request)
    on = today(request)
    rule = _draft_to_change(request, pk, BudgetRule.Kind.SINGLE)
    year = queries.fiscal_year_of(on)
    form = GrantForm(*_posted(request), year=year, initial=_grant_of(rule))
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        envelope = _envelope(given, f"Grant {given['fiscal_year']}")
        drafted = _tried(
            form,
            lambda: drafting.draft_grant(
                given["micro_enterprise"], given["amount"], envelope,
                by=request.user, on=on, instead_of=rule, is_form=True,
            ),
        )  # fmt: skip
        if drafted:
            return _drafted(request, drafted)
    context = {"form": form, "trail": trail_to("Grant money"), "suggested": suggested_mes()}
    return render(request, "ledger/grant.html", context, status=status_for(form))


@require_http_methods(["GET", "HEAD", "POST"])
def department(request: MemberRequest, pk: int | None = None) -> HttpResponse:
    """Draft how a department's former cost goes to its customers, or change such a draft."""
    only_hr_admins(request)
    on = today(request)
    rule = _draft_to_change(request, pk, BudgetRule.Kind.DEPARTMENT_TO_CUSTOMERS)
    year = queries.fiscal_year_of(on)
    initial = _department_of(rule, year)
    form = DepartmentForm(*_posted(request), year=year, initial=initial)
    if request.method == "POST":
        rows = CustomerFormSet(request.POST, prefix="customers")
        if "more" in request.POST:
            rows = _with_more_rows(rows)
        elif form.is_valid() and rows.is_valid():
            drafted = _tried(form, lambda: _draft_department(request, form, rows, rule, on=on))
            if drafted:
                return _drafted(request, drafted)
    else:
        rows = CustomerFormSet(prefix="customers", initial=_customers_of(rule, on=on))
    way = trail_to("Department to its customers")
    context = {"form": form, "rows": rows, "trail": way, "suggested": suggested_mes()}
    status = 200 if "more" in request.POST else status_for(form, *rows.forms)
    return render(request, "ledger/department.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
def import_file(request: MemberRequest) -> HttpResponse:
    """Upload a file of grants, read what it would do, then grant."""
    only_hr_admins(request)
    on = today(request)
    form = ImportForm(*_posted(request))
    content = _content(request, form)
    context: dict[str, Any] = {"form": form, "trail": trail_to("Import grants")}
    if content is None:
        return render(request, "ledger/import.html", context, status=status_for(form))
    is_sure = "content" in request.POST
    done = grant_import.import_grants(content, by=request.user, on=on, dry_run=not is_sure)
    if is_sure and not done.refused:
        _say_imported(request, done)
        return redirect("ledger:budgets")
    wanted = [*done.created, *done.updated]
    context |= {
        "form": ImportForm(),
        "done": done,
        "content": base64.b64encode(content).decode(),
        "total": sum((row.amount for row in wanted), ZERO),
        "rows": wanted[:ROWS_SHOWN],
        "more": max(0, len(wanted) - ROWS_SHOWN),
        "count": len(wanted),
        "refused": done.refused[:ROWS_SHOWN],
        "more_refused": max(0, len(done.refused) - ROWS_SHOWN),
    }
    return render(request, "ledger/import.html", context, status=400 if done.refused else 200)


def _posted(request: MemberRequest) -> tuple[QueryDict | None, Any]:
    """What was sent and its files; a form that was only opened gets neither."""
    return (request.POST, request.FILES) if request.method == "POST" else (None, None)


def _tried(form: forms.Form, draft: Callable[[], BudgetRule]) -> BudgetRule | None:
    """The draft, or the rule's own words beside the field that is wrong."""
    try:
        return draft()
    except Refused as reason:
        field = reason.field if reason.field in form.fields else None
        form.add_error(field, f"{reason} {reason.help}".strip())
        return None


def _drafted(request: MemberRequest, rule: BudgetRule) -> HttpResponse:
    messages.success(request, f"{rule.name} is drafted.\nRead it once more, then publish it.")
    return redirect("ledger:budget", rule.pk)


def _draft_to_change(request: MemberRequest, pk: int | None, kind: str) -> BudgetRule | None:
    if pk is None:
        return None
    rule = rule_to_show(request, pk)
    if rule.kind != kind:
        raise Unknown("There is no such draft.")
    return rule


def _envelope(given: dict[str, Any], name: str) -> Envelope:
    words = given["name"] or name
    reason = given.get("reason", "")
    return Envelope(given["fund"], given["fiscal_year"], given["release"], words, reason)


def _words_of(rule: BudgetRule) -> dict[str, Any]:
    return {
        "name": rule.name,
        "fund": rule.fund,
        "fiscal_year": rule.fiscal_year,
        "release": rule.release,
    }


def _grant_of(rule: BudgetRule | None) -> dict[str, Any]:
    planned = rule and rule.allocations.select_related("micro_enterprise").first()
    if not rule or not planned:
        return {}
    return {
        **_words_of(rule),
        "reason": rule.reason,
        "micro_enterprise": planned.micro_enterprise.name,
        "amount": planned.amount,
    }


def _department_of(rule: BudgetRule | None, year: int) -> dict[str, Any]:
    if rule is None:
        return {"period": str(year - 1)}
    return {
        **_words_of(rule),
        "department": rule.department and rule.department.name,
        "former_cost": rule.terms["former_cost"],
        "period": rule.terms["period"],
        "phase_in": Decimal(rule.terms["phase_in"]) * 100,
    }


def _customers_of(rule: BudgetRule | None, *, on: date) -> list[dict[str, Any]]:
    """The rows of the draft; else every ME that trades with its heads, or some empty rows."""
    if rule:
        shares = figures.customer_shares(rule)[:MOST_CUSTOMERS]
        return [
            {"micro_enterprise": each.name, "use": each.use, "heads": each.heads}
            for each in shares
        ]  # fmt: skip
    mes = list(MicroEnterprise.objects.trading().order_by("name")[: MOST_LISTED + 1])
    if len(mes) > MOST_LISTED:
        return [{}] * EMPTY_ROWS
    heads = figures.heads_by_me([me.pk for me in mes], on=on)
    return [{"micro_enterprise": me.name, "heads": heads.get(me.pk)} for me in mes]


def _with_more_rows(rows: Any) -> Any:
    """The same rows as typed, and some empty ones; nothing is checked yet."""
    typed = [
        {name: row[name].value() for name in ("micro_enterprise", "use", "heads")}
        for row in rows.forms
    ]
    room = MOST_CUSTOMERS - len(typed)
    return CustomerFormSet(prefix="customers", initial=[*typed, *[{}] * min(EMPTY_ROWS, room)])


def _draft_department(
    request: MemberRequest, form: DepartmentForm, rows: Any, rule: BudgetRule | None, *, on: date
) -> BudgetRule:
    given = form.cleaned_data
    file = given["file"]
    customers = _customers_in(file.read(), on=on) if file else _typed(rows, on=on)
    return drafting.draft_department(
        given["department"], customers,
        _envelope(given, f"{given['department']} to its customers"),
        former_cost=given["former_cost"], period=given["period"],
        phase_in=given["phase_in"] / 100, by=request.user, on=on, instead_of=rule, is_form=True,
    )  # fmt: skip


def _typed(rows: Any, *, on: date) -> list[Customer]:
    used = [each.cleaned_data for each in rows.forms if each.cleaned_data.get("use") is not None]
    return _with_heads([(row["micro_enterprise"], row["use"], row["heads"]) for row in used], on=on)


def _with_heads(
    rows: Sequence[tuple[MicroEnterprise, Decimal, Decimal | None]], *, on: date
) -> list[Customer]:
    """Where no heads were given, those that the people data knows."""
    unknown = [me.pk for me, _, heads in rows if heads is None]
    known = figures.heads_by_me(unknown, on=on) if unknown else {}
    return [
        Customer(me, use, known.get(me.pk, ZERO) if heads is None else heads)
        for me, use, heads in rows
    ]


def _customers_in(content: bytes, *, on: date) -> list[Customer]:
    """The customers of a file; Invalid with the first rows that are wrong."""
    columns = ("micro_enterprise", "use", "heads")
    table, faults = sheets.read(content, columns, most=grant_import.MOST_ROWS)
    mes = figures.mes_by_name(row.cells["micro_enterprise"] for row in table)
    rows = []
    for row in table:
        me = mes.get(row.cells["micro_enterprise"].lower())
        use, heads = (_figure(row.cells[name]) for name in ("use", "heads"))
        if me and use is not None and (heads is not None or not row.cells["heads"]):
            rows.append((me, use, heads))
        else:
            said = "Name a micro-enterprise, what it used and its heads, in plain figures."
            faults.append(sheets.RowRefused(row.number, "", "", said))
    if faults:
        said = " ".join(f"Row {each.row}: {each.message}" for each in faults[:5])
        raise Invalid(said, field="file")
    return _with_heads(rows, on=on)


def _figure(text: str) -> Decimal | None:
    try:
        figure: Decimal = _FIGURE.clean(text)
        return figure
    except forms.ValidationError:
        return None


def suggested_mes() -> list[str]:
    mes = MicroEnterprise.objects.trading().order_by("name")
    return list(mes.values_list("name", flat=True)[:MOST_SUGGESTED])


def _content(request: MemberRequest, form: ImportForm) -> bytes | None:
    """The file that was just chosen, or the one that was read a step before."""
    if request.method != "POST":
        return None
    if "content" in request.POST:
        try:
            return base64.b64decode(request.POST["content"], validate=True)
        except (binascii.Error, ValueError):
            return b""
    return form.cleaned_data["file"].read() if form.is_valid() else None


def _say_imported(request: MemberRequest, done: grant_import.Imported) -> None:
    said = [f"{len(done.created)} grants made, {done.unchanged} unchanged."]
    if done.waiting:
        said.append(
            f"{done.waiting} for your own micro-enterprise wait for a second HR admin to publish."
        )
    messages.success(request, "\n".join(said))
