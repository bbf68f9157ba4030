"""Offers from outside: one of them, one recorded by hand, a whole price list uploaded."""

import hashlib
from datetime import date
from typing import Any

from django.contrib import messages
from django.core.cache import cache
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.errors import Forbidden, Refused, Unknown
from accounts.http import MemberRequest, status_for, today
from accounts.permissions import may_record_outside_offers, require
from accounts.queries import organization
from marketplace import comparison, price_lists, queries
from marketplace.actions import Imported, import_outside_offers, record_outside_offer
from marketplace.forms.outside import OutsideOfferForm, PriceListForm
from marketplace.models import OutsideOffer
from marketplace.price_layouts import PRESETS
from marketplace.price_lists import PriceList, reference_of
from marketplace.views import rows

_PREVIEW_LASTS = 3600
_SHOWN = 20


@require_safe
def outside(request: MemberRequest, pk: int) -> HttpResponse:
    on = today(request)
    offer = queries.outside_offer_seen_by(pk, by=request.user)
    inside = [
        rows.row_of(each, on=on) | {"gap": comparison.gap(offer.price, each.current.price)}
        for each in comparison.inside_beside(offer)[:5]
        if each.current is not None
    ]
    context = {
        "offer": offer,
        "row": rows.row_of(offer, on=on),
        "is_weak": offer.is_weak(on=on),
        "weakness": rows.weakness_of(offer, on=on),
        "terms": _terms(offer, on=on),
        "inside": inside,
        "expired_on": offer.valid_until_on if offer.is_expired(on=on) else None,
        "price_facts": [{"label": f"Price per {offer.unit}", "money": offer.price}],
        "order_url": f"/outside-purchases/new/{offer.pk}/",
        "newer_url": _newer_url(request, offer),
        "currency": organization().currency,
        "trail": [
            ("Market", reverse("marketplace:browse")),
            (
                offer.category.name,
                f"{reverse('marketplace:browse')}?category={offer.category.slug}",
            ),
            (rows.row_of(offer, on=on)["name"], ""),
        ],
    }
    return render(request, "marketplace/outside.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def record_outside(request: MemberRequest) -> HttpResponse:
    on = today(request)
    _require_recorder(request)
    initial = {"priced_on": on} | _prefilled(request)
    form = OutsideOfferForm(request.POST or None, on=on, initial=initial)
    if form.is_bound and form.is_valid():
        try:
            offer, is_new = record_outside_offer(**form.cleaned_data, by=request.user, on=on)
        except (Forbidden, Unknown):
            raise
        except Refused as reason:
            form.add_error(reason.field or None, str(reason))
        else:
            what = "is recorded" if is_new else "has a newer price"
            messages.success(
                request,
                f"{offer.name} {what}.\nIt stands in the market beside the inside offers per "
                f"{offer.unit}.",
            )
            return redirect("marketplace:outside", offer.pk)
    context = {
        "form": form,
        "currency": organization().currency,
        "cancel_url": reverse("marketplace:browse"),
        "import_url": reverse("marketplace:import_outside"),
        "trail": _trail("Record an outside offer"),
    }
    status = status_for(form)
    return render(request, "marketplace/record_outside.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
def import_outside(request: MemberRequest) -> HttpResponse:
    """Upload a price list and see what it would change; nothing is recorded yet."""
    _require_recorder(request)
    form = PriceListForm(request.POST or None, request.FILES or None)
    context: dict[str, Any] = {
        "form": form,
        "cancel_url": reverse("marketplace:record_outside"),
        "trail": _trail("Import a price list"),
    }
    status = 200
    if request.method == "POST":
        status = 400
        if form.is_valid():
            try:
                context |= _preview(request, form)
                status = 200
            except (Forbidden, Unknown):
                raise
            except Refused as reason:
                field = reason.field if reason.field in form.fields else "file"
                form.add_error(field, f"{reason} {reason.help}".strip())
    return render(request, "marketplace/import_outside.html", context, status=status)


@require_POST
def apply_import(request: MemberRequest) -> HttpResponse:
    """Record what was previewed; pressed twice, the second time changes nothing."""
    _require_recorder(request)
    kept = cache.get(_key(request, request.POST.get("upload", "")))
    if kept is None:
        messages.error(
            request, "The preview is older than an hour.\nNothing was recorded. Upload it again."
        )
        return redirect("marketplace:import_outside")
    done = _import(request, _list_of(kept), kept["category"], is_trial=False)
    messages.success(
        request,
        f"{done.created:,} offers recorded, {done.updated:,} updated.\n{done.unchanged:,} were "
        f"known already, {len(done.refused):,} rows were left out.",
    )
    return redirect(f"{reverse('marketplace:browse')}?where=outside&sort=newest")


def _require_recorder(request: MemberRequest) -> None:
    require(
        may_record_outside_offers(request.user, on=today(request)),
        "Outside offers are recorded by whoever leads or may sign for a micro-enterprise.",
        help="Ask your lead, or an HR admin.",
    )


def _preview(request: MemberRequest, form: PriceListForm) -> dict[str, Any]:
    file, category = form.cleaned_data["file"], form.cleaned_data["category"]
    kept = {
        "content": file.read(),
        "name": file.name,
        "layout": form.cleaned_data["layout"],
        "category": category.name if category else "",
    }
    listed = _list_of(kept)
    done = _import(request, listed, kept["category"], is_trial=True)
    upload = hashlib.sha256(kept["content"] + repr(kept["category"]).encode()).hexdigest()
    cache.set(_key(request, upload), kept, _PREVIEW_LASTS)
    return {
        "done": done,
        "upload": upload,
        "preview_note": f"{file.name}; nothing is recorded yet",
        "category": kept["category"] or listed.layout.category,
        "source": listed.layout.source,
        "sample": listed.prices[:_SHOWN],
        "refused": done.refused[: 5 * _SHOWN],
        "more_refused": max(len(done.refused) - 5 * _SHOWN, 0),
        "figures": _figures(done),
        "changes": done.created + done.updated,
        "apply_words": f"Record {done.created + done.updated:,} offers",
        "currency": organization().currency,
    }


def _import(
    request: MemberRequest, listed: PriceList, category: str, *, is_trial: bool
) -> Imported:
    return import_outside_offers(
        listed, category=category, by=request.user, on=today(request), is_trial=is_trial
    )


def _list_of(kept: dict[str, Any]) -> PriceList:
    layout = PRESETS.get(kept["layout"])
    return price_lists.read(kept["content"], name=kept["name"], layout=layout)


def _key(request: MemberRequest, upload: str) -> str:
    """One visitor's uploads are nobody else's."""
    return f"price-list:{request.user.pk}:{hashlib.sha256(upload.encode()).hexdigest()}"


def _figures(done: Imported) -> list[dict[str, Any]]:
    return [
        {"label": "Rows read", "value": f"{done.read:,}"},
        {"label": "New offers", "value": f"{done.created:,}"},
        {"label": "Newer prices", "value": f"{done.updated:,}"},
        {"label": "Known already", "value": f"{done.unchanged:,}"},
        {"label": "Left out", "value": f"{len(done.refused):,}"},
    ]


def _terms(offer: OutsideOffer, *, on: date) -> list[tuple[str, str]]:
    recorder = offer.recorded_by.display_name if offer.recorded_by else "an import"
    return [
        ("Supplier", offer.supplier.name),
        ("Offered on", rows.day(offer.priced_on)),
        ("Validity", rows.note_of(offer, on=on)),
        ("Source", offer.source),
        ("Recorded", f"{rows.day(offer.recorded_on)}, by {recorder}"),
    ]


def _newer_url(request: MemberRequest, offer: OutsideOffer) -> str:
    """Where its price can be renewed by hand; an imported one is renewed by the next list."""
    by_hand = offer.reference == reference_of(offer.supplier.name, offer.name, offer.unit)
    if not by_hand or not may_record_outside_offers(request.user, on=today(request)):
        return ""
    return f"{reverse('marketplace:record_outside')}?newer={offer.pk}"


def _prefilled(request: MemberRequest) -> dict[str, Any]:
    """A newer price of an offer that is known: the same words, so that it replaces the old."""
    given = request.GET.get("newer", "")
    if not given.isascii() or not given.isdigit() or len(given) > 18:
        return {}
    offer = queries.outside_offer_seen_by(int(given), by=request.user)
    names = ("name", "unit", "source", "description")
    known = {name: getattr(offer, name) for name in names}
    return known | {"supplier": offer.supplier.name, "category": offer.category_id}


def _trail(label: str) -> list[tuple[str, str]]:
    return [("Market", reverse("marketplace:browse")), (label, "")]
