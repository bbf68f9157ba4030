"""The events of a running contract: suspend, notice, breach, and the answers to proposals."""

from collections.abc import Callable, Mapping
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from accounts.http import MemberRequest, acting_me, today, what_is_wrong
from contracts.actions import amendments, breaches, notices, suspensions
from contracts.forms.changes import BreachForm, DropForm, ReasonForm, SignChangeForm
from contracts.lifecycle import State
from contracts.models import Contract
from contracts.queries.printed import day
from contracts.views.agreements import contract_to_sign, found_contract, happen


@require_POST
def suspend(request: MemberRequest, pk: int) -> HttpResponse:
    def said(done: Contract) -> str:
        if done.state == State.SUSPENDED:
            return "The contract is suspended.\nIts days are not charged, their money is free."
        return "You propose to suspend it.\nThe other side has to confirm it."

    return _do(request, pk, suspensions.suspend, said=said)


@require_POST
def resume(request: MemberRequest, pk: int) -> HttpResponse:
    def said(done: Contract) -> str:
        if done.state == State.ACTIVE:
            return "The contract goes on.\nToday is an active day, and its money is reserved again."
        return "You propose to resume it.\nThe other side has to confirm it."

    return _do(request, pk, suspensions.resume, said=said)


@require_POST
def order_suspension(request: MemberRequest, pk: int) -> HttpResponse:
    said = "The contract is suspended.\nBoth parties read your reason; only a CHRO resumes it."
    return _order(request, pk, suspensions.order_suspension, said=said)


@require_POST
def order_resumption(request: MemberRequest, pk: int) -> HttpResponse:
    said = "The contract goes on.\nIts money is reserved again."
    return _order(request, pk, suspensions.order_resumption, said=said)


@require_POST
def notice(request: MemberRequest, pk: int) -> HttpResponse:
    def said(done: Contract) -> str:
        last = day(done.ended_on or done.ends_on)
        return f"Notice is given: its last day is {last}.\nWhat lay beyond it is available again."

    return _do(request, pk, notices.give_notice, said=said)


@require_POST
def withdraw_notice(request: MemberRequest, pk: int) -> HttpResponse:
    def said(done: Contract) -> str:
        if done.state == State.ACTIVE:
            return "The notice is withdrawn.\nThe contract goes on, its money is reserved again."
        return "You propose to withdraw the notice.\nThe other side has to confirm it."

    return _do(request, pk, notices.withdraw_notice, said=said)


@require_POST
def breach(request: MemberRequest, pk: int) -> HttpResponse:
    def said(done: Contract) -> str:
        mine = done.breaches.filter(reported_for=acting_me(request)).order_by("-pk").first()
        until = day(mine.cure_until_on) if mine else ""
        return f"Notice of breach sent.\nIt may be cured until {until}."

    return _do(request, pk, breaches.report_breach, said=said, form_class=BreachForm)


@require_POST
def cure(request: MemberRequest, pk: int) -> HttpResponse:
    def said(done: Contract) -> str:
        return "The breach is cured.\nThe contract goes on."

    return _do(request, pk, breaches.cure_breach, said=said, form_class=None)


@require_POST
def chronic_failure(request: MemberRequest, pk: int) -> HttpResponse:
    def said(done: Contract) -> str:
        return "The contract ends today.\nWhat lay beyond today is available again."

    return _do(request, pk, breaches.end_chronic, said=said)


@require_POST
def complete(request: MemberRequest, pk: int) -> HttpResponse:
    """The provider says that the outcome is reached, the buyer confirms it."""

    def said(done: Contract) -> str:
        if done.state == State.ENDED:
            return "The outcome is reached: the contract ends today."
        return "You say that the outcome is reached.\nThe buyer confirms it or turns it down."

    found = found_contract(request, pk)
    if acting_me(request).pk == found.provider_id:
        return _do(request, pk, breaches.claim_completion, said=said)
    return _do(request, pk, breaches.confirm_completion, said=said, form_class=None)


@require_POST
def sign_amendment(request: MemberRequest, pk: int) -> HttpResponse:
    def said(done: Contract) -> str:
        since = day(done.current.valid_from_on) if done.current else ""
        return f"Amendment signed by both sides.\nIt holds from {since}."

    return _sign(request, pk, amendments.accept_amendment, said=said)


@require_POST
def sign_renewal(request: MemberRequest, pk: int) -> HttpResponse:
    def said(done: Contract) -> str:
        return f"Renewal signed by both sides.\nIt now runs to {day(done.ends_on)}."

    return _sign(request, pk, amendments.accept_renewal, said=said)


@require_POST
def drop_proposal(request: MemberRequest, pk: int) -> HttpResponse:
    def said(done: Contract) -> str:
        return "The proposal is off the table.\nThe contract goes on as it is."

    return _do(request, pk, breaches.drop_proposal, said=said, form_class=DropForm)


def _do(
    request: MemberRequest,
    pk: int,
    event: Callable[..., Contract],
    *,
    said: Callable[[Contract], str],
    form_class: type[forms.Form] | None = ReasonForm,
) -> HttpResponse:
    """One event for the party that one acts for, with what its small form holds."""
    contract_to_sign(request, pk)
    told = _told(request, form_class)
    if told is None:
        return redirect("contracts:contract", pk)

    def deed(found: Contract) -> str:
        party, on = acting_me(request), today(request)
        return said(event(found, party=party, by=request.user, on=on, **told))

    return happen(request, pk, deed)


def _order(
    request: MemberRequest, pk: int, event: Callable[..., Contract], *, said: str
) -> HttpResponse:
    """An event of the CHRO, who acts for no party."""
    told = _told(request, ReasonForm)
    if told is None:
        return redirect("contracts:contract", pk)

    def deed(found: Contract) -> str:
        event(found, by=request.user, on=today(request), **told)
        return said

    return happen(request, pk, deed)


def _sign(
    request: MemberRequest,
    pk: int,
    event: Callable[..., Contract],
    *,
    said: Callable[[Contract], str],
) -> HttpResponse:
    """The second signature, on the hash that was on the page and only after the tick."""
    contract_to_sign(request, pk)
    told = _told(request, SignChangeForm)
    if told is None:
        return redirect("contracts:contract", pk)

    def deed(found: Contract) -> str:
        party, on = acting_me(request), today(request)
        return said(event(found, seen_hash=told["hash"], party=party, by=request.user, on=on))

    return happen(request, pk, deed)


def _told(request: MemberRequest, form_class: type[forms.Form] | None) -> Mapping[str, Any] | None:
    """What was typed; None where it makes no sense, which a message has said."""
    if form_class is None:
        return {}
    form = form_class(request.POST)
    if form.is_valid():
        return form.cleaned_data
    messages.error(request, f"Nothing has happened.\n{what_is_wrong(form)}")
    return None
