"""HR's pages of people: the list, one person, and what an HR admin does there."""

from datetime import date
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import clock, directory, hris, permissions
from accounts.actions import logins
from accounts.errors import Refused, Unknown
from accounts.forms.people import OfficesForm, PersonForm
from accounts.http import MemberRequest, status_for, today
from accounts.models import Membership, Person, User

MOST_AT_ONCE = 200
_STATES = [(directory.HERE, "Here"), (directory.LEFT, "Left")]


@require_safe
def people(request: MemberRequest) -> HttpResponse:
    wanted = _wanted(request.GET)
    rows = directory.people(wanted, by=request.user)
    page = Paginator(rows, 50).get_page(request.GET.get("page"))
    now = clock.now()
    context = {
        "page": page,
        "rows": [_row(person, now=now) for person in page],
        "wanted": wanted,
        "states": _options(_STATES, directory.counts_by_state(wanted)),
        "logins": [
            ("", "All"),
            *_options(directory.LOGIN_WORDS.items(), directory.counts_by_login(wanted)),
        ],
        "active": _active(wanted),
        "invitable": _invitable(wanted, request),
        "is_hr_admin": permissions.is_hr_admin(request.user),
    }
    return render(request, "accounts/people.html", context)


def _wanted(told: Any) -> directory.Wanted:
    return directory.Wanted(
        q=told.get("q", "").strip()[:200],
        unit=told.get("unit", "").strip()[:200],
        login=told.get("login", ""),
        state=told.get("state") or directory.HERE,
    )


def _options(words: Any, counts: dict[str, int]) -> list[tuple[str, str, int]]:
    hidden = {directory.HERE: ""}
    return [(hidden.get(name, name), word, counts[name]) for name, word in words]


def _active(wanted: directory.Wanted) -> list[tuple[str, str, str]]:
    told = [("q", wanted.q, "“{}”"), ("unit", wanted.unit, "Unit {}")]
    return [(words.format(value), name, value) for name, value, words in told if value]


def _invitable(wanted: directory.Wanted, request: MemberRequest) -> int:
    if wanted.login != directory.NO_LOGIN or not permissions.may_invite(request.user):
        return 0
    return directory.invitable(wanted, by=request.user).count()


def _row(person: Person, *, now: Any) -> dict[str, Any]:
    word, sentence, tone = directory.login_of(person, now=now)
    return {
        "person": person,
        "url": reverse("accounts:person", args=[person.pk]),
        "unit_url": "?" + urlencode({"unit": person.hr_unit}),
        "login": directory.LOGIN_WORDS[word],
        "login_note": sentence,
        "tone": tone,
    }


@require_POST
def invite_all(request: MemberRequest) -> HttpResponse:
    permissions.require(
        permissions.may_invite(request.user), "Only an HR admin invites people to a log-in."
    )
    wanted = _wanted(request.POST)
    chosen = directory.invitable(wanted, by=request.user)[:MOST_AT_ONCE]
    count, reasons = logins.invite_all(
        chosen, links=_links(request), by=request.user, on=today(request)
    )
    messages.success(request, f"{count} people were invited.\nTheir links work for seven days.")
    for reason in reasons[:5]:
        messages.warning(request, f"Not invited.\n{reason}")
    told = {"q": wanted.q, "unit": wanted.unit, "login": directory.INVITED}
    return redirect(f"{reverse('accounts:people')}?{urlencode(told)}")


def _links(request: MemberRequest) -> logins.Links:
    def invitation(token: str) -> str:
        return request.build_absolute_uri(reverse("accounts:invitation", args=[token]))

    return logins.Links(invitation, request.build_absolute_uri(reverse("account_login")))


@require_safe
def person(request: MemberRequest, pk: int) -> HttpResponse:
    found = _find(request, pk)
    user = getattr(found, "user", None)
    held = [name for name in logins.OFFICES if getattr(user, name, False)]
    return _person_page(request, found, OfficesForm(initial={"offices": held}))


def _find(request: MemberRequest, pk: int) -> Person:
    if not permissions.may_see_people(request.user):
        raise Unknown
    return get_object_or_404(Person.objects.select_related("user"), pk=pk)


def _person_page(
    request: MemberRequest, found: Person, offices: OfficesForm, *, status: int = 200
) -> HttpResponse:
    on = today(request)
    word, sentence, tone = directory.login_of(found, now=clock.now())
    user: User | None = getattr(found, "user", None)
    context = {
        "person": found,
        "trail": [("People", reverse("accounts:people")), (found.name, "")],
        "login": directory.LOGIN_WORDS[word],
        "login_note": sentence,
        "tone": tone,
        "user_of": user,
        "memberships": _memberships(found, on=on),
        "may_invite": permissions.may_invite(request.user)
        and found.left_on is None and word in (directory.NO_LOGIN, directory.INVITED),
        "may_close": user is not None and permissions.may_close_login(request.user, user),
        "may_appoint": user is not None and user.is_active
        and permissions.may_appoint(request.user, user),
        "may_edit": permissions.may_import_people(request.user),
        "offices": offices,
        "invite_word": "Invite again" if word == directory.INVITED else "Invite to a log-in",
    }  # fmt: skip
    return render(request, "accounts/person.html", context, status=status)


