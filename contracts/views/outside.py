"""Orders outside: what they would do, placing, receiving and cancelling them."""

from collections.abc import Callable
from datetime import date
from typing import Any
from uuid import uuid4

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.errors import Forbidden, Refused, Unknown
from accounts.http import (
    MemberRequest,
    acting_me,
    acting_me_or_none,
    status_for,
    today,
    what_is_wrong,
)
from accounts.models import MicroEnterprise
from accounts.permissions import may_sign_for
from accounts.queries import organization
from contracts.actions import outside
from contracts.forms.outside import OrderForm, ReceiveForm
from contracts.models import OutsidePurchase
from contracts.queries.outside import as_lost, lost_by, visible_to
from ledger.forecasts import what_if
from ledger.money import to_cents
from ledger.months import month_of
from marketplace.models import OutsideOffer

PAGE_SIZE = 25
State = OutsidePurchase.State
_EXPIRED = (
    "This offer cannot be ordered today: its price is not of today.\n"
    "Record the price of today as a new outside offer, then order that."
)
_LACKING = "That is more than is available.\nOrder less, or ask an HR admin for a grant."
_STATES = {"": "All", "requested": "Requested", "ordered": "Ordered", "received": "Received"}


@require_safe
def purchases(request: MemberRequest) -> HttpResponse:
    """Orders of the acting ME; of all MEs for an office that may see all money."""
    me, on = acting_me_or_none(request), today(request)
    found = visible_to(request.user, on=on).order_by("-requested_on", "-pk")
    if me:
        found = found.filter(buyer=me)
    state = request.GET.get("state", "")
    if state in State.values:
        found = found.filter(state=state)
    context = {
        "page": Paginator(found, PAGE_SIZE).get_page(request.GET.get("page")),
        "me": me,
        "states": [*_STATES.items(), ("cancelled", "Cancelled")],
        "is_filtered": bool(state),
        "currency": organization().currency,
    }
    return render(request, "contracts/outside_purchases.html", context)


