"""Adding, changing and ending memberships; accepting the partnership terms."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from accounts import actions, permissions, queries
from accounts.actions.memberships import missing_for_rights
from accounts.errors import Refused
from accounts.forms.memberships import AddMemberForm, ChangeMembershipForm, LastDayForm
from accounts.http import MemberRequest, explain_in, status_for, today
from accounts.models import Membership, MicroEnterprise
from accounts.views.micro_enterprises import address_of, me_or_404, trail_to


@require_http_methods(["GET", "HEAD", "POST"])
def add_member(request: MemberRequest, pk: int) -> HttpResponse:
    """The lead finds a person by name (`?person=`) and takes them in, in a role."""
    me, on = me_or_404(request, pk), today(request)
    permissions.require(
        permissions.may_change_me(request.user, me, on=on), f"Only the lead of {me} adds members."
    )
    wanted = request.GET.get("person", "")
    found = queries.people_found(wanted, outside=me, on=on)
    form = AddMemberForm(request.POST or None, me=me, found=found, on=on)
    if request.method == "POST" and form.is_valid():
        try:
            added = actions.add_member(me, **form.member(), by=request.user, on=on)
            _say_added(request, added)
            return redirect(address_of(me))
        except Refused as reason:
            explain_in(form, reason)
    context = {
        "form": form, "me": me, "wanted": wanted, "found_any": bool(wanted) and found.exists(),
        "trail": trail_to(me, "Add a member"), "back_url": address_of(me),
    }  # fmt: skip
    return render(request, "accounts/add_member.html", context, status=status_for(form))


@require_http_methods(["GET", "HEAD", "POST"])
def change_member(request: MemberRequest, pk: int, membership_pk: int) -> HttpResponse:
    me, on = me_or_404(request, pk), today(request)
    membership = _membership(request, me, membership_pk)
    form = ChangeMembershipForm(request.POST or None, membership=membership)
    if request.method == "POST" and form.is_valid():
        try:
            actions.change_membership(membership, **form.cleaned_data, by=request.user, on=on)
            messages.success(request, f"The membership of {membership.person} is saved.")
            return redirect(address_of(me))
        except Refused as reason:
            explain_in(form, reason)
    context = {
        "form": form, "me": me, "membership": membership,
        "missing": missing_for_rights(membership, role=membership.role, on=on),
        "trail": trail_to(me, membership.person.name), "back_url": address_of(me),
    }  # fmt: skip
    return render(request, "accounts/change_member.html", context, status=status_for(form))


@require_http_methods(["GET", "HEAD", "POST"])
def end_member(request: MemberRequest, pk: int, membership_pk: int) -> HttpResponse:
    me, on = me_or_404(request, pk), today(request)
    membership = _membership(request, me, membership_pk)
    form = LastDayForm(request.POST or None, on=on)
    if request.method == "POST" and form.is_valid():
        try:
            ended = actions.end_membership(
                membership, ends_on=form.cleaned_data["ends_on"], by=request.user, on=on
            )
            messages.success(
                request, f"{ended.person} is a member until {ended.ends_on:%-d %B %Y}, inclusive."
            )
            return redirect(address_of(me))
        except Refused as reason:
            explain_in(form, reason)
    context = {
        "form": form, "me": me, "membership": membership,
        "trail": trail_to(me, membership.person.name), "back_url": address_of(me),
    }  # fmt: skip
    return render(request, "accounts/end_member.html", context, status=status_for(form))


@require_POST
def accept_terms(request: MemberRequest, pk: int, membership_pk: int) -> HttpResponse:
    """The person accepts for themselves, the lead (or for a first lead an HR admin) for the ME."""
    me = me_or_404(request, pk)
    membership = get_object_or_404(me.memberships, pk=membership_pk)
    try:
        accepted = actions.accept_terms(membership, by=request.user, on=today(request))
        messages.success(request, _said_of_acceptance(accepted))
    except Refused as reason:
        if reason.code == "forbidden":
            raise
        messages.error(request, f"{reason}\n{reason.help}")
    return redirect(address_of(me))


@require_POST
def accept_all_terms(request: MemberRequest, pk: int) -> HttpResponse:
    me = me_or_404(request, pk)
    count = actions.accept_all_terms(me, by=request.user, on=today(request))
    people = "person" if count == 1 else "people"
    messages.success(request, f"The partnership terms are accepted for {count} {people}.")
    return redirect(address_of(me))


def _membership(request: MemberRequest, me: MicroEnterprise, pk: int) -> Membership:
    rows = Membership.objects.select_related("person", "role", "micro_enterprise")
    membership = get_object_or_404(rows, pk=pk, micro_enterprise=me)
    permissions.require(
        permissions.may_change_membership(request.user, membership, on=today(request)),
        f"Only the lead of {me} changes memberships, and nobody changes their own.",
        help="Ask the lead of the ME; for the lead's own membership, another lead.",
    )
    return membership


def _say_added(request: MemberRequest, added: Membership) -> None:
    messages.success(
        request,
        f"{added.person} is a member from {added.starts_on:%-d %B %Y}.\n"
        "Signing and share points follow once the person has accepted the partnership terms.",
    )
    others = queries.allocation_elsewhere(added.person, added.micro_enterprise, on=added.starts_on)
    total = others + added.allocation_percent
    if total > 100:
        percent = f"{total.normalize():f}"
        messages.warning(
            request,
            f"Together with other micro-enterprises {added.person} is now at {percent} %.\n"
            "Agree with the other lead whose share becomes smaller.",
        )


def _said_of_acceptance(accepted: Membership) -> str:
    if accepted.leads:
        return f"{accepted.person} leads {accepted.micro_enterprise}."
    if accepted.is_accepted:
        return f"{accepted.person} is a partner of {accepted.micro_enterprise}."
    side = "the lead" if accepted.person_accepted_at else str(accepted.person)
    return f"The partnership terms are accepted.\nNow {side} accepts them too."
