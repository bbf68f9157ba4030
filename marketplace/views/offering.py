"""One offering: satisfaction first, what success means, the outside beside it, what it costs."""

from datetime import date
from decimal import Decimal
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from accounts.http import MemberRequest, acting_me_or_none, today
from accounts.models import MicroEnterprise, Organization
from accounts.permissions import (
    may_allow_subsidy,
    may_draft_contract,
    may_publish_for,
    may_see_levels_of_every_buyer,
)
from accounts.queries import organization
from ledger.forecasts import what_if
from marketplace import comparison, queries
from marketplace.attainment import attained
from marketplace.comparison import Benchmark
from marketplace.estimates import Estimate, Quote, estimate, quote
from marketplace.forms.search import BuyForm, QuantityForm, usual_term
from marketplace.models import OfferingVersion, SatisfactionScore, ServiceOffering
from marketplace.price_plans import Plan, PricePlan
from marketplace.units import counted as counted_words
from marketplace.views import rows

_STRONG_EVIDENCE = Decimal("0.3")


@require_safe
def offering(request: MemberRequest, pk: int) -> HttpResponse:
    on, firm = today(request), organization()
    found = queries.offering_seen_by(pk, by=request.user, on=on)
    draft = queries.draft_of(found)
    version = queries.version_on(found, on=on) or found.current or draft
    if version is None:
        raise AssertionError(f"{found} has no version at all.")
    price = Pricing(request, version)
    outside = comparison.benchmark(
        category=found.category, unit=version.unit, name=version.name, price=price.effective, on=on
    )
    is_ours = may_publish_for(request.user, found.provider, on=on)
    context = {
        "offering": found,
        "version": version,
        "has_draft": draft is not None and found.current is not None,
        "lead_time": rows.lead_time(version.lead_time_days),
        "price": price.context(firm.currency),
        "subsidy": _subsidy_words(found, price.plan, firm.currency),
        "may_subsidize": may_allow_subsidy(request.user) and price.plan.subsidy_per_unit() > 0,
        "announced": _announced(found, on=on),
        "measures": [_measure(measure) for measure in version.measures.all()],
        "levels": rows.level_rows(version, firm.currency),
        "attained": attained(
            [version],
            sees_all=may_see_levels_of_every_buyer(request.user, found.provider, on=on),
            on=on,
        ),
        "score": rows.score_figures(found.score),
        "evidence": _evidence(found.score),
        "outside": _outside(price, outside, on=on),
        "versions": _versions(found),
        "is_ours": is_ours,
        "may_sell": found.provider.may_trade and acting_me_or_none(request) == found.provider,
        "currency": firm.currency,
        "trail": _trail(found),
        "offering_row": rows.row_of(found, on=on) if found.current else None,
        "buy": None if is_ours else _buying(request, found, version, firm, on=on),
    }
    return render(request, "marketplace/offering.html", context)


def _trail(found: ServiceOffering) -> list[tuple[str, str]]:
    market = reverse("marketplace:browse")
    category = f"{market}?category={found.category.slug}"
    return [("Market", market), (found.category.name, category), (rows.name_of(found), "")]


def _measure(measure: Any) -> dict[str, Any]:
    return {
        "name": measure.name,
        "target": f"{rows.plain(measure.target)} {measure.unit}",
        "floor": f"{rows.plain(measure.floor)} {measure.unit}",
        "better": measure.get_direction_display(),
        "method": measure.method,
        "measurer": measure.get_measurer_display(),
        "weight": measure.weight,
    }


def _evidence(score: SatisfactionScore | None) -> list[dict[str, str]]:
    """n, invited, rate and the honest bounds; nothing below five raters (PRODUCT 4.16)."""
    if score is None or score.csat is None:
        return []
    rate = score.response_rate
    answered = f"{score.n} of {score.invited} invited"
    facts = [
        {"label": "Months", "value": f"{score.from_month:%B %Y} to {score.to_month:%B %Y}"},
        {
            "label": "Answered",
            "value": f"{answered}, {rate * 100:.0f} %" if rate is not None else answered,
        },
    ]
    if score.honest_bounds is not None:
        lowest, highest = score.honest_bounds
        facts.append(
            {"label": "Were the silent all unhappy, or all happy",
             "value": f"{lowest * 100:.0f} to {highest * 100:.0f}"}
        )  # fmt: skip
    if rate is not None and rate < _STRONG_EVIDENCE:
        facts.append({"label": "Fewer than 30 % answered", "value": "weak evidence"})
    return facts


