"""Our contracts, one contract, and the events that its buttons cause."""

from collections.abc import Callable

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_POST, require_safe

from accounts.errors import Forbidden, Refused, Unknown
from accounts.http import MemberRequest, acting_me, acting_me_or_none, today, what_is_wrong
from accounts.queries import organization
from contracts.actions import agreements, guards
from contracts.forms.agreements import EndForm, ReasonForm, SignForm
from contracts.forms.changes import field_of
from contracts.forms.delivery import rating_form
from contracts.models import Contract
from contracts.queries import contract_list, delivered
from contracts.queries.agreements import visible_to
from contracts.queries.contract_page import contract_page
from contracts.queries.printed import day

PAGE_SIZE = 25


@require_safe
def contracts(request: MemberRequest) -> HttpResponse:
    """Ours as buyer and as provider, what waits for us first; or those of the whole firm."""
    on, me = today(request), acting_me_or_none(request)
    asked = {name: request.GET.get(name, "") for name in ("state", "side", "q", "whose")}
    of_the_firm = me is None or asked["whose"] == "firm"
    everything = contract_list.contracts_of(request.user, me, of_the_firm=of_the_firm, on=on)
    found = contract_list.filtered(
        everything, me=me, stage=asked["state"], side=asked["side"],
        words=asked["q"].strip()[:100], on=on,
    )  # fmt: skip
    page = Paginator(found, PAGE_SIZE).get_page(request.GET.get("page"))
    stages = [(value, label) for value, (label, _) in contract_list.STAGES.items()]
    context = {
        "page": page,
        "rows": [contract_list.row_of(each, me, on=on) for each in page],
        "stages": [*stages[:1], ("waiting", "Waiting for us"), *stages[1:]] if me else stages,
        "sides": contract_list.SIDES.items() if me and not of_the_firm else [],
        "whose": [("", "Ours"), ("firm", "The whole firm")] if me else [],
        "is_filtered": any(asked[name] for name in ("state", "side", "q")),
        "currency": organization().currency,
        "me": me,
        "q": asked["q"],
        "asked": asked,
    }
    template = "contracts/_results.html" if _wants_fragment(request) else "contracts/contracts.html"
    answer = render(request, template, context)
    patch_vary_headers(answer, ["HX-Request"])
    return answer


@require_safe
def contract(request: MemberRequest, pk: int) -> HttpResponse:
    """One contract with its terms, signatures, timeline, and what the reader can do now."""
    on, found = today(request), found_contract(request, pk)
    page = contract_page(found, user=request.user, me=acting_me_or_none(request), on=on)
    asked, panel = request.GET.get("month", ""), page.panel
    lived = delivered.sections(found, user=request.user, asked=asked, on=on)
    rating = lived.get("rating")
    context = {
        "page": page,
        "trail": [("Contracts", "/contracts/"), (page.title, "")],
        "sign_form": SignForm(initial={"hash": page.version.hash}),
        "end_form": EndForm(auto_id="end_%s"),
        "reason_form": ReasonForm(auto_id="why_%s"),
        "contract": found,
        "currency": page.currency,
        "asked_rows": [(each, field_of(each.drop)) for each in panel.asked] if panel else [],
        "deed_rows": [(each, field_of(each)) for each in panel.deeds] if panel else [],
        "rating_form": rating_form(found, rating.own) if rating else None,
        **lived,
    }
    return render(request, "contracts/contract.html", context)


@require_POST
def offer(request: MemberRequest, pk: int) -> HttpResponse:
    def said(done: Contract) -> str:
        until = day(done.answer_until_on or done.starts_on)
        return f"Contract offered.\n{done.turn} answers until {until}."

    return _sign(request, pk, agreements.offer, said=said)


@require_POST
def accept(request: MemberRequest, pk: int) -> HttpResponse:
    def said(done: Contract) -> str:
        return f"Contract signed by both sides.\nIt starts on {day(done.starts_on)} by itself."

    return _sign(request, pk, agreements.accept, said=said)


@require_POST
def decline(request: MemberRequest, pk: int) -> HttpResponse:
    return _give_up(request, pk, agreements.decline, said="Offer declined.\nNothing is reserved.")


