"""Disputes in the browser: ours, one with its clock and next step, and who disputes with whom."""

from collections.abc import Callable
from datetime import date
from typing import Any

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from accounts import permissions
from accounts.errors import Forbidden, Refused, Unknown
from accounts.http import MemberRequest, acting_me, acting_me_or_none, status_for, today
from accounts.permissions import may_see_negotiation, require_known
from accounts.queries import holidays, organization
from contracts.actions import disputes, mediation
from contracts.forms.disputes import AnswerForm, MediatorForm, OpenForm, PanelForm, ShareForm
from contracts.models import Dispute, SettlementLine
from contracts.queries import disputes as queries
from contracts.queries.dispute_page import about, clock, dispute_page, stage_label
from contracts.views.agreements import found_contract

Deed = Callable[[], Dispute]
PAGE_SIZE = 25
FORMS: dict[str, type[forms.Form]] = {
    "answer": AnswerForm,
    "propose": ShareForm,
    "decide": ShareForm,
    "mediator": MediatorForm,
    "panel": PanelForm,
}
BUTTONS = {
    "answer": "Send answer",
    "propose": "Propose it",
    "decide": "Decide",
    "mediator": "Name mediator",
    "panel": "Choose panel",
}


@require_http_methods(["GET", "HEAD", "POST"])
def open_dispute(request: MemberRequest, pk: int, line: int) -> HttpResponse:
    """Mark a line, or a part of it, as disputed: before posting or after it."""
    found, on, party = _line(request, pk, line), today(request), acting_me(request)
    disputes.require_buyer(found.contract, party=party, by=request.user, on=on)
    form = OpenForm(request.POST or None, initial={"amount": found.amount})
    if request.method == "POST" and form.is_valid():
        try:
            made = disputes.open_dispute(
                found, party=party, by=request.user, on=on, **form.cleaned_data
            )
        except (Forbidden, Unknown):
            raise
        except Refused as reason:
            field = reason.field if reason.field in form.fields else None
            form.add_error(field, f"{reason} {reason.help}".strip())
        else:
            messages.success(request, _opened(made))
            return redirect("contracts:dispute", made.pk)
    context = _open_page(found) | {"form": form}
    return render(request, "contracts/delivery_form.html", context, status=status_for(form))


def _line(request: MemberRequest, pk: int, line: int) -> SettlementLine:
    """A line of the contract, for members of its parties; Unknown to others."""
    contract = found_contract(request, pk)
    parties = contract.buyer, contract.provider
    require_known(may_see_negotiation(request.user, *parties, on=today(request)))
    found = SettlementLine.objects.filter(pk=line, contract=contract).first()
    if found is None:
        raise Unknown
    found.contract = contract
    return found


def _opened(dispute: Dispute) -> str:
    return (
        f"{dispute.amount:,.2f} disputed.\n{dispute.contract.provider} answers until"
        f" {dispute.answer_until_on:%-d %B}; only that amount is held, and the service goes on."
    )


def _open_page(line: SettlementLine) -> dict[str, Any]:
    contract = line.contract
    title = f"Dispute the {line.get_kind_display().lower()} of {line.month:%B %Y}"
    back = f"{reverse('contracts:contract', args=[contract.pk])}#settled"
    return {
        "title": title,
        "lede": f"{line.amount:,.2f}: {line.calculation}",
        "button": "Dispute it",
        "back": back,
        "contract": contract,
        "trail": [
            ("Contracts", reverse("contracts:contracts")),
            (contract.offering.name, back),
            (title, ""),
        ],
    }


@require_safe
def listing(request: MemberRequest) -> HttpResponse:
    """Those that the reader may see, open ones first, with the clock of each."""
    on = today(request)
    asked = request.GET.get("state", "")
    found = queries.visible_to(request.user, on=on)
    if asked in Dispute.State.values:
        found = found.filter(state=asked)
    page = Paginator(found.order_by("state", "-pk"), PAGE_SIZE).get_page(request.GET.get("page"))
    standings, free = queries.standings(page, on=on), holidays()
    context = {
        "page": page,
        "rows": [
            {
                "dispute": each, "about": about(each),
                "clock": clock(standings[each.pk], on=on, holidays=free),
                "stage": standings[each.pk].stage.value, "label": stage_label(standings[each.pk]),
            }
            for each in page
        ],
        "states": [("", "All"), *Dispute.State.choices],
        "currency": organization().currency,
        "me": acting_me_or_none(request),
        "may_compare": permissions.may_see_every_dispute(request.user),
    }  # fmt: skip
    return render(request, "contracts/disputes.html", context)


