"""Writing terms: a new draft from an offering, a changed draft, a counter-offer."""

from collections.abc import Callable, Collection, Mapping
from datetime import date, timedelta
from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from accounts.errors import Forbidden, Refused, Unknown
from accounts.http import MemberRequest, acting_me, today
from accounts.models import MicroEnterprise
from accounts.permissions import may_draft_contract, require
from accounts.queries import organization
from contracts.actions import agreements, amendments
from contracts.drafts import starting_terms
from contracts.forms.agreements import PrefillForm, TermsInput
from contracts.lifecycle import end_after_months
from contracts.models import Contract
from contracts.queries import printed
from contracts.queries.effects import Effect, effect_of, effect_of_change
from contracts.queries.printed import day
from contracts.terms import Measure, Terms, terms_of
from contracts.views.agreements import contract_to_sign
from ledger.models import Cause
from ledger.months import following, month_of
from marketplace import level_words
from marketplace.forms import plans
from marketplace.models import OfferingVersion, ServiceOffering
from marketplace.price_plans import Plan
from marketplace.queries import version_on

_FORM_METHODS = require_http_methods(["GET", "HEAD", "POST"])


@_FORM_METHODS
def draft(request: MemberRequest, offering: int) -> HttpResponse:
    """A new draft from an offering, as its buyer, or as its provider for a customer."""
    me, on = acting_me(request), today(request)
    found = _on_sale(offering)
    _require_drafter(request, me)
    version = version_on(found, on=on)
    if version is None:
        raise Unknown
    start = _start(request, version, on=on)
    sells = me == found.provider
    typed = TermsInput(
        request.POST or None,
        plan=version.plan,
        unit=version.unit,
        initial=_initial(start),
        measures=start.measures,
        customers=_customers_of(me) if sells else None,
        earliest=_earliest(found, on=on),
    )

    def deed() -> Contract:
        buyer = typed.form.cleaned_data["buyer"] if sells else me
        return agreements.draft(
            found, buyer=buyer, terms=typed.terms, party=me, by=request.user, on=on,
            key=typed.form.cleaned_data["key"],
        )  # fmt: skip

    words = {
        "title": f"Draft a contract: {found.name}",
        "lede": "Success, price and term on one page. Nobody has to approve it: it takes two"
        " signatures.",
        "button": "Write the draft",
        "provider": found.provider,
        "asked_bonuses": _asked_bonuses(version),
        "back_url": f"/market/offerings/{found.pk}/",
        "said": "Draft written.\nRead it once more, then sign and offer it.",
    }
    return _write(request, typed, deed, words, buyer=None if sells else me)


def _customers_of(me: MicroEnterprise) -> QuerySet[MicroEnterprise]:
    return MicroEnterprise.objects.trading().exclude(pk=me.pk).order_by("name")


def _require_drafter(request: MemberRequest, me: MicroEnterprise) -> None:
    require(
        may_draft_contract(request.user, me, on=today(request)),
        f"You may not draft contracts for {me}.",
        help=f"Ask the lead of {me}, or a member who may sign.",
    )


@_FORM_METHODS
def revise(request: MemberRequest, pk: int) -> HttpResponse:
    """Change a draft that nobody has signed."""
    contract, me = contract_to_sign(request, pk), acting_me(request)
    typed = _typed(request, contract)

    def deed() -> Contract:
        return agreements.revise(
            contract, seen_hash=typed.form.cleaned_data["hash"], terms=typed.terms, party=me,
            by=request.user, on=today(request),
        )  # fmt: skip

    words = _words(contract) | {
        "title": "Change the draft",
        "lede": "Nobody has signed it yet.",
        "button": "Keep the changes",
        "said": "Draft changed.\nRead it once more, then sign and offer it.",
    }
    return _write(request, typed, deed, words, buyer=_own_buyer(contract, me), cause=contract.cause)


@_FORM_METHODS
def counter(request: MemberRequest, pk: int) -> HttpResponse:
    """Answer an offer with other terms; sending it signs them."""
    contract, me = contract_to_sign(request, pk), acting_me(request)
    typed = _typed(request, contract, with_note=True)

    def deed() -> Contract:
        told = typed.form.cleaned_data
        return agreements.counter(
            contract, seen_hash=told["hash"], terms=typed.terms, party=me, by=request.user,
            on=today(request), note=told["note"],
        )  # fmt: skip

    other = contract.provider if me == contract.buyer else contract.buyer
    words = _words(contract) | {
        "title": "Counter-offer",
        "lede": f"Change what should be different. Sending it signs your version; {other} answers.",
        "button": "Sign and send counter-offer",
        "said": f"Counter-offer sent.\n{other} has the turn.",
    }
    return _write(request, typed, deed, words, buyer=_own_buyer(contract, me), cause=contract.cause)


