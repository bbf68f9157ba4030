"""Forming, describing and rejecting an ME, its rights and its lead; whom a session acts for."""

from collections.abc import Iterable
from datetime import date

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import actions, permissions, queries
from accounts.actions import dissolving
from accounts.dissolution import dissolution_page
from accounts.errors import Refused
from accounts.forms.micro_enterprises import (
    DescribeForm,
    FormMeForm,
    NameLeadForm,
    RejectForm,
    RightsForm,
)
from accounts.http import ACTING_ME, MemberRequest, explain_in, page_before, status_for, today
from accounts.models import Membership, MicroEnterprise, RightsGrant
from accounts.permissions import mes_of

LIST = "Micro-enterprises"


def address_of(me: MicroEnterprise) -> str:
    """The page of an ME; it shows offerings, so it belongs to the market above."""
    return reverse("marketplace:me", args=[me.pk])


def trail_to(me: MicroEnterprise, *last: str) -> list[tuple[str, str]]:
    """The breadcrumb of a page below an ME."""
    above = [(LIST, reverse("marketplace:mes")), (me.name, address_of(me) if last else "")]
    return above + [(word, "") for word in last]


def me_or_404(request: MemberRequest, pk: int) -> MicroEnterprise:
    """Every member of the firm may know of every ME."""
    permissions.require_known(permissions.is_of_the_firm(request.user))
    return get_object_or_404(MicroEnterprise, pk=pk)


@require_POST
def act_for(request: MemberRequest, pk: int) -> HttpResponse:
    """Act for another of one's own MEs; a foreign one is not to be known here."""
    chosen = get_object_or_404(mes_of(request.user, on=today(request)), pk=pk)
    request.session[ACTING_ME] = chosen.pk
    messages.success(request, f"You act for {chosen} now.")
    return redirect(page_before(request))


@require_safe
def terms(request: HttpRequest) -> HttpResponse:
    """The partnership terms, which person and lead accept."""
    trail = [(LIST, reverse("marketplace:mes")), ("Partnership terms", "")]
    return render(request, "accounts/terms.html", {"trail": trail})


@require_http_methods(["GET", "HEAD", "POST"])
def form_me(request: MemberRequest) -> HttpResponse:
    form = FormMeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        sent = dict(form.cleaned_data)
        words = {field: sent[field] for field in DescribeForm.base_fields}
        try:
            me = actions.form(
                **words, outcome=form.terms(), role=sent["role"],
                by=request.user, on=today(request),
            )  # fmt: skip
            messages.success(
                request, f"{me} is proposed.\nNow an HR admin names its lead and grants its rights."
            )
            return redirect(address_of(me))
        except Refused as reason:
            explain_in(form, reason)
    permissions.require(
        permissions.may_form_me(request.user),
        "Only a person who is known to the firm can form a micro-enterprise.",
        help="Ask an HR admin to connect your log-in with your person.",
    )
    trail = [(LIST, reverse("marketplace:mes")), ("Form a micro-enterprise", "")]
    context = {"form": form, "trail": trail}
    return render(request, "accounts/form_me.html", context, status=status_for(form))


@require_http_methods(["GET", "HEAD", "POST"])
def describe(request: MemberRequest, pk: int) -> HttpResponse:
    me, on = me_or_404(request, pk), today(request)
    permissions.require(
        permissions.may_describe_me(request.user, me, on=on),
        f"Only its lead changes the words of {me}.",
    )
    form = DescribeForm(request.POST or None, initial=vars(me))
    form.keep_settled(me)
    if request.method == "POST" and form.is_valid():
        try:
            me = actions.describe(me, **form.words_for(me), by=request.user, on=on)
            messages.success(request, f"The words of {me} are saved.")
            return redirect(address_of(me))
        except Refused as reason:
            explain_in(form, reason)
    context = {"form": form, "me": me, "trail": trail_to(me, "Words"), "back_url": address_of(me)}
    return render(request, "accounts/describe.html", context, status=status_for(form))


@require_http_methods(["GET", "HEAD", "POST"])
def reject(request: MemberRequest, pk: int) -> HttpResponse:
    me = me_or_404(request, pk)
    permissions.require(
        permissions.may_activate_me(request.user),
        "Only an HR admin rejects a proposed micro-enterprise.",
    )
    form = RejectForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            actions.reject(me, **form.cleaned_data, by=request.user, on=today(request))
            messages.success(request, f"{me} is rejected.\nIts page shows your reason.")
            return redirect(address_of(me))
        except Refused as reason:
            explain_in(form, reason)
    context = {"form": form, "me": me, "trail": trail_to(me, "Reject"), "back_url": address_of(me)}
    return render(request, "accounts/reject.html", context, status=status_for(form))


