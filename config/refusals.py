"""Where a Refused meets HTTP: a problem document below /api/, a page in the browser.

A refused attempt is in the audit trail with actor and target (PRODUCT 4.22); it is written here,
after the action's own transaction was rolled back.
"""

from decimal import Decimal
from http import HTTPStatus
from typing import Any

from django.core.exceptions import RequestDataTooBig
from django.db import DataError
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.deprecation import MiddlewareMixin
from rest_framework.exceptions import ErrorDetail, PermissionDenied, ValidationError
from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import exception_handler

from accounts import audit, clock
from accounts.errors import Forbidden, Refused, Unknown
from accounts.models import User
from accounts.rest.parsing import TooLarge

PROBLEM = "application/problem+json"
_STATUS = {
    "forbidden": HTTPStatus.FORBIDDEN,
    "not_found": HTTPStatus.NOT_FOUND,
    "invalid": HTTPStatus.BAD_REQUEST,
    "idempotency_key_missing": HTTPStatus.BAD_REQUEST,
    "key_reused": HTTPStatus.UNPROCESSABLE_ENTITY,
}
_AUDITED = ("forbidden", "not_found")
_HELP = {
    HTTPStatus.UNAUTHORIZED: "Send a valid token as `Authorization: Bearer TOKEN`.",
    HTTPStatus.FORBIDDEN: "Ask an HR admin which role or scope this needs.",
    HTTPStatus.NOT_FOUND: "Check the address and the id; you may also lack the right to know it.",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "Send less at a time.",
    HTTPStatus.METHOD_NOT_ALLOWED: "The Allow header names the methods of this address.",
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE: "Send JSON as `Content-Type: application/json`.",
    HTTPStatus.TOO_MANY_REQUESTS: "Wait as long as the Retry-After header says.",
    HTTPStatus.INTERNAL_SERVER_ERROR: "Try again later; if it stays so, tell whoever runs Rendan.",
    HTTPStatus.SERVICE_UNAVAILABLE: "Wait as long as Retry-After says, then send the same again.",
}
_FAULT = "Something went wrong here; nothing of this request was kept."


def status_of(reason: Refused) -> HTTPStatus:
    """400 for input, 403, 404, 422 for a reused key; 409 where state or money refuses."""
    return _STATUS.get(reason.code, HTTPStatus.CONFLICT)


def explain(error: Exception, context: dict[str, Any]) -> Response | None:
    """Every error of the API as RFC 9457; None leaves a fault of ours to the server."""
    if isinstance(error, Refused):
        _audit(context["request"], error)
        return _of_refusal(error)
    if isinstance(error, DataError):
        error = _unkeepable()
        return _problem(status_of(error), str(error), code=error.code, help=error.help)
    if isinstance(error, RequestDataTooBig):
        error = TooLarge()
    answer = exception_handler(error, context)
    if answer is None:
        return None
    if isinstance(error, PermissionDenied):
        _audit(context["request"], Forbidden(str(error.detail)))
    status = HTTPStatus(answer.status_code)
    if isinstance(error, ValidationError):
        errors = _errors_of(error.detail, context.get("request"))
        return _problem(status, _summary(errors), code="invalid", errors=errors)
    detail = answer.data["detail"] if isinstance(answer.data, dict) else str(error)
    code = getattr(detail, "code", "error")
    kept = {name: value for name, value in answer.headers.items() if name != "Content-Type"}
    return _problem(status, str(detail), code=code, headers=kept)


def problem_of(status: HTTPStatus, detail: str, *, code: str) -> dict[str, Any]:
    """The body of a problem document that no exception led to."""
    return {
        "type": "about:blank",
        "title": status.phrase,
        "status": status.value,
        "detail": detail,
        "code": code,
        "help": _HELP.get(status, ""),
    }


def _unkeepable() -> Refused:
    """What the database itself cannot hold, where no rule had a word for it."""
    return Refused(
        "A value is too large or is no valid text.", code="invalid",
        help="Look for a very large number, a day far away or a stray character, and correct it.",
    )  # fmt: skip


def _of_refusal(reason: Refused) -> Response:
    more: dict[str, Any] = dict(reason.facts)
    if reason.field:
        value = None if reason.value is None else str(reason.value)
        more["errors"] = [{"field": reason.field, "value": value, "message": str(reason)}]
    return _problem(status_of(reason), str(reason), code=reason.code, help=reason.help, **more)


def _problem(
    status: HTTPStatus,
    detail: str,
    *,
    code: str,
    headers: dict[str, str] | None = None,
    **more: Any,
) -> Response:
    body = problem_of(status, detail, code=code)
    body |= {name: value for name, value in more.items() if value or name != "help"}
    return Response(body, status, headers=headers, content_type=PROBLEM)


