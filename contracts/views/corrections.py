"""Corrections in the browser: entered from a line of a locked month, answered by who pays."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from accounts.errors import Forbidden, Refused, Unknown
from accounts.http import MemberRequest, acting_me_or_none, status_for, today
from accounts.models import MicroEnterprise
from accounts.queries import organization
from contracts.actions import corrections
from contracts.forms.corrections import CorrectionForm
from contracts.models import Correction, SettlementLine
from contracts.queries import corrections as queries

PAGE_SIZE = 25
_STEPS: dict[str, Callable[..., Correction]] = {
    "confirm": corrections.confirm_correction,
    "decline": corrections.reject_correction,
    "withdraw": corrections.withdraw_correction,
}


@require_http_methods(["GET", "HEAD", "POST"])
def correct(request: MemberRequest, pk: int, line: int) -> HttpResponse:
    """Enter what a line of a locked month should have been, for a party or as an HR admin."""
    on = today(request)
    found = queries.line_to_correct(request.user, pk, line, on=on)
    party = _party(request, found)
    who: dict[str, Any] = {"party": party, "by": request.user, "on": on}
    corrections.require_may_enter(found.contract, **who)
    form = CorrectionForm(request.POST or None, contract=found.contract)
    if request.method == "POST" and form.is_valid():
        try:
            made = corrections.enter_correction(
                found.contract, origin_month=found.month, **who, **form.values
            )
        except (Forbidden, Unknown):
            raise
        except Refused as reason:
            field = reason.field if reason.field in form.fields else None
            form.add_error(field, f"{reason} {reason.help}".strip())
        else:
            messages.success(request, f"Correction entered.\n{queries.state_words(made)}")
            return redirect("contracts:correction", made.pk)
    context = _form_page(found) | {"form": form}
    return render(request, "contracts/delivery_form.html", context, status=status_for(form))


def _party(request: MemberRequest, line: SettlementLine) -> MicroEnterprise | None:
    """The ME that the reader acts for, where it is one of the two; None for neither side."""
    me = acting_me_or_none(request)
    parties = {line.contract.buyer_id, line.contract.provider_id}
    return me if me is not None and me.pk in parties else None


def _form_page(line: SettlementLine) -> dict[str, Any]:
    title = f"Correct the {line.get_kind_display().lower()} of {line.month:%B %Y}"
    back = f"{reverse('contracts:contract', args=[line.contract_id])}#settled"
    return {
        "title": title,
        "lede": f"{line.amount:,.2f}: {line.calculation} A locked month never changes; what both"
        " sides agree on is a line of the next one.",
        "button": "Enter correction",
        "back": back,
        "contract": line.contract,
        "trail": [
            ("Contracts", reverse("contracts:contracts")),
            (line.contract.offering.name, back),
            (title, ""),
        ],
    }


@require_safe
def listing(request: MemberRequest) -> HttpResponse:
    """Those that the reader may see, the ones that wait first."""
    asked = request.GET.get("state", "")
    found = queries.visible_to(request.user, on=today(request))
    if asked in Correction.State.values:
        found = found.filter(state=asked)
    page = Paginator(queries.waiting_first(found), PAGE_SIZE).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "rows": [{"correction": each, "words": queries.state_words(each)} for each in page],
        "states": [("", "All"), *Correction.State.choices],
        "currency": organization().currency,
        "me": acting_me_or_none(request),
    }
    return render(request, "contracts/corrections.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def correction(request: MemberRequest, pk: int) -> HttpResponse:
    """One correction; a POST is the step that its button names."""
    on = today(request)
    found = queries.found(request.user, pk, on=on)
    if request.method == "POST":
        try:
            done = _step(request)(found, by=request.user, on=on)
        except (Forbidden, Unknown):
            raise
        except Refused as reason:
            messages.error(request, f"{reason}\n{reason.help}")
        else:
            said = Correction.State(done.state).label
            messages.success(request, f"Correction {said.lower()}.\n{queries.state_words(done)}")
        return redirect("contracts:correction", pk)
    context = {
        "page": queries.correction_page(found, user=request.user, on=on),
        "correction": found,
        "currency": organization().currency,
        "trail": [("Corrections", reverse("contracts:corrections")), (str(found), "")],
    }
    return render(request, "contracts/correction.html", context)


def _step(request: MemberRequest) -> Callable[..., Correction]:
    asked = request.POST.get("step", "")
    if asked not in _STEPS:
        raise Refused("Nothing was done.", help="Confirm, decline or take it back here.")
    return _STEPS[asked]