@require_POST
def withdraw(request: MemberRequest, pk: int) -> HttpResponse:
    return _give_up(request, pk, agreements.withdraw, said="Offer withdrawn.\nNothing is reserved.")


@require_POST
def cancel(request: MemberRequest, pk: int) -> HttpResponse:
    said = "Contract cancelled.\nAll that was committed for it is available again."
    return _give_up(request, pk, agreements.cancel, said=said)


@require_POST
def end(request: MemberRequest, pk: int) -> HttpResponse:
    """Name the last day, or confirm the one that the other side has named."""
    contract_to_sign(request, pk)
    form = EndForm(request.POST)
    if not form.is_valid():
        messages.error(request, f"Nothing was ended.\n{what_is_wrong(form)}")
        return redirect("contracts:contract", pk)

    def deed(found: Contract) -> str:
        done = agreements.propose_end(
            found, party=acting_me(request), by=request.user, on=today(request),
            **form.cleaned_data,
        )  # fmt: skip
        last = day(form.cleaned_data["last_day_on"])
        if done.ended_on:
            return f"The contract ends on {last}.\nWhat lay beyond that day is available again."
        return f"You propose {last} as the last day.\nThe other side has to confirm it."

    return happen(request, pk, deed)


@require_POST
def confirm_end(request: MemberRequest, pk: int) -> HttpResponse:
    contract_to_sign(request, pk)
    form = EndForm(request.POST)
    if not form.is_valid():
        messages.error(request, f"Nothing was confirmed.\n{what_is_wrong(form)}")
        return redirect("contracts:contract", pk)

    def deed(found: Contract) -> str:
        last = form.cleaned_data["last_day_on"]
        agreements.confirm_end(
            found, last_day_on=last, party=acting_me(request), by=request.user, on=today(request)
        )
        return f"The contract ends on {day(last)}.\nWhat lay beyond that day is available again."

    return happen(request, pk, deed)


def found_contract(request: MemberRequest, pk: int) -> Contract:
    """The contract, where the reader may know of it; Unknown otherwise."""
    visible = visible_to(request.user, on=today(request))
    found = visible.select_related("buyer", "provider", "turn", "current", "offering")
    contract = found.filter(pk=pk).first()
    if contract is None:
        raise Unknown
    return contract


def contract_to_sign(request: MemberRequest, pk: int) -> Contract:
    """The contract, where the reader may sign for the party that they act for."""
    found = found_contract(request, pk)
    guards.require_signer(found, party=acting_me(request), by=request.user, on=today(request))
    return found


def _sign(
    request: MemberRequest,
    pk: int,
    event: Callable[..., Contract],
    *,
    said: Callable[[Contract], str],
) -> HttpResponse:
    """A signature on the hash that was on the page, and only after the tick."""
    contract_to_sign(request, pk)
    form = SignForm(request.POST)
    if not form.is_valid():
        messages.error(request, f"Not signed yet.\n{what_is_wrong(form)}")
        return redirect("contracts:contract", pk)

    def deed(found: Contract) -> str:
        done = event(
            found, seen_hash=form.cleaned_data["hash"], party=acting_me(request), by=request.user,
            on=today(request),
        )  # fmt: skip
        return said(done)

    return happen(request, pk, deed)


def _give_up(
    request: MemberRequest, pk: int, event: Callable[..., Contract], *, said: str
) -> HttpResponse:
    contract_to_sign(request, pk)
    form = ReasonForm(request.POST)
    if not form.is_valid():
        messages.error(request, f"Nothing was changed.\n{what_is_wrong(form)}")
        return redirect("contracts:contract", pk)

    def deed(found: Contract) -> str:
        event(
            found, party=acting_me(request), by=request.user, on=today(request),
            **form.cleaned_data,
        )  # fmt: skip
        return said

    return happen(request, pk, deed)


def happen(request: MemberRequest, pk: int, deed: Callable[[Contract], str]) -> HttpResponse:
    """Do it, and go back to the contract with a word on what became of it."""
    found = found_contract(request, pk)
    try:
        messages.success(request, deed(found))
    except (Forbidden, Unknown):
        raise
    except Refused as reason:
        messages.error(request, f"{reason}\n{reason.help}")
    return redirect("contracts:contract", pk)


def _wants_fragment(request: MemberRequest) -> bool:
    return bool(getattr(request, "htmx", False))
