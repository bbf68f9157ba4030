"""Tokens of the API: one's own, and as an HR admin those and the secrets of integration clients.

A token or secret is shown once: the page after its creation takes it out of the session.
"""

from django.contrib import messages
from django.forms import Form
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from accounts import client_secrets, permissions
from accounts import tokens as rules
from accounts.errors import Refused
from accounts.forms.tokens import ClientForm, TokenForm
from accounts.http import MemberRequest, explain_in, today
from accounts.paging import page_of

FRESH = "fresh_token"
# A firm has tens of other systems; more than these are kept by the command.
MOST_SECRETS = 200


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def tokens(request: MemberRequest) -> HttpResponse:
    permissions.require_known(permissions.is_of_the_firm(request.user))
    form = TokenForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        name, on = form.cleaned_data["name"], today(request)
        try:
            made = rules.create_person_token(request.user, name=name, by=request.user, on=on)
        except Refused as reason:
            explain_in(form, reason)
        else:
            request.session[FRESH] = {"name": name, "token": made}
            return redirect("accounts:tokens")
    found = rules.tokens_of(request.user)
    return _page(request, "accounts/tokens.html", form, found)


@require_POST
def revoke(request: MemberRequest, pk: int) -> HttpResponse:
    rules.revoke(pk, by=request.user, on=today(request))
    messages.success(request, "Token revoked.\nWhatever still sends it is refused from now on.")
    return redirect("accounts:tokens")


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def clients(request: MemberRequest) -> HttpResponse:
    permissions.require(
        permissions.may_keep_clients(request.user), "Only an HR admin keeps integration clients."
    )
    form = ClientForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        name = form.cleaned_data["client"].strip()
        make = _WAYS[form.cleaned_data["way"]]
        try:
            made = make(name, form.cleaned_data["scope"], request)
        except Refused as reason:
            explain_in(form, reason)
        else:
            request.session[FRESH] = {"name": name, **made}
            return redirect("accounts:clients")
    more = {"secrets": client_secrets.of_clients()[:MOST_SECRETS]}
    return _page(request, "accounts/clients.html", form, rules.tokens_of_clients(), **more)


def _secret(name: str, scopes: list[str], request: MemberRequest) -> dict[str, str]:
    made = client_secrets.register(name, scopes=scopes, by=request.user, on=today(request))
    return {"client_id": made.client_id, "secret": made.client_secret}


def _token(name: str, scopes: list[str], request: MemberRequest) -> dict[str, str]:
    made = rules.create_client_token(name, scopes=scopes, by=request.user, on=today(request))
    return {"token": made}


_WAYS = {"secret": _secret, "token": _token}


@require_POST
def renew_secret(request: MemberRequest, pk: int) -> HttpResponse:
    """A new secret for the same id; the page after it shows it once."""
    client, made = client_secrets.renew(pk, by=request.user, on=today(request))
    request.session[FRESH] = {
        "name": client.name, "client_id": made.client_id, "secret": made.client_secret,
    }  # fmt: skip
    return redirect("accounts:clients")


@require_POST
def revoke_secret(request: MemberRequest, pk: int) -> HttpResponse:
    client = client_secrets.revoke(pk, by=request.user, on=today(request))
    messages.success(
        request,
        f"The id and the secret of {client.name} are revoked.\nIts tokens are refused from now on.",
    )
    return redirect("accounts:clients")


@require_POST
def revoke_of_client(request: MemberRequest, pk: int) -> HttpResponse:
    owner = rules.revoke(pk, by=request.user, on=today(request))
    messages.success(request, f"A token of {owner} is revoked.\nIt is refused from now on.")
    return redirect("accounts:clients")


def _page(
    request: MemberRequest, template: str, form: Form, found: object, **more: object
) -> HttpResponse:
    page = page_of(found, request.GET.get("page"))  # type: ignore[arg-type]  # its rows are untyped
    context = {
        "form": form,
        "page": page,
        "fresh": request.session.pop(FRESH, None) if request.method == "GET" else None,
        "trail": [("Home", "/"), ("API tokens", "")],
        **more,
    }
    return render(request, template, context, status=400 if form.errors else 200)