def _errors_of(detail: Any, request: Request | None) -> list[dict[str, Any]]:
    given: Any = {}
    if request is not None:
        is_read = request.method in SAFE_METHODS
        given = request.query_params.dict() if is_read else request.data
    return [
        {
            "field": "" if field == "non_field_errors" else field,
            "value": _value_at(given, field),
            "message": str(message),
        }
        for field, message in _flat(detail, "")
    ]


def _flat(detail: Any, path: str) -> list[tuple[str, ErrorDetail]]:
    """`{"measures": [{"target": ["..."]}]}` as `measures.0.target`."""
    if isinstance(detail, dict):
        pairs = [_flat(each, _joined(path, name)) for name, each in detail.items()]
        return [pair for inner in pairs for pair in inner]
    if isinstance(detail, list) and any(isinstance(each, dict | list) for each in detail):
        pairs = [_flat(each, _joined(path, str(at))) for at, each in enumerate(detail)]
        return [pair for inner in pairs for pair in inner]
    return [(path, each) for each in (detail if isinstance(detail, list) else [detail])]


def _joined(path: str, name: str) -> str:
    if name == "non_field_errors":
        return path
    return f"{path}.{name}" if path else name


def _value_at(given: Any, path: str) -> Any:
    for name in path.split("."):
        if isinstance(given, list) and name.isdecimal() and int(name) < len(given):
            given = given[int(name)]
        elif isinstance(given, dict):
            given = given.get(name)
        else:
            return None
    if isinstance(given, Decimal):
        return f"{given}"
    return given if isinstance(given, str | int | bool) else None


def _summary(errors: list[dict[str, Any]]) -> str:
    first = errors[0]
    named = f"{first['field']}: {first['message']}" if first["field"] else first["message"]
    more = len(errors) - 1
    return f"{named} ({more} more below.)" if more else str(named)


def _audit(request: HttpRequest | Request, reason: Refused) -> None:
    user = request.user
    if reason.code not in _AUDITED or not isinstance(user, User):
        return
    target = request.path.replace("\0", "\ufffd")
    audit.record_refusal(
        f"{request.method} refused".lower(), target, by=user, on=clock.today(), reason=str(reason)
    )


class SearchableAddress(MiddlewareMixin):
    """PostgreSQL holds no NUL, so no page is asked for one: its filters answer as without it.

    Below /api/ fields and filters name what is wrong.
    """

    def process_request(self, request: HttpRequest) -> None:
        asked = request.META.get("QUERY_STRING", "")
        if not request.path.startswith("/api/") and ("%00" in asked or "\0" in asked):
            request.META["QUERY_STRING"] = asked.replace("%00", "").replace("\0", "")


class RefusedPage(MiddlewareMixin):
    """What no view turned into words on its own page becomes a page of its own."""

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        if isinstance(error, Http404):
            # What is not there and what is not theirs to know look alike, in the trail as well.
            error = Unknown()
        elif isinstance(error, DataError):
            error = _unkeepable()
        return page_of(request, error) if isinstance(error, Refused) else None


def page_of(request: HttpRequest, reason: Refused) -> HttpResponse:
    """The refusal on a page of its own, written into the audit trail where it has to be."""
    _audit(request, reason)
    status = status_of(reason)
    if status == HTTPStatus.NOT_FOUND:
        return render(request, "404.html", status=status)
    back = request.headers.get("Referer", "")
    is_ours = back.startswith(f"{request.scheme}://{request.get_host()}/")
    context = {"reason": reason, "back_url": back if is_ours else ""}
    return render(request, "refused.html", context, status=status)


class ProblemsBelowApi(MiddlewareMixin):
    """Errors that never reach a REST view (no such address, a method) are documents there too."""

    def process_response(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        is_ours = request.path.startswith("/api/") and response.status_code >= 400
        if not is_ours or response.headers.get("Content-Type", "").startswith(PROBLEM):
            return response
        status = HTTPStatus(response.status_code)
        is_fault = status >= HTTPStatus.INTERNAL_SERVER_ERROR
        nothing = f"{request.method} {request.path} is answered by nothing here."
        detail = _FAULT if is_fault else nothing
        body = problem_of(status, detail, code=status.phrase.lower().replace(" ", "_"))
        answer = JsonResponse(body, status=status, content_type=PROBLEM)
        for name in ("Allow", "WWW-Authenticate", "Retry-After"):
            if name in response.headers:
                answer.headers[name] = response.headers[name]
        return answer
