"""The list of everything that can be bought, and up to four offers side by side."""

from datetime import date
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_safe

from accounts.errors import Unknown
from accounts.http import MemberRequest, today
from accounts.permissions import may_see_market, require
from accounts.queries import organization
from marketplace import comparison, queries, search
from marketplace.comparison import Compared
from marketplace.forms.search import SearchForm
from marketplace.models import OutsideOffer, ServiceOffering
from marketplace.views import rows

_SORTS = [("", "Best"), ("price", "Price"), ("name", "Name"), ("newest", "Newest")]
_SHARES = [("90", "90 of 100"), ("80", "80 of 100"), ("70", "70 of 100")]
_MOST_COMPARED = 4


@require_safe
def browse(request: MemberRequest) -> HttpResponse:
    require(may_see_market(request.user), "The market is open to members of the firm.")
    on = today(request)
    form = SearchForm(request.GET)
    wanted = form.wanted(request.GET.getlist("category"))
    found = search.find(wanted, on=on, page=request.GET.get("page", "1"))
    context = {
        "form": form,
        "q": wanted.words,
        "found": found,
        "page": found.page,
        "rows": [rows.row_of(offer, on=on) for offer in found.page],
        "count": found.count,
        "at_most": search.AT_MOST,
        "is_alike": found.is_alike,
        "where_options": _where_options(found),
        "sort_options": _SORTS,
        "shares": [(value, label, value == form["satisfied"].value()) for value, label in _SHARES],
        "active": _active(form, found, wanted),
        "mixes_units": wanted.sort.endswith("price") and len(found.units) > 1 and not wanted.unit,
        "currency": organization().currency,
    }
    template = (
        "marketplace/_market.html" if "HX-Request" in request.headers else "marketplace/browse.html"
    )
    answer = render(request, template, context)
    patch_vary_headers(answer, ["HX-Request"])
    return answer


@require_safe
def compare(request: MemberRequest) -> HttpResponse:
    require(may_see_market(request.user), "The market is open to members of the firm.")
    on = today(request)
    offers = [_item(item, request, on=on) for item in _items(request)]
    verdict = comparison.verdict([_compared(offer, on=on) for offer in offers])
    context = {
        "columns": [_column(offer, on=on) for offer in offers],
        "verdict": verdict,
        "reasons": "\n".join(verdict.reasons),
        "currency": organization().currency,
        "trail": [("Market", reverse("marketplace:browse")), ("Compare", "")],
    }
    return render(request, "marketplace/compare.html", context)


def _where_options(found: search.Found) -> list[tuple[str, str, int]]:
    both = sum(found.counts.values())
    named = [(search.INSIDE, "Inside"), (search.OUTSIDE, "Outside")]
    return [("", "All", both), *((where, label, found.counts[where]) for where, label in named)]


def _active(
    form: SearchForm, found: search.Found, wanted: search.Wanted
) -> list[tuple[str, str, str]]:
    """(words, parameter, value) of every filter in force."""
    active = [(f"“{wanted.words}”", "q", form["q"].value() or "")] if wanted.words else []
    active += [(each.label, "category", each.value) for each in found.categories if each.is_chosen]
    if wanted.unit:
        active.append((f"Per {wanted.unit}", "unit", wanted.unit))
    for name, label, value in (
        ("price_from", "From", wanted.price_from),
        ("price_to", "Up to", wanted.price_to),
    ):
        if value is not None:
            active.append((f"{label} {value:,}", name, form[name].value()))
    if wanted.satisfied is not None:
        share = form["satisfied"].value()
        active.append((f"At least {share} of 100 satisfied", "satisfied", share))
    return active


def _items(request: MemberRequest) -> list[str]:
    return list(dict.fromkeys(request.GET.getlist("item")))[:_MOST_COMPARED]


def _item(item: str, request: MemberRequest, *, on: date) -> ServiceOffering | OutsideOffer:
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


def _compared(offer: ServiceOffering | OutsideOffer, *, on: date) -> Compared:
    row = rows.row_of(offer, on=on)
    weak = rows.weakness_of(offer, on=on) if isinstance(offer, OutsideOffer) else ""
    unit = row["per"].removeprefix("per ")
    return Compared(row["where"], row["name"], row["by"], row["price"], unit, row["csat"], weak)


def _column(offer: ServiceOffering | OutsideOffer, *, on: date) -> dict[str, Any]:
    row = rows.row_of(offer, on=on)
    if isinstance(offer, OutsideOffer):
        expired = offer.is_expired(on=on)
        order_url = "" if expired else f"/outside-purchases/new/{offer.pk}/"
        return row | {
            "measures": [],
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
        "validity": "Until withdrawn",
        "price_of": version.published_on if version else None,
        "category": offer.category.name,
        "action": "See what it costs",
        "action_url": f"{row['url']}#buy",
    }