def _memberships(found: Person, *, on: date) -> list[dict[str, Any]]:
    rows = directory.memberships(found)
    tied = directory.tied_roles(rows, on=on)
    return [
        {
            "me": each.micro_enterprise,
            "role": each.role,
            "starts_on": each.starts_on,
            "ends_on": each.ends_on,
            "words": _words(each, is_tied=each.role_id in tied, on=on),
        }
        for each in rows
    ]


def _words(membership: Membership, *, is_tied: bool, on: date) -> list[str]:
    if membership.ends_on and membership.ends_on < on:
        return ["Ended"]
    words = ["Lead"] if membership.is_lead else []
    words += ["Acting lead"] if membership.is_acting_lead else []
    words += ["May sign"] if membership.may_sign else []
    words += [] if membership.is_accepted else ["Terms not accepted by both sides yet"]
    words += [] if is_tied else ["Role not tied to an outcome yet"]
    return words or ["Partner"]


@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: MemberRequest, pk: int | None = None) -> HttpResponse:
    known = None if pk is None else _find(request, pk)
    permissions.require(
        permissions.may_import_people(request.user), "Only an HR admin changes HR data."
    )
    form = PersonForm(request.POST or None, initial=_initial(known), is_new=known is None)
    if request.method == "POST" and form.is_valid():
        told = {name: str(value) for name, value in form.cleaned_data.items()}
        key = known.external_id if known else told.pop("external_id")
        try:
            saved, created = hris.upsert_person(key, **told, by=request.user, on=today(request))
        except Refused as reason:
            form.add_error(reason.field if reason.field in form.fields else None, str(reason))
        else:
            _say_saved(request, saved, created=created)
            return redirect("accounts:person", saved.pk)
    context = {"form": form, "known": known, "trail": _edit_trail(known)}
    return render(request, "accounts/person_edit.html", context, status=status_for(form))


def _initial(known: Person | None) -> dict[str, Any]:
    if known is None:
        return {}
    return {
        "name": known.name, "email": known.email, "unit": known.hr_unit,
        "title": known.job_title, "fte": known.fte,
    }  # fmt: skip


def _edit_trail(known: Person | None) -> list[tuple[str, str]]:
    trail = [("People", reverse("accounts:people"))]
    if known is not None:
        trail.append((known.name, reverse("accounts:person", args=[known.pk])))
    return [*trail, ("Change" if known else "Add a person", "")]


def _say_saved(request: MemberRequest, saved: Person, *, created: bool) -> None:
    if created:
        messages.success(request, f"{saved.name} was added.\nInvite them when they may sign in.")
    else:
        messages.success(request, f"The data of {saved.name} was saved.")


@require_POST
def invite(request: MemberRequest, pk: int) -> HttpResponse:
    def act(found: Person) -> str:
        user = logins.invite(found, links=_links(request), by=request.user, on=today(request))
        if user.has_usable_password():
            return f"{found.name} is connected with the log-in {user.email}."
        return f"An invitation is on its way to {user.email}.\nThe link works for seven days."

    return _acted(request, pk, act)


@require_POST
def leave(request: MemberRequest, pk: int) -> HttpResponse:
    def act(found: Person) -> str:
        hris.leave(found, by=request.user, on=today(request))
        return f"{found.name} has left.\nMemberships and sessions ended; nothing was deleted."

    return _acted(request, pk, act)


@require_POST
def close_login(request: MemberRequest, pk: int) -> HttpResponse:
    def act(found: Person) -> str:
        logins.close_login(_user_of(found), by=request.user, on=today(request))
        return f"The log-in of {found.name} is closed.\nEvery open session ended."

    return _acted(request, pk, act)


@require_POST
def open_login(request: MemberRequest, pk: int) -> HttpResponse:
    def act(found: Person) -> str:
        logins.open_login(_user_of(found), by=request.user, on=today(request))
        return f"{found.name} may sign in again."

    return _acted(request, pk, act)


@require_POST
def appoint(request: MemberRequest, pk: int) -> HttpResponse:
    def act(found: Person) -> str:
        offices = request.POST.getlist("offices")
        logins.appoint(_user_of(found), offices=offices, by=request.user, on=today(request))
        return f"The offices of {found.name} are set."

    return _acted(request, pk, act)


def _user_of(found: Person) -> User:
    user: User | None = getattr(found, "user", None)
    if user is None:
        raise Refused(f"{found.name} has no log-in.", help="Invite the person first.")
    return user


def _acted(request: MemberRequest, pk: int, act: Any) -> HttpResponse:
    """Do it and say what changed, or why not; back to the person either way."""
    found = _find(request, pk)
    try:
        messages.success(request, act(found))
    except Refused as reason:
        if reason.code in ("forbidden", "not_found"):
            raise
        messages.error(request, f"{reason}\n{reason.help}".strip())
    return redirect("accounts:person", pk)
