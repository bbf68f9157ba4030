"""How people come in: by an account that HR made, never by signing up; and for whom pages are."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest, HttpResponse
from django.utils.deprecation import MiddlewareMixin

from accounts.errors import Forbidden
from accounts.permissions import is_of_the_firm
from config.refusals import page_of


class ByInvitation(DefaultAccountAdapter):  # type: ignore[misc]  # allauth has no types
    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False


class PagesAreForTheFirm(MiddlewareMixin):
    """Pages answer people of the firm; an integration client has the API and its scopes.

    Whoever is neither may still read what needs no sign-in, and sign out.
    """

    def process_view(
        self, request: HttpRequest, view: Any, args: Any, kwargs: Any
    ) -> HttpResponse | None:
        match = request.resolver_match
        is_sign_in = match is not None and (match.url_name or "").startswith("account_")
        if is_sign_in or not getattr(view, "login_required", True):
            return None
        user = request.user
        if not user.is_authenticated or is_of_the_firm(user):
            return None
        return page_of(
            request,
            Forbidden(
                "This log-in belongs to nobody who is with the firm today.",
                help="An integration client uses the API; a person asks an HR admin.",
            ),
        )