@_FORM_METHODS
def amend(request: MemberRequest, pk: int) -> HttpResponse:
    """Other terms for a running contract, from a day to come; sending them signs them."""
    contract, me, on = contract_to_sign(request, pk), acting_me(request), today(request)
    since = following(month_of(on))
    typed = _typed(request, contract, with_note=True, days=["valid_from_on"], valid_from_on=since)

    def deed() -> Contract:
        told = typed.form.cleaned_data
        return amendments.propose_amendment(
            contract, seen_hash=told["hash"], terms=typed.terms, party=me, by=request.user, on=on,
            valid_from_on=told["valid_from_on"], note=told["note"],
        )  # fmt: skip

    other = contract.provider if me == contract.buyer else contract.buyer
    words = _words(contract) | {
        "title": "Change the terms",
        "lede": f"Sending it signs your version; {other} signs it too, or it lapses. Until its day"
        " nothing changes.",
        "button": "Sign and propose",
        "said": f"Amendment proposed.\n{other} has to sign it.",
    }
    own = _own_buyer(contract, me)
    return _write(request, typed, deed, words, buyer=own, cause=contract.cause, changes=contract)


@_FORM_METHODS
def renew(request: MemberRequest, pk: int) -> HttpResponse:
    """A later end for a running contract, with other terms from then where they are changed."""
    contract, me, on = contract_to_sign(request, pk), acting_me(request), today(request)
    later = end_after_months(contract.ends_on, months=12)
    typed = _typed(request, contract, with_note=True, days=["ends_on"], ends_on=later)

    def deed() -> Contract:
        told = typed.form.cleaned_data
        return amendments.propose_renewal(
            contract, ends_on=told["ends_on"], terms=typed.terms, party=me, by=request.user, on=on,
            note=told["note"],
        )  # fmt: skip

    other = contract.provider if me == contract.buyer else contract.buyer
    words = _words(contract) | {
        "title": "Renew the contract",
        "lede": f"The same contract with a later last day. What you change holds from"
        f" {day(contract.ends_on + timedelta(days=1))}; {other} signs it too.",
        "button": "Sign and propose",
        "said": f"Renewal proposed.\n{other} has to sign it.",
    }
    own = _own_buyer(contract, me)
    return _write(request, typed, deed, words, buyer=own, cause=contract.cause, changes=contract)


def _write(
    request: MemberRequest,
    typed: TermsInput,
    deed: Callable[[], Contract],
    words: Mapping[str, Any],
    *,
    buyer: MicroEnterprise | None,
    cause: Cause | None = None,
    changes: Contract | None = None,
) -> HttpResponse:
    """The form with its effect; on a press of the button the deed, or its refusal in the form."""
    is_pressed = request.method == "POST" and "preview" not in request.POST
    is_valid = typed.is_valid() if request.method == "POST" else False
    if is_pressed and is_valid:
        try:
            contract = deed()
            messages.success(request, words["said"])
            return redirect("contracts:contract", contract.pk)
        except (Forbidden, Unknown):
            raise
        except Refused as reason:
            typed.refuse(reason)
    if changes is None:
        effect = _effect(typed, buyer=buyer, on=today(request), cause=cause)
    else:
        effect = _effect_of_change(typed, changes, buyer=buyer, on=today(request))
    context = {
        **words,
        "form": typed.form,
        **typed.rows,
        "buyer": buyer,
        "effect": effect,
        **_price(typed),
    }
    status = (409 if is_valid else 400) if is_pressed else 200
    return render(request, "contracts/write.html", context, status=status)


def _price(typed: TermsInput) -> dict[str, Any]:
    """The fields of the contract's plan, and in what its quantities are counted."""
    currency, plan = organization().currency, Plan(typed.plan)
    return {
        "currency": currency,
        "unit": currency if plan is Plan.GAIN_SHARE else typed.unit,
        "plan": plan.label,
        "plan_rows": typed.plan_rows(currency),
    }