class Pricing:
    """The price of a version at the quantity that is asked for, or that is usual."""

    def __init__(self, request: MemberRequest, version: OfferingVersion) -> None:
        self.plan, self.usual = version.price_plan, version.usual_quantity
        usual = version.usual_quantity or Decimal(1)
        first = {"quantity": rows.plain(usual)}
        self.form = QuantityForm(
            request.GET if "quantity" in request.GET else first, auto_id="calculated_%s"
        )
        asked = self.form.asked
        self.quantity = usual if asked is None else asked
        self.quote = quote(self.plan, self.quantity)

    @property
    def effective(self) -> Decimal:
        """What one unit costs at that quantity, to be set beside the outside."""
        return self.quote.effective_price if self.plan.values else self.plan.price

    def context(self, currency: str) -> dict[str, Any]:
        plan, counted = self.plan, self.plan.counts
        unit = currency if self.plan.plan is Plan.GAIN_SHARE else plan.item
        parts = [{"label": part.words, "money": part.amount} for part in self.quote.parts]
        together = {"label": f"A month, {currency}", "money": self.quote.month, "total": True}
        return {
            "headline": plan.price,
            "per": plan.unit,
            "at": _usual_words(self.plan, self.usual),
            "label": plan.plan.label,
            "sentence": plan.plan.rule.sentence,
            "tariff": plan.tariff() if plan.values else "",
            "form": self.form if counted else None,
            "unit": unit,
            "calculated": f"A month with {counted_words(self.quantity, unit)}",
            "facts": [*parts, together],
            "effective": _effective_words(self.quote, currency) if plan.values else "",
            "warnings": self.quote.warnings,
        }


def _usual_words(plan: PricePlan, usual: Decimal | None) -> str:
    """At which quantity the headline holds, where it depends on one."""
    if usual is None or not plan.plan.rule.needs_usual_quantity:
        return ""
    return f"at the usual {rows.plain(usual)} a month"


def _effective_words(told: Quote, currency: str) -> str:
    if told.quantity is None or told.unit == "month":
        return ""
    return (
        f"That is {told.effective_price:,.2f} {currency} per {told.unit} at"
        f" {rows.plain(told.quantity)} a month, all included."
    )


def _subsidy_words(found: ServiceOffering, plan: PricePlan, currency: str) -> str:
    """What the treasury adds and why, or that nobody may sign before it is allowed."""
    adds = plan.subsidy_per_unit()
    if not adds:
        return ""
    words = f"A subsidy: the treasury adds {adds:,.2f} {currency} per {plan.unit}"
    if found.subsidy_until_on is None:
        return f"{words}.\nNobody can sign it before an HR admin has allowed that."
    until = rows.day(found.subsidy_until_on)
    return f"{words}, until {until}.\nAllowed because: {found.subsidy_reason}"


def _announced(found: ServiceOffering, *, on: date) -> str:
    """The price that is published already and holds from a later day."""
    coming = queries.announced(found, on=on)
    if coming is None or coming.holds_from_on is None:
        return ""
    told = coming.price_plan
    words = told.tariff() if told.values else f"{told.price:,.2f} per {told.unit}"
    return f"From {rows.day(coming.holds_from_on)}: {words}."


def _outside(price: Pricing, found: Benchmark, *, on: date) -> dict[str, Any]:
    """The outside in words and figures: cheapest, median, count, and the gap to each."""
    cheapest = found.cheapest
    return {
        "count": found.count,
        "unit": found.unit,
        "is_alike": found.is_alike,
        "weakness": found.weakness,
        "median": found.median,
        "median_gap": _gap_words(found.gap_to_median(price.effective)),
        "cheapest": cheapest.price if cheapest else None,
        "cheapest_gap": _gap_words(found.gap_to_cheapest(price.effective)),
        "cheapest_url": reverse("marketplace:outside", args=[cheapest.pk]) if cheapest else "",
        "nearest": [
            rows.row_of(each, on=on) | {"gap": comparison.gap(price.effective, each.price)}
            for each in found.nearest
        ],
    }


