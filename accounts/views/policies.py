"""The rules of the market with their history; an HR admin changes one after a preview."""

from collections.abc import Iterable
from datetime import date

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from accounts import actions, permissions
from accounts.errors import Refused, Unknown
from accounts.forms.policies import PolicyForm
from accounts.http import MemberRequest, explain_in, status_for, today
from accounts.models import Policy
from accounts.policy import (
    RULES,
    Rule,
    coming,
    in_force,
    months_from,
    printed,
    require_later,
    sentence,
)


@require_safe
def policies(request: MemberRequest) -> HttpResponse:
    _require_reader(request)
    on = today(request)
    current, later = in_force(on=on), coming(on=on)
    rows = [
        {
            "key": key,
            "label": rule.label,
            "help": rule.help,
            "value": printed(rule, current[key]),
            "since": current.row(key),
            "coming": [(row.valid_from_on, printed(rule, row.value)) for row in later.get(key, [])],
        }
        for key, rule in RULES.items()
    ]
    context = {"rows": rows, "version": current.version, "trail": [("Home", "/"), ("Policies", "")]}
    return render(request, "accounts/policies.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def policy(request: MemberRequest, key: str) -> HttpResponse:
    """One rule: its value, its history and, for HR admins, a change with its preview."""
    _require_reader(request)
    rule, on = RULES.get(key), today(request)
    if rule is None:
        raise Unknown
    if request.method == "POST":
        permissions.require(
            permissions.may_set_policies(request.user), "Only an HR admin changes the rules."
        )
    value = in_force(on=on)[key]
    form = PolicyForm(request.POST or None, rule=rule, value=value, on=on)
    preview = ""
    if request.method == "POST" and form.is_valid():
        if request.POST.get("step") == "preview":
            preview = _preview(rule, form, now=printed(rule, value), on=on)
        elif _is_set(request, form, key=key, on=on):
            return redirect("accounts:policy", key)
    rows = Policy.objects.filter(key=key).select_related("set_by__person").order_by("-number")
    context = {
        "form": form, "rule": rule, "preview": preview, "value": printed(rule, value),
        "default": printed(rule, rule.default), "history": _history(rule, rows, on=on),
        "may_set": permissions.may_set_policies(request.user),
        "trail": [("Policies", reverse("accounts:policies")), (rule.label, "")],
    }  # fmt: skip
    return render(request, "accounts/policy.html", context, status=status_for(form))


def _is_set(request: MemberRequest, form: PolicyForm, *, key: str, on: date) -> bool:
    try:
        made = actions.set_policy(key, **form.cleaned_data, by=request.user, on=on)
    except Refused as reason:
        explain_in(form, reason)
        return False
    messages.success(
        request,
        f"The change is set: version {made.number} holds from {made.valid_from_on:%-d %B %Y}.\n"
        f"The first month that is computed with it is {months_from(made.valid_from_on):%B %Y}.",
    )
    return True


def _preview(rule: Rule, form: PolicyForm, *, now: str, on: date) -> str:
    """What changes, from when, and what stays; empty where the day is refused."""
    sent = form.cleaned_data
    try:
        require_later(sent["valid_from_on"], on=on)
    except Refused as reason:
        explain_in(form, reason)
        return ""
    day, month = sent["valid_from_on"], months_from(sent["valid_from_on"])
    return (
        f"From {day:%-d %B %Y} it reads: {sentence(rule, sent['value'])}, instead of {now}. "
        f"The first month that is computed with it is {month:%B %Y}; "
        "what was computed before keeps its version."
    )


def _history(rule: Rule, rows: Iterable[Policy], *, on: date) -> list[dict[str, object]]:
    return [
        {
            "number": row.number,
            "value": printed(rule, row.value),
            "from": row.valid_from_on,
            "is_coming": row.valid_from_on > on,
            "reason": row.reason,
            "by": row.set_by.display_name if row.set_by else "the founding",
            "at": row.set_at,
        }
        for row in rows
    ]


def _require_reader(request: MemberRequest) -> None:
    permissions.require(
        permissions.may_see_policies(request.user),
        "The rules are read and changed by HR admins, and read by the CHRO and auditors.",
        help="Ask an HR admin which value holds.",
    )
