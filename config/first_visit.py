"""Before the organisation is founded every page leads to its founding."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.deprecation import MiddlewareMixin

from accounts.founding import is_founded

# Programs get their own answers, and the founding page needs its look.
_OPEN = (
    "/found/",
    "/healthz",
    "/readyz",
    "/static/",
    "/theme/",
    "/api/",
    "/oauth/",
    "/scim/",
    "/gallery/",
)


class LeadToFounding(MiddlewareMixin):
    """Whoever is signed in proves that there is an organisation, so only strangers cost a query."""

    def process_request(self, request: HttpRequest) -> HttpResponse | None:
        if request.path.startswith(_OPEN) or request.user.is_authenticated or is_founded():
            return None
        return redirect(reverse("accounts:found"))