@require_safe
def lost(request: MemberRequest) -> HttpResponse:
    """What was bought outside in the categories in which we sell: price and reason."""
    me = acting_me(request)
    page = Paginator(lost_by(me), PAGE_SIZE).get_page(request.GET.get("page"))
    context = {"page": page, "rows": as_lost(page), "me": me, "currency": organization().currency}
    return render(request, "contracts/lost.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def order(request: MemberRequest, offer: int) -> HttpResponse:
    """An order with its effect before it is placed; it needs nobody's approval."""
    me, on = acting_me(request), today(request)
    found = OutsideOffer.objects.select_related("supplier", "category").filter(pk=offer).first()
    if found is None:
        raise Unknown
    outside.require_orderer(request.user, me, on=on)
    start = {"key": uuid4().hex, "quantity": request.GET.get("quantity") or 1}
    form = OrderForm(request.POST if request.method == "POST" else None, initial=start)
    is_pressed = request.method == "POST" and "preview" not in request.POST
    if is_pressed and form.is_valid():
        try:
            placed = outside.buy(found, buyer=me, by=request.user, on=on, **form.cleaned_data)
            messages.success(
                request,
                f"Ordered from {found.supplier}. {placed.amount:,.2f} is committed.\n"
                "Say what it cost when it has come.",
            )
            return redirect("contracts:outside_purchase", placed.pk)
        except (Forbidden, Unknown):
            raise
        except Refused as reason:
            field = reason.field if reason.field in form.fields else None
            form.add_error(field, f"{reason} {reason.help}".strip())
    context = _order_words(form, found, me, on=on)
    status = status_for(form) if is_pressed else 200
    return render(request, "contracts/order_outside.html", context, status=status)


@require_safe
def purchase(request: MemberRequest, pk: int) -> HttpResponse:
    found = _found(request, pk)
    me, on = acting_me_or_none(request), today(request)
    signs = me == found.buyer and may_sign_for(request.user, found.buyer, on=on)
    context = {
        "purchase": found,
        "currency": organization().currency,
        "form": ReceiveForm(initial={"amount": found.amount}),
        "may_order": signs and found.state == State.REQUESTED,
        "may_receive": signs and found.state == State.ORDERED,
        "may_cancel": signs and found.state in {State.REQUESTED, State.ORDERED},
        "facts": _facts(found),
        "events": _events(found),
        "trail": [("Outside purchases", "/outside-purchases/"), (found.offer.name, "")],
    }
    return render(request, "contracts/outside_purchase.html", context)


@require_POST
def confirm(request: MemberRequest, pk: int) -> HttpResponse:
    """Order what was only requested so far."""

    def deed(found: OutsidePurchase) -> str:
        done = outside.order(found, by=request.user, on=today(request))
        return f"Ordered. {done.amount:,.2f} is committed."

    return _happen(request, pk, deed)


@require_POST
def receive(request: MemberRequest, pk: int) -> HttpResponse:
    outside.require_orderer(request.user, _found(request, pk).buyer, on=today(request))
    form = ReceiveForm(request.POST)
    if not form.is_valid():
        messages.error(request, f"Nothing was paid.\n{what_is_wrong(form)}")
        return redirect("contracts:outside_purchase", pk)

    def deed(found: OutsidePurchase) -> str:
        paid = form.cleaned_data["amount"]
        done = outside.receive(found, amount=paid, by=request.user, on=today(request))
        return (
            f"Received. {paid:,.2f} is paid to {done.offer.supplier}.\n"
            f"{done.amount - paid:,.2f} is available again."
        )

    return _happen(request, pk, deed)


@require_POST
def cancel(request: MemberRequest, pk: int) -> HttpResponse:
    def deed(found: OutsidePurchase) -> str:
        done = outside.cancel(found, by=request.user, on=today(request))
        return f"Order cancelled.\n{done.amount:,.2f} is available again."

    return _happen(request, pk, deed)


def _happen(
    request: MemberRequest, pk: int, deed: Callable[[OutsidePurchase], str]
) -> HttpResponse:
    """Do it, and go back to the order with a word on what became of it."""
    found = _found(request, pk)
    try:
        messages.success(request, deed(found))
    except (Forbidden, Unknown):
        raise
    except Refused as reason:
        messages.error(request, f"{reason}\n{reason.help}")
    return redirect("contracts:outside_purchase", pk)


def _order_words(
    form: OrderForm, offer: OutsideOffer, me: MicroEnterprise, *, on: date
) -> dict[str, Any]:
    valid = OutsideOffer.objects.valid(on=on).filter(pk=offer.pk)
    return {
        "form": form,
        "offer": offer,
        "me": me,
        "currency": organization().currency,
        "expired": "" if valid.exists() else _EXPIRED,
        "effect": _effect(form, offer, me, on=on),
        "trail": [("Market", "/market/?where=outside"), (offer.name, "")],
    }


def _found(request: MemberRequest, pk: int) -> OutsidePurchase:
    found = visible_to(request.user, on=today(request)).filter(pk=pk).first()
    if found is None:
        raise Unknown
    return found


def _effect(
    form: OrderForm, offer: OutsideOffer, me: MicroEnterprise, *, on: date
) -> dict[str, Any] | None:
    """What the order takes and what it leaves, or nothing while the quantity makes no sense."""
    told = form.initial["quantity"]
    if form.is_bound:
        told = getattr(form, "cleaned_data", {}).get("quantity")
    try:
        quantity = OrderForm.base_fields["quantity"].clean(told)
    except ValidationError:
        return None
    amount = to_cents(quantity * offer.price)
    what = what_if(me, {month_of(on): amount}, on=on)
    return {
        "facts": [
            {"label": "Available now", "money": what.now.available},
            {"label": "This order", "money": -amount, "signed": True},
            {"label": "Available after", "money": what.left, "total": True},
        ],
        "what": what,
        "lacking": _LACKING,
    }


def _facts(purchase: OutsidePurchase) -> list[dict[str, Any]]:
    facts: list[dict[str, Any]] = [
        {"label": f"Price per {purchase.offer.unit}", "money": purchase.price},
        {"label": "Ordered", "money": purchase.amount, "total": True},
    ]
    if purchase.received_amount is not None:
        facts += [
            {"label": "Paid", "money": purchase.received_amount},
            {"label": "Released", "money": purchase.amount - purchase.received_amount},
        ]
    return facts


def _events(purchase: OutsidePurchase) -> list[dict[str, Any]]:
    told = [
        (purchase.cancelled_on, "Cancelled; all of it is available again"),
        (purchase.received_on, "Received and paid"),
        (purchase.ordered_on, f"Ordered from {purchase.offer.supplier}"),
        (purchase.requested_on, "Requested"),
    ]
    return [{"at": at, "text": text} for at, text in told if at]