def _gap_words(gap: Decimal | None) -> str:
    if gap is None:
        return ""
    if abs(gap) < Decimal("0.0005"):
        return "the same price"
    return f"this is {abs(gap) * 100:.1f} % {'dearer' if gap > 0 else 'cheaper'}"


def _versions(found: ServiceOffering) -> list[dict[str, Any]]:
    published = found.versions.exclude(published_on=None).order_by("-number")
    return [
        {
            "at": version.published_on,
            "when": rows.day(version.published_on),
            "text": f"Version {version.number}: {version.price:,} per {version.unit}",
            "note": version.name,
        }
        for version in published[:20]
        if version.published_on
    ]


def _buying(
    request: MemberRequest,
    found: ServiceOffering,
    version: OfferingVersion,
    firm: Organization,
    *,
    on: date,
) -> dict[str, Any]:
    """The panel that decides: what it costs, what is left, who signs, or why it cannot be."""
    me = acting_me_or_none(request)
    why_not = _why_not(request, found, me, on=on)
    if why_not or me is None:
        return {"why_not": why_not}
    starts_on, ends_on = usual_term(on, year_starts_in=firm.fiscal_year_start_month)
    units = "1" if version.usual_quantity is None else rows.plain(version.usual_quantity)
    usual = {"quantity": units, "starts_on": starts_on.isoformat(), "ends_on": ends_on.isoformat()}
    asked = usual | {name: request.GET[name] for name in usual if name in request.GET}
    form = BuyForm(asked, on=on, is_counted=bool(Plan(version.plan).counts))
    bought: dict[str, Any] = {
        "title": f"Buy for {me}",
        "form": form,
        "provider": found.provider,
        "draft_url": f"/contracts/new/{found.pk}/",
    }
    if form.is_valid():
        terms = {"quantity": Decimal(0)} | form.cleaned_data
        cost = estimate(
            version, buyer=me, year_starts_in=firm.fiscal_year_start_month, on=on, **terms
        )
        bought |= _cost(cost, version, firm.currency)
        bought["what"] = what_if(me, cost.by_month, on=on)
        bought["lacking"] = (
            f"{max(-cost.left, 0):,.2f} {firm.currency} is missing. Shorten the term or take less, "
            "else it cannot be signed."
        )
    if not may_draft_contract(request.user, me, on=on):
        bought["cannot_sign"] = f"Whoever leads or may sign for {me} can draft the contract."
    return bought


def _why_not(
    request: MemberRequest, found: ServiceOffering, me: MicroEnterprise | None, *, on: date
) -> str:
    if found.state != ServiceOffering.State.PUBLISHED:
        return "This offering is not on sale. Contracts that were signed before go on."
    if not found.provider.may_trade:
        return f"{found.provider} is {found.provider.state}, so nobody can buy there yet."
    if me is None:
        return "You are a member of no micro-enterprise, so you cannot buy for one."
    if me == found.provider:
        return f"{me} sells this, and an ME does not buy from itself."
    return ""


def _cost(found: Estimate, version: OfferingVersion, currency: str) -> dict[str, Any]:
    """What a month and the whole term cost, and the acting ME's money before and after."""
    count = len(found.by_month)
    return {
        "costs": [
            {"label": _monthly_label(found), "money": found.full_month},
            {"label": "Term", "value": "1 month" if count == 1 else f"{count} months"},
            {"label": f"In all, {currency}", "money": found.total, "total": True},
        ],
        "effect": [
            {"label": "Available now", "money": found.before.available},
            {"label": "This contract", "money": -found.now, "signed": True},
            {"label": f"Available after, {currency}", "money": found.left, "total": True},
        ],
        "later": found.later,
        "total_words": f"{found.total:,} {currency} in all",
        "left_words": f"leaves {found.left:,} available",
        "lacks": -found.left if found.left < 0 else None,
        "over_capacity": _over_capacity(found, version),
    }


def _monthly_label(found: Estimate) -> str:
    if not found.plan.counts:
        return "A full month"
    if not found.plan.values:
        return f"A month at {rows.plain(found.quantity)} × {found.plan.price:,}"
    return f"A full month with {counted_words(found.quantity, found.plan.item)}"


def _over_capacity(found: Estimate, version: OfferingVersion) -> str:
    is_within = version.capacity is None or found.quantity <= version.capacity
    if not found.plan.counts or is_within:
        return ""
    return f"The provider names a capacity of {version.capacity:,} a month. Ask first."
