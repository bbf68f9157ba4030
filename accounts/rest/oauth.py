"""The token endpoint of OAuth for integration clients: by their id and secret, nothing else."""

import base64
import binascii
import json
from http import HTTPStatus
from typing import Any
from urllib.parse import unquote_plus

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.decorators import method_decorator
from django.views.decorators.csrf import csrf_exempt
from oauth2_provider.scopes import SettingsScopes
from oauth2_provider.views import TokenView

from accounts import audit, client_secrets
from accounts.http import today
from accounts.models import ClientScopes
from accounts.rest.access import is_within, seconds_left

GRANT = "client_credentials"


class GivenScopes(SettingsScopes):  # type: ignore[misc]  # the toolkit has no types
    """A client asks for some of the scopes that it was given, or gets all of them."""

    def get_available_scopes(
        self, application: Any = None, request: Any = None, *args: Any, **kwargs: Any
    ) -> list[str]:
        given = ClientScopes.objects.filter(application=application).first()
        return given.scopes.split() if given else []

    def get_default_scopes(
        self, application: Any = None, request: Any = None, *args: Any, **kwargs: Any
    ) -> list[str]:
        return self.get_available_scopes(application, request)


@method_decorator([csrf_exempt, login_not_required], name="dispatch")
class Token(TokenView):  # type: ignore[misc]  # the toolkit has no types
    """POST with `grant_type=client_credentials`; answers and errors are those of RFC 6749."""

    http_method_names = ["post"]

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        client_id = _client_id(request)
        if not _may_ask(request, client_id):
            return _error(
                HTTPStatus.TOO_MANY_REQUESTS, "temporarily_unavailable",
                "Too many requests; wait as long as Retry-After says.",
                headers={"Retry-After": f"{seconds_left():.0f}"},
            )  # fmt: skip
        if request.POST.get("grant_type") != GRANT:
            return _error(
                HTTPStatus.BAD_REQUEST, "unsupported_grant_type", f"Send grant_type={GRANT}."
            )
        answer: HttpResponse = super().post(request, *args, **kwargs)
        if answer.status_code == HTTPStatus.OK:
            token = json.loads(answer.content)["access_token"]
            client_secrets.note_fetched(token, on=today(request))
        elif answer.status_code == HTTPStatus.UNAUTHORIZED:
            _audit_refusal(request, client_id)
        return answer


def _may_ask(request: HttpRequest, client_id: str) -> bool:
    """A guessed secret costs its guesser the minute, and nobody else whose address differs."""
    limit = settings.TOKEN_REQUESTS_PER_MINUTE
    address = request.META.get("REMOTE_ADDR", "")
    return not limit or is_within(f"oauth/{address}/{client_id[:100]!r}", limit)


def _client_id(request: HttpRequest) -> str:
    """As the client names itself: in the Authorization header, or in the body."""
    kind, _, text = request.headers.get("Authorization", "").partition(" ")
    if kind.lower() != "basic":
        return request.POST.get("client_id", "")
    try:
        return unquote_plus(base64.b64decode(text).decode().partition(":")[0])
    except (binascii.Error, ValueError):
        return ""


def _audit_refusal(request: HttpRequest, client_id: str) -> None:
    """Who keeps the clients reads that somebody tried one's id with another secret."""
    client = client_secrets.client_of(client_id)
    if client is not None:
        audit.record_refusal(
            "client_secret.refuse", audit.name_of(client), by=client, on=today(request),
            reason="The secret was wrong.",
        )  # fmt: skip


def _error(
    status: HTTPStatus, error: str, words: str, *, headers: dict[str, str] | None = None
) -> JsonResponse:
    body = {"error": error, "error_description": words}
    return JsonResponse(body, status=status, headers=headers)