@require_safe
def pairs(request: MemberRequest) -> HttpResponse:
    """Who disputes with whom, how much of what is charged, and who is right how often."""
    permissions.require(
        permissions.may_see_every_dispute(request.user),
        "Who disputes with whom is for the CHRO and auditors.",
        help="Your own disputes are on the page Disputes.",
    )
    page = Paginator(queries.pairs(), PAGE_SIZE).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "rows": queries.pair_rows(list(page)),
        "currency": organization().currency,
        "trail": [("Disputes", reverse("contracts:disputes")), ("Who disputes with whom", "")],
    }
    return render(request, "contracts/dispute_pairs.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def dispute(request: MemberRequest, pk: int) -> HttpResponse:
    """One dispute; a POST is the step that its one form, or one of its buttons, names."""
    on = today(request)
    found = queries.found(request.user, pk, on=on)
    page = dispute_page(found, user=request.user, on=on)
    step = request.POST.get("step", "")
    form_class = FORMS.get(page.todo)
    is_sent = form_class is not None and step == page.todo
    form = form_class(request.POST if is_sent else None) if form_class else None
    if request.method == "POST" and (form is None or not is_sent or form.is_valid()):
        try:
            said = _do(found, step, form, request=request, on=on)
        except (Forbidden, Unknown):
            raise
        except Refused as reason:
            if form is None or not is_sent:
                messages.error(request, f"{reason}\n{reason.help}")
                return redirect("contracts:dispute", pk)
            field = reason.field if reason.field in form.fields else None
            form.add_error(field, f"{reason} {reason.help}".strip())
        else:
            messages.success(request, said)
            return redirect("contracts:dispute", pk)
    context = {
        "page": page,
        "dispute": found,
        "form": form,
        "button": BUTTONS.get(page.todo, ""),
        "currency": organization().currency,
        "trail": [("Disputes", reverse("contracts:disputes")), (str(found), "")],
    }
    status = status_for(form) if form else 200
    return render(request, "contracts/dispute.html", context, status=status)


def _do(
    found: Dispute, step: str, form: forms.Form | None, *, request: MemberRequest, on: date
) -> str:
    """The step, and what it changed in words."""
    who: dict[str, Any] = {"by": request.user, "on": on}
    told = form.cleaned_data if form is not None and form.is_bound else {}
    deeds: dict[str, Deed] = {
        "answer": lambda: disputes.answer(found, **told, **who),
        "accept_offer": lambda: disputes.answer_offer(found, accepts=True, **who),
        "reject_offer": lambda: disputes.answer_offer(found, accepts=False, **who),
        "accept_proposal": lambda: disputes.answer_proposal(
            found, accepts=True, party=acting_me(request), **who
        ),
        "reject_proposal": lambda: disputes.answer_proposal(
            found, accepts=False, party=acting_me(request), **who
        ),
        "withdraw": lambda: disputes.withdraw(found, **who),
        "propose": lambda: mediation.propose(found, **told, **who),
        "decide": lambda: mediation.decide(found, **told, **who),
        "mediator": lambda: mediation.name_mediator(found, **told, **who),
        "panel": lambda: mediation.choose_panel(found, members=_members(form), **who),
    }
    if step not in deeds or (step in FORMS and not told):
        raise Refused(
            "Nothing was done: that step is not the next one.",
            code="wrong_state",
            help="Read where the dispute stands now.",
        )
    done = deeds[step]()
    return f"{stage_label(queries.standing(done, on=on))}.\nWho has to act next was told by mail."


def _members(form: forms.Form | None) -> list[Any]:
    return form.members if isinstance(form, PanelForm) else []
