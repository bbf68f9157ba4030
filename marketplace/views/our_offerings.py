"""A provider's own list, and the pages on which it writes, publishes and withdraws."""

from datetime import date
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import policy
from accounts.errors import Forbidden, Refused, Unknown
from accounts.http import MemberRequest, acting_me, today
from accounts.permissions import may_publish_for, require
from accounts.queries import organization
from ledger.months import months_before
from marketplace import actions, queries
from marketplace.forms import plans
from marketplace.forms.levels import LevelRows
from marketplace.forms.offerings import (
    OfferingForm,
    PublishForm,
    Together,
    measures_of,
    one_more,
    posted_measures,
    terms_from,
)
from marketplace.models import OfferingVersion, ServiceOffering
from marketplace.price_plans import Plan
from marketplace.views import rows

_LIST = "marketplace:our_offerings"


@require_safe
def our_offerings(request: MemberRequest) -> HttpResponse:
    me, on = acting_me(request), today(request)
    page = Paginator(queries.own_offerings(me), 25).get_page(request.GET.get("page"))
    may_publish = may_publish_for(request.user, me, on=on)
    context = {
        "me": me,
        "lede": f"What {me} sells to other micro-enterprises.",
        "page": page,
        "rows": [_line(each) for each in page],
        "may_publish": may_publish,
        "new_url": reverse("marketplace:new_offering") if may_publish else "",
        "currency": organization().currency,
        "trail": [("Market", reverse("marketplace:browse")), ("Our offerings", "")],
    }
    return render(request, "marketplace/our_offerings.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def new_offering(request: MemberRequest) -> HttpResponse:
    me, on = acting_me(request), today(request)
    require(
        may_publish_for(request.user, me, on=on),
        f"Only the lead of {me}, or who may sign for it, decides what it sells.",
        help=f"Ask the lead of {me}.",
    )
    if request.method != "POST":
        initial = {"plan": Plan.FIXED.value, "lead_time_days": 5}
        return _page(
            request, OfferingForm(initial=initial), measures_of(None), LevelRows(None, ()), None
        )
    levels = LevelRows(request.POST, ())
    if {"add", "choose"} & request.POST.keys():
        return _as_typed(request, levels, None)
    form, measures = OfferingForm(request.POST), posted_measures(request.POST)
    if form.is_valid() and measures.is_valid() and levels.is_valid():
        try:
            made = actions.draft_offering(
                me, category=form.cleaned_data["category"], by=request.user, on=on,
                terms=terms_from(form, measures, levels),
            )  # fmt: skip
        except (Forbidden, Unknown):
            raise
        except Refused as reason:
            _say(form, reason)
        else:
            return _saved(request, made)
    return _page(request, form, measures, levels, None, status=400)


@require_http_methods(["GET", "HEAD", "POST"])
def edit_offering(request: MemberRequest, pk: int) -> HttpResponse:
    on = today(request)
    offering = queries.offering_edited_by(pk, by=request.user, on=on)
    draft = queries.draft_of(offering)
    if draft is None:
        messages.info(request, "What was published never changes.\nStart a new version instead.")
        return redirect("marketplace:offering", offering.pk)
    terms = actions.terms_of(draft)
    if request.method != "POST":
        levels = LevelRows(None, terms.levels)
        return _page(request, _form_of(offering, draft), measures_of(terms), levels, offering)
    levels = LevelRows(request.POST, terms.levels)
    if {"add", "choose"} & request.POST.keys():
        return _as_typed(request, levels, offering)
    form, measures = OfferingForm(request.POST), posted_measures(request.POST)
    if form.is_valid() and measures.is_valid() and levels.is_valid():
        try:
            actions.change_draft(
                offering, category=form.cleaned_data["category"],
                terms=terms_from(form, measures, levels), by=request.user, on=on,
            )  # fmt: skip
        except (Forbidden, Unknown):
            raise
        except Refused as reason:
            _say(form, reason)
        else:
            return _saved(request, offering)
    return _page(request, form, measures, levels, offering, status=400)


@require_http_methods(["GET", "HEAD", "POST"])
def publish_offering(request: MemberRequest, pk: int) -> HttpResponse:
    """What everybody will see, with offerings like it; a duplication warns and blocks nothing."""
    on = today(request)
    offering = queries.offering_edited_by(pk, by=request.user, on=on)
    draft = queries.draft_of(offering)
    version = draft or offering.current
    if version is None:
        raise Unknown
    reason, form = None, PublishForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            sold = actions.publish(offering, by=request.user, on=on, **form.cleaned_data)
        except (Forbidden, Unknown):
            raise
        except Refused as refusal:
            reason = refusal
        else:
            messages.success(request, _published(sold, on=on))
            return redirect("marketplace:offering", offering.pk)
    context = _publishing(offering, version, on=on) | {
        "reason": reason,
        "reason_words": f"{reason}\n{reason.help}" if reason else "",
        "form": form if draft and offering.state == ServiceOffering.State.PUBLISHED else None,
        "edit_url": reverse("marketplace:edit_offering", args=[offering.pk]) if draft else "",
    }
    status = 400 if form.errors else 200 if reason is None else 409
    return render(request, "marketplace/publish_offering.html", context, status=status)


def _publishing(offering: ServiceOffering, version: OfferingVersion, *, on: date) -> dict[str, Any]:
    """What everybody will read of the version, and what speaks against it."""
    alike = queries.similar_offerings(version, offering=offering)
    return {
        "offering": offering,
        "version": version,
        "plan": Plan(version.plan).label,
        "tariff": version.price_plan.tariff(),
        "warnings": [*version.price_plan.warnings(), *_restless(offering, version, on=on)],
        "lead_time": rows.lead_time(version.lead_time_days),
        "measures": [rows.measure_words(measure) for measure in version.measures.all()],
        "levels": rows.level_rows(version, organization().currency),
        "similar": [rows.row_of(each, on=on) for each in alike],
        "similar_words": _similar_words(len(alike)),
        "title": f"Publish {version.name}?",
        "currency": organization().currency,
        "trail": _trail(version.name, "Publish"),
    }


def _restless(offering: ServiceOffering, version: OfferingVersion, *, on: date) -> list[str]:
    """One price change a period is enough for buyers to plan with."""
    current = offering.current
    if current is None or (current.price, current.parameters) == (
        version.price,
        version.parameters,
    ):
        return []
    months = policy.in_force(on=on)["price_change_months"]
    if not queries.price_changes_since(offering, months_before(on, months)):
        return []
    period = "month" if months == 1 else f"{months} months"
    return [f"The price has changed within the last {period} already. Buyers plan with a price."]


@require_POST
def withdraw_offering(request: MemberRequest, pk: int) -> HttpResponse:
    on = today(request)
    offering = queries.offering_edited_by(pk, by=request.user, on=on)
    actions.withdraw(offering, by=request.user, on=on)
    messages.success(
        request,
        f"{offering} is withdrawn.\nRunning contracts go on. You can put it back on sale any day.",
    )
    return redirect("marketplace:offering", offering.pk)


@require_POST
def new_version(request: MemberRequest, pk: int) -> HttpResponse:
    on = today(request)
    offering = queries.offering_edited_by(pk, by=request.user, on=on)
    draft = actions.start_new_version(offering, by=request.user, on=on)
    messages.info(
        request,
        f"Version {draft.number} is a draft.\nBuyers see it once it is published; contracts that "
        "run keep the terms that were signed.",
    )
    return redirect("marketplace:edit_offering", offering.pk)


@require_POST
def discard_draft(request: MemberRequest, pk: int) -> HttpResponse:
    on = today(request)
    offering = queries.offering_edited_by(pk, by=request.user, on=on)
    actions.discard_draft(offering, by=request.user, on=on)
    messages.success(request, "The draft is discarded.")
    if offering.state == ServiceOffering.State.DRAFT:
        return redirect(_LIST)
    return redirect("marketplace:offering", offering.pk)


def _similar_words(count: int) -> str:
    offers = "One offering is" if count == 1 else f"{count} offerings are"
    return f"{offers} much like it. Say in your summary what is different, or join forces."


def _published(sold: ServiceOffering, *, on: date) -> str:
    coming = queries.announced(sold, on=on)
    if coming is not None and coming.holds_from_on is not None:
        return (
            f"The new version is announced.\nIt holds from {rows.day(coming.holds_from_on)}; until"
            " then the price stays. Signed contracts keep theirs."
        )
    if sold.provider.may_trade:
        return f"{sold} is on sale.\nEvery member of the firm finds it in the market from now on."
    return (
        f"{sold} is published.\n{sold.provider} is {sold.provider.state}: it is on sale as soon "
        "as an HR admin activates it."
    )


def _saved(request: MemberRequest, offering: ServiceOffering) -> HttpResponse:
    messages.success(request, "The draft is saved.\nOnly your own members see it so far.")
    name = "edit_offering" if "stay" in request.POST else "publish_offering"
    return redirect(f"marketplace:{name}", offering.pk)


def _say(form: OfferingForm, reason: Refused) -> None:
    form.add_error(plans.field_of(reason, form), f"{reason} {reason.help}".strip())


def _as_typed(
    request: MemberRequest, levels: LevelRows, offering: ServiceOffering | None
) -> HttpResponse:
    """What was typed, unchecked: another plan or one more row is no reason to complain."""
    form = OfferingForm(initial=request.POST.dict())
    measures = one_more(request.POST, add="add" in request.POST)
    return _page(request, form, measures, levels, offering)


def _form_of(offering: ServiceOffering, draft: OfferingVersion) -> OfferingForm:
    names = [name for name in OfferingForm.base_fields if name != "category"]
    initial = {name: getattr(draft, name) for name in names}
    initial |= plans.first_values(Plan(draft.plan), draft.price_plan.values)
    return OfferingForm(initial=initial | {"category": offering.category_id})


def _page(
    request: MemberRequest,
    form: OfferingForm,
    measures: Any,
    levels: LevelRows,
    offering: ServiceOffering | None,
    *,
    status: int = 200,
) -> HttpResponse:
    currency = organization().currency
    told = plans.sketch(form.price_plan, form.data or form.initial)
    title = "New offering" if offering is None else f"Edit {rows.name_of(offering)}"
    context = {
        "form": form,
        "measures": measures,
        "levels": levels,
        "problems": Together(form, measures, levels),
        "offering": offering,
        "title": title,
        "currency": currency,
        "plan_rows": plans.rows_of(form, form.price_plan, currency),
        "plan_sentence": form.price_plan.rule.sentence,
        "told": told.tariff().capitalize() if told else "",
        "warnings": told.warnings() if told else [],
        "cancel_url": reverse(_LIST),
        "trail": _trail(title),
    }
    return render(request, "marketplace/edit_offering.html", context, status=status)


def _trail(*labels: str) -> list[tuple[str, str]]:
    trail = [("Market", reverse("marketplace:browse")), ("Our offerings", reverse(_LIST))]
    return trail + [(label, "") for label in labels]


def _line(offering: Any) -> dict[str, Any]:
    """A row of our own list; a draft shows the words and the price that are being written."""
    version = offering.current
    return {
        "pk": offering.pk,
        "name": version.name if version else offering.draft_name,
        "category": offering.category.name,
        "price": version.price if version else offering.draft_price,
        "per": f"per {version.unit if version else offering.draft_unit}",
        "state": offering.state,
        "url": reverse("marketplace:offering", args=[offering.pk]),
        "edit_url": reverse("marketplace:edit_offering", args=[offering.pk])
        if offering.has_draft
        else "",
        "has_next": offering.has_draft and version is not None,
        **rows.score_figures(offering.score),
    }
