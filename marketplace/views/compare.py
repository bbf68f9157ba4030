"""Up to four offers side by side: what one unit of each comes to at a quantity and a term.

Everything that was asked for stands in the address: `item`, `quantity` and `months`.
"""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_safe

from accounts.errors import Unknown
from accounts.http import MemberRequest, today
from accounts.permissions import may_see_market, require
from accounts.queries import organization
from marketplace import comparison, queries
from marketplace.comparison import Compared
from marketplace.estimates import MONTH, Cost, cost_inside, cost_outside
from marketplace.forms.search import CompareForm
from marketplace.models import OutsideOffer, ServiceOffering
from marketplace.views import rows

MOST = 4
_USUAL_MONTHS = 12
Offer = ServiceOffering | OutsideOffer


@require_safe
def compare(request: MemberRequest) -> HttpResponse:
    """Satisfaction first, then the effective price with its calculation, then the rest."""
    require(may_see_market(request.user), "The market is open to members of the firm.")
    on, items = today(request), _items(request)
    offers = [_item(item, request, on=on) for item in items]
    is_counted = any(map(_counts, offers))
    form = _form(request, offers, is_counted=is_counted)
    quantity, months = _asked(form, offers)
    costs = [_cost(offer, quantity, months) for offer in offers]
    told = [_compared(offer, cost, on=on) for offer, cost in zip(offers, costs, strict=True)]
    verdict = comparison.verdict(told)
    marks = comparison.cheapest_of(told)
    columns = [
        _column(offer, on=on) | {"cost": cost, "mark": mark, "without_url": _without(request, item)}
        for offer, cost, mark, item in zip(offers, costs, marks, items, strict=True)
    ]
    context = {
        "form": form,
        "items": items,
        "columns": columns,
        "verdict": verdict,
        "reasons": "\n".join(verdict.reasons),
        "basis": _basis(quantity, months, is_counted=is_counted),
        "months": months,
        "has_warnings": any(cost.warnings for cost in costs),
        "may_add": len(items) < MOST,
        "currency": organization().currency,
        "trail": [("Market", reverse("marketplace:browse")), ("Compare", "")],
    }
    return render(request, "marketplace/compare.html", context)


def _items(request: MemberRequest) -> list[str]:
    return list(dict.fromkeys(request.GET.getlist("item")))[:MOST]


def _without(request: MemberRequest, item: str) -> str:
    """The same comparison without one of its offers."""
    kept = [("item", each) for each in _items(request) if each != item]
    kept += [(name, request.GET[name]) for name in ("quantity", "months") if name in request.GET]
    return f"?{urlencode(kept)}"


def _item(item: str, request: MemberRequest, *, on: date) -> Offer:
    """`o12` is an offering, `x5` an outside offer; Unknown for anything else."""
    kind, number = item[:1], item[1:]
    if not number.isascii() or not number.isdigit() or len(number) > 18:
        raise Unknown
    if kind == "x":
        return queries.outside_offer_seen_by(int(number), by=request.user)
    offering = queries.offering_seen_by(int(number), by=request.user, on=on)
    if kind != "o" or offering.current is None:
        raise Unknown
    return offering


def _form(request: MemberRequest, offers: Sequence[Offer], *, is_counted: bool) -> CompareForm:
    """Bound only where something was asked; a field that is left out is what is usual."""
    usual = {"quantity": rows.plain(_usual(offers)), "months": _USUAL_MONTHS}
    asked = {name: request.GET[name] for name in usual if request.GET.get(name, "").strip()}
    form = CompareForm(usual | asked if asked else None, initial=usual)
    if not is_counted:
        del form.fields["quantity"]
    return form


def _asked(form: CompareForm, offers: Sequence[Offer]) -> tuple[Decimal, int]:
    """What was asked for, and what is usual in place of what makes no sense."""
    form.is_valid()
    given = form.cleaned_data if form.is_bound else {}
    return given.get("quantity") or _usual(offers), given.get("months") or _USUAL_MONTHS


def _usual(offers: Sequence[Offer]) -> Decimal:
    """The quantity that the first offering names, which says one."""
    for offer in offers:
        version = offer.current if isinstance(offer, ServiceOffering) else None
        if version is not None and version.usual_quantity:
            return Decimal(version.usual_quantity)
    return Decimal(1)


def _counts(offer: Offer) -> bool:
    """Whether its price depends on how much is used."""
    if isinstance(offer, OutsideOffer):
        return offer.unit != MONTH
    return offer.current is not None and bool(offer.current.price_plan.counts)


def _cost(offer: Offer, quantity: Decimal, months: int) -> Cost:
    if isinstance(offer, OutsideOffer):
        return cost_outside(offer.price, offer.unit, quantity=quantity, months=months)
    if offer.current is None:
        raise Unknown
    return cost_inside(offer.current.price_plan, quantity=quantity, months=months)


def _basis(quantity: Decimal, months: int, *, is_counted: bool) -> str:
    """What the figures are of, in words."""
    term = "1 month" if months == 1 else f"{months} months"
    return f"At {rows.plain(quantity)} a month, over {term}" if is_counted else f"Over {term}"


def _compared(offer: Offer, cost: Cost, *, on: date) -> Compared:
    row = rows.row_of(offer, on=on)
    weak = rows.weakness_of(offer, on=on) if isinstance(offer, OutsideOffer) else ""
    unit, price = row["per"].removeprefix("per "), cost.effective_price
    return Compared(row["where"], row["name"], row["by"], price, unit, row["csat"], weak)


def _column(offer: Offer, *, on: date) -> dict[str, Any]:
    row = rows.row_of(offer, on=on)
    if isinstance(offer, OutsideOffer):
        expired = offer.is_expired(on=on)
        order_url = "" if expired else f"/outside-purchases/new/{offer.pk}/"
        return row | {
            "measures": [],
            "tariff": f"{offer.price:,.2f} per {offer.unit}",
            "validity": rows.note_of(offer, on=on),
            "price_of": offer.priced_on,
            "category": offer.category.name,
            "action": "Order outside",
            "action_url": order_url,
        }
    version = offer.current
    measures = version.measures.all() if version else []
    return row | {
        "measures": [rows.measure_words(measure) for measure in measures],
        "tariff": version.price_plan.tariff() if version else "",
        "validity": "Until withdrawn",
        "price_of": version.published_on if version else None,
        "category": offer.category.name,
        "action": "See what it costs",
        "action_url": f"{row['url']}#buy",
    }