@require_http_methods(["GET", "HEAD", "POST"])
def rights(request: MemberRequest, pk: int) -> HttpResponse:
    me, on = me_or_404(request, pk), today(request)
    permissions.require(
        permissions.may_activate_me(request.user), "Only an HR admin grants rights."
    )
    held = RightsGrant.objects.filter(micro_enterprise=me, ends_on=None)
    form = RightsForm(request.POST or None, initial=_held_rights(held))
    if request.method == "POST" and form.is_valid():
        try:
            actions.set_rights(me, form.extents(), by=request.user, on=on)
            messages.success(request, f"The rights of {me} are saved.")
            return redirect(address_of(me))
        except Refused as reason:
            explain_in(form, reason)
    context = {"form": form, "me": me, "trail": trail_to(me, "Rights"), "back_url": address_of(me)}
    return render(request, "accounts/rights.html", context, status=status_for(form))


@require_http_methods(["GET", "HEAD", "POST"])
def name_lead(request: MemberRequest, pk: int) -> HttpResponse:
    """An HR admin finds a person by name (`?person=`) and names them lead or acting lead."""
    me, on = me_or_404(request, pk), today(request)
    permissions.require(
        permissions.may_activate_me(request.user), "Only an HR admin names the lead of an ME."
    )
    wanted = request.GET.get("person", "")
    found = queries.people_found(wanted, on=on) if wanted else queries.members_to_lead(me, on=on)
    form = NameLeadForm(request.POST or None, found=found)
    if request.method == "POST" and form.is_valid():
        try:
            named = actions.name_lead(me, **form.cleaned_data, by=request.user, on=on)
            messages.success(request, _said_of_lead(named))
            return redirect(address_of(me))
        except Refused as reason:
            explain_in(form, reason)
    context = {
        "form": form, "me": me, "wanted": wanted, "found_any": found.exists(),
        "trail": trail_to(me, "Lead"), "back_url": address_of(me),
    }  # fmt: skip
    return render(request, "accounts/name_lead.html", context, status=status_for(form))


def _held_rights(held: Iterable[RightsGrant]) -> dict[str, object]:
    initial: dict[str, object] = {}
    for grant in held:
        initial |= {grant.right: True, f"{grant.right}_extent": grant.extent}
    return initial


def _said_of_lead(named: Membership) -> str:
    if named.leads:
        return f"{named.person} leads {named.micro_enterprise} from today."
    return (
        f"{named.person} is named.\nThe lead begins on the day on which {named.person} accepts "
        f"the partnership terms on the page of {named.micro_enterprise}."
    )


@require_http_methods(["GET", "HEAD", "POST"])
def dissolve(request: MemberRequest, pk: int) -> HttpResponse:
    """Partners vote on the end of their ME; an HR admin ends a long probation."""
    me, on = me_or_404(request, pk), today(request)
    votes = permissions.may_vote_in(request.user, me, on=on)
    decides = permissions.may_activate_me(request.user)
    permissions.require(
        permissions.may_see_end_of(request.user, me, on=on),
        f"Only members of {me}, HR admins, the CHRO and auditors see this.",
    )
    if request.method == "POST":
        permissions.require(votes or decides, f"Only partners of {me} vote on its end.")
        deed = _DISSOLVING.get(request.POST.get("deed", ""))
        if deed is None:
            messages.error(request, "Nothing has happened.\nPress one of the buttons.")
            return redirect("accounts:dissolve", pk)
        try:
            done = deed(me, by=request.user, on=on)
            messages.success(request, _said_of_dissolving(done, on=on))
        except Refused as reason:
            if reason.code == "forbidden":
                raise
            messages.error(request, f"{reason}\n{reason.help}")
        return redirect("accounts:dissolve", pk)
    page = dissolution_page(me, user=request.user, on=on)
    context = {"page": page, "me": me, "trail": trail_to(me, "Dissolve"), "votes": votes}
    return render(request, "accounts/dissolve.html", context)


_DISSOLVING = {
    "vote": dissolving.vote_to_dissolve,
    "withdraw": dissolving.withdraw_vote,
    "order": dissolving.dissolve_after_probation,
}


def _said_of_dissolving(me: MicroEnterprise, *, on: date) -> str:
    if me.state == MicroEnterprise.State.DISSOLVING:
        return f"{me} dissolves.\nOffers are withdrawn, running contracts are under notice."
    count, partners = dissolving.votes_of(me, on=on)
    return f"Your word is noted.\n{count} of {partners} partners would dissolve {me}."
