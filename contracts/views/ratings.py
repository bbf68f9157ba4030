"""Rate what one used last month: one row a contract, changeable until the 14th."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from accounts.errors import Forbidden, Refused, Unknown
from accounts.http import MemberRequest, acting_me_or_none, page_before, today
from contracts import satisfaction
from contracts.actions import ratings as actions
from contracts.forms.delivery import RatingForm, rating_form
from contracts.models import Contract
from contracts.queries import ratings as queries
from ledger.months import following, month_of, previous

# Forms are tall, rows of earlier ratings are not.
PAGE_SIZE = {False: 8, True: 40}


@require_safe
def ratings(request: MemberRequest) -> HttpResponse:
    return _page(request)


@require_POST
def rate(request: MemberRequest, pk: int, month: date) -> HttpResponse:
    """One rating; a form that does not fit comes back with its error beside the field."""
    contract = _found(request, pk, month)
    actions.require_customer(contract, month, by=request.user)
    form = RatingForm(request.POST, auto_id=f"rate{pk}_%s")
    if form.is_valid():
        try:
            actions.rate(
                contract, month=month, by=request.user, on=today(request), **form.cleaned_data
            )
            closes_on = satisfaction.closes_on(month)
            messages.success(
                request,
                f"Thank you. {contract.offering} is rated for {month:%B %Y}.\n"
                f"You may change it until {closes_on:%-d %B}; it is revealed the day after.",
            )
            return redirect(page_before(request, "contracts:ratings"))
        except (Forbidden, Unknown):
            raise
        except Refused as reason:
            form.add_error(None, f"{reason} {reason.help}".strip())
    return _page(request, wrong=(pk, form))


@require_POST
def withdraw(request: MemberRequest, pk: int, month: date) -> HttpResponse:
    contract = _found(request, pk, month)
    actions.require_customer(contract, month, by=request.user)
    try:
        actions.withdraw_rating(contract, month=month, by=request.user, on=today(request))
        messages.success(request, "Rating withdrawn.\nIt is left out of the next computation.")
    except Refused as reason:
        messages.error(request, str(reason))
    return redirect(page_before(request, "contracts:ratings"))


def _found(request: MemberRequest, pk: int, month: date) -> Contract:
    known = queries.known_to_rate(request.user, month=month, on=today(request))
    found = known.filter(pk=pk).first()
    if found is None:
        raise Unknown
    return found


def _page(request: MemberRequest, *, wrong: tuple[int, RatingForm] | None = None) -> HttpResponse:
    on = today(request)
    month = previous(on)
    closes_on = satisfaction.closes_on(month)
    rows = [_row(each, wrong) for each in queries.to_rate(request.user, on=on)]
    # What is left comes first, so that whoever rates goes on at the top of the page.
    rows.sort(key=lambda row: row["rating"] is not None)
    left = sum(row["rating"] is None for row in rows)
    given = queries.given(request.user, on=on)
    shows_given = not wrong and (not rows or request.GET.get("show") == "given")
    page = Paginator(given if shows_given else rows, PAGE_SIZE[shows_given])
    at = _page_of(rows, wrong[0]) if wrong else request.GET.get("page")
    opens_on = following(month_of(on))
    context = {
        "title": f"Rate what you used in {month:%B}",
        "lede": f"Changeable until {closes_on:%-d %B}; revealed the day after, without names, and"
        " only where five or more have rated.",
        "me": acting_me_or_none(request),
        "rows": rows,
        "page": page.get_page(at),
        "shows_given": shows_given,
        "shows": [("", "To rate"), ("given", "Earlier ratings")] if rows and given else [],
        "month": month,
        "given": given,
        "left_words": f"{left} of {len(rows)} left to rate" if left else "All rated, thank you",
        "empty_title": "Nothing to rate",
        "empty_text": f"What your ME uses in {on:%B} can be rated from {opens_on:%-d %B} to"
        f" {satisfaction.closes_on(month_of(on)):%-d %B}.",
        "wrong": wrong[1] if wrong else None,
    }
    return render(request, "contracts/ratings.html", context, status=400 if wrong else 200)


def _row(each: queries.ToRate, wrong: tuple[int, RatingForm] | None) -> dict[str, Any]:
    is_wrong = wrong is not None and wrong[0] == each.contract.pk
    return {
        "contract": each.contract,
        "rating": each.rating,
        "form": wrong[1] if wrong and is_wrong else rating_form(each.contract, each.rating),
        "note": "Rated" if each.rating else "Not rated yet",
        "button": "Change rating" if each.rating else "Rate",
    }


def _page_of(rows: Sequence[Mapping[str, Any]], contract: int) -> int:
    keys = [row["contract"].pk for row in rows]
    return keys.index(contract) // PAGE_SIZE[False] + 1 if contract in keys else 1
