"""Pages print instants in the organisation's time; programs below /api/ and /scim/ get UTC."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from accounts.models import Organization

_FOR_PROGRAMS = ("/api/", "/scim/", "/healthz", "/readyz")


class OrganizationsTime:
    """Sets the zone around every page of whoever is signed in; strangers see no instants."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path.startswith(_FOR_PROGRAMS) or not request.user.is_authenticated:
            return self.get_response(request)
        organization = Organization.objects.first()
        with timezone.override(organization.zone if organization else None):
            return self.get_response(request)
