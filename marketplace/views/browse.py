"""The list of everything that can be bought."""

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_safe

from accounts.http import MemberRequest, today
from accounts.permissions import may_see_market, require
from accounts.queries import organization
from marketplace import search
from marketplace.forms.search import SearchForm
from marketplace.views import rows

_SORTS = [("", "Best"), ("price", "Price"), ("name", "Name"), ("newest", "Newest")]
_SHARES = [("90", "90 of 100"), ("80", "80 of 100"), ("70", "70 of 100")]


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
