"""Pages for people who are not signed in: the founding, and an invitation."""

from typing import Any

from django.contrib import messages
from django.contrib.auth import login
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from accounts import clock, founding, holidays
from accounts.actions import logins
from accounts.errors import Refused
from accounts.forms.founding import FoundingForm, PasswordForm
from accounts.http import status_for
from accounts.models import User

_SIGNED_IN_BY = "allauth.account.auth_backends.AuthenticationBackend"


@never_cache
@login_not_required
@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def found(request: HttpRequest) -> HttpResponse:
    if founding.is_founded():
        raise Http404
    form = FoundingForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            admin = _found(form.cleaned_data)
        except Refused as reason:
            _add(form, reason)
        else:
            login(request, admin, backend=_SIGNED_IN_BY)
            messages.success(
                request,
                "The organisation is founded and you are its HR admin.\n"
                "Next, import the people whom your HR system knows.",
            )
            return redirect("accounts:import_people")
    return render(request, "accounts/found.html", {"form": form}, status=status_for(form))


def _found(told: dict[str, Any]) -> User:
    days = holidays.parse(told.pop("holidays"))
    founding.check_code(told.pop("code"))
    return founding.found(**told, holidays=days)[1]


@never_cache
@login_not_required
@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def invitation(request: HttpRequest, token: str) -> HttpResponse:
    try:
        user = logins.invited_by(token)
    except Refused as reason:
        return render(request, "accounts/invitation_over.html", {"reason": reason}, status=410)
    form = PasswordForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            user = logins.accept_invitation(
                token, password=form.cleaned_data["password"], on=clock.today()
            )
        except Refused as reason:
            _add(form, reason)
        else:
            login(request, user, backend=_SIGNED_IN_BY)
            messages.success(request, f"Welcome, {user.display_name}.\nYour password is set.")
            return redirect("/")
    context = {"form": form, "invited": user}
    return render(request, "accounts/invitation.html", context, status=status_for(form))


def _add(form: Any, reason: Refused) -> None:
    field = reason.field if reason.field in form.fields else None
    form.add_error(field, f"{reason} {reason.help}".strip())
