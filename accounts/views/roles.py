"""Roles and customer outcomes of an ME."""

from django.contrib import messages
from django.forms import Form
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods

from accounts import actions, permissions
from accounts.errors import Refused
from accounts.forms.memberships import LastDayForm, RoleForm
from accounts.forms.micro_enterprises import OutcomeForm
from accounts.http import MemberRequest, explain_in, status_for, today
from accounts.models import CustomerOutcome, MicroEnterprise
from accounts.views.micro_enterprises import address_of, me_or_404, trail_to


@require_http_methods(["GET", "HEAD", "POST"])
def add_role(request: MemberRequest, pk: int) -> HttpResponse:
    me = _led(request, pk)
    form = RoleForm(request.POST or None, me=me, on=today(request))
    if request.method == "POST" and form.is_valid():
        try:
            role = actions.add_role(me, **form.cleaned_data, by=request.user, on=today(request))
            messages.success(request, f"The role “{role}” is added.")
            return redirect(address_of(me))
        except Refused as reason:
            explain_in(form, reason)
    context = {"form": form, "me": me, "title": "Add a role", "button": "Add role"}
    return _render(request, "accounts/role.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def change_role(request: MemberRequest, pk: int, role_pk: int) -> HttpResponse:
    me, on = _led(request, pk), today(request)
    role = get_object_or_404(me.roles, pk=role_pk)
    form = RoleForm(request.POST or None, me=me, on=on, role=role)
    if request.method == "POST" and form.is_valid():
        try:
            actions.change_role(role, **form.cleaned_data, by=request.user, on=on)
            messages.success(request, f"The role “{form.cleaned_data['name']}” is saved.")
            return redirect(address_of(me))
        except Refused as reason:
            explain_in(form, reason)
    context = {"form": form, "me": me, "title": role.name, "button": "Save role"}
    return _render(request, "accounts/role.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def add_outcome(request: MemberRequest, pk: int) -> HttpResponse:
    me = _led(request, pk)
    form = OutcomeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            actions.add_outcome(me, form.terms(), by=request.user, on=today(request))
            messages.success(request, "The outcome is added.\nNow tie the roles that serve it.")
            return redirect(address_of(me))
        except Refused as reason:
            explain_in(form, reason)
    context = {"form": form, "me": me, "title": "Add a customer outcome", "button": "Add outcome"}
    return _render(request, "accounts/outcome.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def change_outcome(request: MemberRequest, pk: int, outcome_pk: int) -> HttpResponse:
    me = _led(request, pk)
    outcome = get_object_or_404(me.outcomes, pk=outcome_pk)
    form = OutcomeForm(request.POST or None, initial=vars(outcome) | {"outcome": outcome.name})
    if request.method == "POST" and form.is_valid():
        try:
            actions.change_outcome(outcome, form.terms(), by=request.user, on=today(request))
            messages.success(request, "The outcome is saved.")
            return redirect(address_of(me))
        except Refused as reason:
            explain_in(form, reason)
    context = {
        "form": form, "me": me, "title": outcome.name, "button": "Save outcome",
        "outcome": outcome,
    }  # fmt: skip
    return _render(request, "accounts/outcome.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def end_outcome(request: MemberRequest, pk: int, outcome_pk: int) -> HttpResponse:
    me, on = _led(request, pk), today(request)
    outcome: CustomerOutcome = get_object_or_404(me.outcomes, pk=outcome_pk)
    form = LastDayForm(request.POST or None, on=on)
    if request.method == "POST" and form.is_valid():
        try:
            ended = actions.end_outcome(
                outcome, ends_on=form.cleaned_data["ends_on"], by=request.user, on=on
            )
            messages.success(
                request,
                f"“{ended}” is pursued until {ended.ends_on:%-d %B %Y}, inclusive.\n"
                "Roles that served nothing else are listed as not tied from then on.",
            )
            return redirect(address_of(me))
        except Refused as reason:
            explain_in(form, reason)
    context = {"form": form, "me": me, "outcome": outcome, "title": outcome.name}
    return _render(request, "accounts/end_outcome.html", context)


def _led(request: MemberRequest, pk: int) -> MicroEnterprise:
    me = me_or_404(request, pk)
    permissions.require(
        permissions.may_change_me(request.user, me, on=today(request)),
        f"Only the lead of {me} changes its roles and outcomes.",
    )
    return me


def _render(request: MemberRequest, template: str, context: dict[str, object]) -> HttpResponse:
    me, form = context["me"], context["form"]
    assert isinstance(me, MicroEnterprise)
    assert isinstance(form, Form)
    context |= {"trail": trail_to(me, str(context["title"])), "back_url": address_of(me)}
    return render(request, template, context, status=status_for(form))