def _effect(
    typed: TermsInput, *, buyer: MicroEnterprise | None, on: date, cause: Cause | None
) -> Effect | None:
    """Of what is typed, or before anything was, of what the form starts with."""
    if typed.form.is_bound:
        if typed.form.errors or not typed.measures.is_valid():
            return None
        try:
            return effect_of(typed.terms, buyer=buyer, on=on, cause=cause)
        except Refused as reason:  # Figures that are sound one by one and not together.
            typed.refuse(reason)
            return None
    start: Terms = typed.form.initial["terms"]
    if Plan(typed.plan).counts and start.expected_quantity is None:
        return None
    return effect_of(start, buyer=buyer, on=on, cause=cause)


def _effect_of_change(
    typed: TermsInput, contract: Contract, *, buyer: MicroEnterprise | None, on: date
) -> Effect | None:
    """Of other terms for a running contract, from the day that is typed or proposed."""
    told: Mapping[str, Any] = typed.form.initial
    terms = typed.start
    if typed.form.is_bound:
        if typed.form.errors or not typed.measures.is_valid():
            return None
        told, terms = typed.form.cleaned_data, typed.terms
    since = told.get("valid_from_on") or contract.ends_on + timedelta(days=1)
    ends_on = told.get("ends_on") or contract.ends_on
    wanted = terms.with_changes(
        starts_on=contract.starts_on, ends_on=max(ends_on, contract.ends_on)
    )
    try:
        return effect_of_change(contract, wanted, valid_from_on=since, buyer=buyer, on=on)
    except Refused as reason:  # Figures that are sound one by one and not together.
        typed.refuse(reason)
        return None


def _typed(
    request: MemberRequest,
    contract: Contract,
    *,
    with_note: bool = False,
    days: Collection[str] = ("starts_on", "ends_on"),
    **initial: Any,
) -> TermsInput:
    version = contract.current
    if version is None:
        raise Unknown
    terms = terms_of(version.terms)
    return TermsInput(
        request.POST or None, plan=version.plan, unit=version.unit, measures=terms.measures,
        with_note=with_note, days=days,
        initial=_initial(terms) | {"hash": version.hash} | initial,
        earliest=_earliest(contract.offering, on=today(request)),
    )  # fmt: skip


def _earliest(offering: ServiceOffering, *, on: date) -> str:
    """The first day that the rules take, and the first that the provider has time for."""
    tomorrow, lead = (
        on + timedelta(days=1),
        offering.current.lead_time_days if offering.current else 0,
    )
    words = f"Tomorrow, {printed.day(tomorrow)}, at the earliest."
    if lead <= 1:
        return words
    ready = on + timedelta(days=lead)
    return (
        f"{offering.provider} asks for {lead} days to get ready: {printed.day(ready)}. An earlier"
        f" day is theirs to accept, from {printed.day(tomorrow)} on."
    )


def _initial(terms: Terms) -> dict[str, Any]:
    """The form's first values; `terms` itself is no field, but what the effect is told of."""
    words = {name: getattr(terms, name) for name in terms.__dataclass_fields__}
    return words | plans.first_values(Plan(terms.plan), terms.price_plan.values) | {"terms": terms}


def _start(request: MemberRequest, version: OfferingVersion, *, on: date) -> Terms:
    """What the form starts with; `quantity`, `starts_on` and `ends_on` may come in the address."""
    names = Measure.__dataclass_fields__
    measures = tuple(
        Measure(**{name: getattr(each, name) for name in names}) for each in version.measures.all()
    )
    asked = PrefillForm(request.GET)
    asked.is_valid()
    return starting_terms(
        plan=version.price_plan, usual=version.usual_quantity, summary=version.summary,
        lead_time_days=version.lead_time_days, measures=measures, on=on, **asked.prefill,
        levels=tuple(each.level.without_bonus() for each in version.levels.all()),
        credit_cap=version.credit_cap,
    )  # fmt: skip


def _asked_bonuses(version: OfferingVersion) -> str:
    """A bonus is never taken over by itself: what the provider asks for is told beside the form."""
    asked = [each.level for each in version.levels.all() if each.bonus]
    words = "; ".join(f"{each.name}: {level_words.bonus_of(each)}" for each in asked)
    return f"The provider asks for a bonus, which you may agree to: {words}." if asked else ""


def _words(contract: Contract) -> dict[str, Any]:
    return {"provider": contract.provider, "back_url": f"/contracts/{contract.pk}/"}


def _own_buyer(contract: Contract, me: MicroEnterprise) -> MicroEnterprise | None:
    return contract.buyer if me == contract.buyer else None


def _on_sale(offering: int) -> ServiceOffering:
    on_sale = ServiceOffering.objects.on_sale().select_related("provider", "current")
    found = on_sale.filter(pk=offering).first()
    if found is None:
        raise Unknown
    return found
