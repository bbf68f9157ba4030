"""What the OpenAPI document says about every operation without being told by each of them.

Who may call it, which refusals it can answer, and the Idempotency-Key where one is read.
"""

import re
from typing import Any, ClassVar, Literal, cast

from django.conf import settings
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiExample, extend_schema_field
from rest_framework import serializers
from rest_framework.permissions import SAFE_METHODS

from accounts.rest.access import scope_for
from accounts.rest.answers import LONGEST_KEY
from config.examples import EXAMPLES

PROBLEM = "application/problem+json"
TOKEN_ADDRESS = "/oauth/token/"  # noqa: S105  # an address
_READ = ("401", "403", "429")
_WRITTEN = ("400", "401", "403", "404", "409", "413", "415", "429")
_MEANINGS = {
    "400": "The input is malformed or invalid; `errors` names each field.",
    "401": "No valid token came with the request.",
    "403": "This user or client may not do this.",
    "404": "There is nothing here, or its existence is not yours to know.",
    "409": "The state or the money refuses it; `code` says which rule.",
    "413": "The body is too large.",
    "415": "The body is not JSON.",
    "422": "The Idempotency-Key came before with another address or body.",
    "429": "Too many requests; wait as long as Retry-After says.",
}
_HEADERS = {
    "401": {"WWW-Authenticate": "How to authenticate."},
    "429": {"Retry-After": "Seconds to wait."},
}
_SINGULAR = {"people": "person", "usage": "usage entry"}
_VERBS = {
    "list": "List",
    "retrieve": "Show",
    "create": "Create",
    "partial_update": "Change",
    "update": "Create or change",
    "destroy": "Delete",
}


@extend_schema_field(
    {"type": ["string", "number", "boolean", "null"], "description": "what was given there"}
)
class Given(serializers.JSONField):
    """Whatever stood in a field, if it can be shown at all."""


class FieldError(serializers.Serializer[Any]):
    field = serializers.CharField(help_text="dotted, such as measures.0.target", allow_blank=True)
    value = Given()
    message = serializers.CharField()


class Problem(serializers.Serializer[Any]):
    """RFC 9457. Refusals by money add `available` and `needed`; others name their own figures."""

    type = serializers.CharField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    detail = serializers.CharField(help_text="a sentence for people")
    code = serializers.CharField(help_text="a word for programs")
    help = serializers.CharField(help_text="what to do, whom to ask", allow_blank=True)
    errors = FieldError(many=True, required=False)  # type: ignore[assignment]  # RFC's name


class Bearer(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]  # its metaclass
    target_class = "accounts.rest.access.TokenAuthentication"
    name = ["token", "client"]  # an attribute of its base

    def get_security_definition(self, auto_schema: AutoSchema) -> list[dict[str, Any]]:
        bearer = {
            "type": "http",
            "scheme": "bearer",
            "description": "A token of a person or of an integration client.",
        }
        scopes = cast("dict[str, dict[str, str]]", settings.OAUTH2_PROVIDER)["SCOPES"]
        flow = {"tokenUrl": TOKEN_ADDRESS, "scopes": scopes}
        client = {
            "type": "oauth2",
            "description": "An integration client fetches a token of an hour by its id and secret.",
            "flows": {"clientCredentials": flow},
        }
        return [bearer, client]

    def get_security_requirement(self, auto_schema: AutoSchema) -> list[dict[str, list[str]]]:
        """A person's token opens all that the person may do; a client needs the scope."""
        scope = scope_for(auto_schema.view, auto_schema.method)
        return [{"token": [scope]}, {"client": [scope]}] if scope else [{"token": []}]


class Schema(AutoSchema):
    """Operations named after their resource, with every answer that they can give."""

    problems: ClassVar[Any] = Problem

    @property
    def _action(self) -> str:
        return getattr(self.view, "action", None) or self.method.lower()

    @property
    def _key_is_required(self) -> bool | None:
        """None where no Idempotency-Key is read."""
        handler = getattr(self.view, self._action, None)
        return getattr(handler, "is_key_required", None)

    def get_tags(self) -> list[str]:
        return super().get_tags() or ["the API"]

    def get_operation_id(self) -> str:
        words = [word.replace("-", "_") for word in self._tokenize_path()] or ["root"]
        return "_".join([*words, _VERBS.get(self._action, "")]).strip("_").lower().replace(" ", "_")

    def get_summary(self) -> str:
        given = super().get_summary()
        if given:
            return given
        noun = " ".join(self._tokenize_path()[:1]).replace("-", " ") or "the API"
        own = getattr(getattr(self.view, self._action, None), "__doc__", None)
        if own and self._action not in ("list", "retrieve"):
            return re.split(r"[.;:]\s|[.]$|\n\n", own.strip())[0]
        if self._action == "retrieve":
            return f"Show one {_SINGULAR.get(noun) or re.sub('ies$', 'y', noun).rstrip('s')}"
        return f"{_VERBS.get(self._action, self._action.capitalize())} {noun}"

    def get_examples(self) -> list[OpenApiExample]:
        found = EXAMPLES.get(self.get_operation_id(), ())
        return [found] if isinstance(found, OpenApiExample) else list(found)

    def _get_serializer_name(self, *args: Any, **options: Any) -> str:
        name = str(super()._get_serializer_name(*args, **options))
        return re.sub("(Row|Body)(?=Request$|$)", "", name)

    def _resolve_path_parameters(self, variables: list[str]) -> list[dict[str, Any]]:
        schema = {"type": "string", "minLength": 1}
        return [
            {"in": "path", "name": name, "required": True, "schema": schema} for name in variables
        ]

    def _get_parameters(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = super()._get_parameters()
        if self._key_is_required is not None:
            found.append(
                {
                    "in": "header",
                    "name": "Idempotency-Key",
                    "required": self._key_is_required,
                    "schema": {"type": "string", "minLength": 1, "maxLength": LONGEST_KEY},
                    "description": "A new random key for every new thing, the same for a retry.",
                }
            )
        return found

    def _get_response_bodies(
        self, direction: Literal["request", "response"] = "response"
    ) -> dict[str, Any]:
        answers: dict[str, Any] = super()._get_response_bodies(direction)
        if self._key_is_required is not None:
            self._state_replays(answers)
        ref = self.resolve_serializer(self.problems, "response").ref
        for status in self._refusals():
            content = {PROBLEM: {"schema": ref, "examples": {"problem": _example(status)}}}
            headers = {
                name: {"schema": {"type": "string"}, "description": words}
                for name, words in _HEADERS.get(status, {}).items()
            }
            answers[status] = {"description": _MEANINGS[status], "content": content} | (
                {"headers": headers} if headers else {}
            )
        return answers

    def _refusals(self) -> list[str]:
        if self.method not in SAFE_METHODS:
            return [*_WRITTEN, *(["422"] if self._key_is_required is not None else [])]
        more = ["404"] if "{" in self.path else []
        is_asked = any(each["in"] == "query" for each in self._get_parameters())
        return sorted([*_READ, *more, *(["400"] if is_asked or self._is_list_view() else [])])

    def _state_replays(self, answers: dict[str, Any]) -> None:
        for status, answer in answers.items():
            if status.startswith("2"):
                answer.setdefault("headers", {})["Idempotent-Replayed"] = {
                    "schema": {"type": "string", "enum": ["true"]},
                    "description": "Present where this is the first answer over again.",
                }


def without_marks(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """The document without the notes that its generator writes for itself."""
    pending: list[Any] = [result]
    while pending:
        node = pending.pop()
        if isinstance(node, dict):
            node.pop("x-spec-enum-id", None)
            pending.extend(node.values())
        elif isinstance(node, list):
            pending.extend(node)
    return result


def _example(status: str) -> dict[str, Any]:
    detail = {"400": "starts_on: Write a day like 2026-10-31."}.get(status, _MEANINGS[status])
    value: dict[str, Any] = {
        "type": "about:blank",
        "title": _TITLES[status],
        "status": int(status),
        "detail": detail,
        "code": _CODES[status],
        "help": "",
    }
    if status == "400":
        wrong = {"field": "starts_on", "value": "31.10.26", "message": detail[11:]}
        value["errors"] = [wrong]
    return {"value": value}


_CODES = {
    "400": "invalid",
    "401": "not_authenticated",
    "403": "forbidden",
    "404": "not_found",
    "409": "not_enough_money",
    "413": "body_too_large",
    "415": "unsupported_media_type",
    "422": "key_reused",
    "429": "throttled",
}
_TITLES = {
    "400": "Bad Request",
    "401": "Unauthorized",
    "403": "Forbidden",
    "404": "Not Found",
    "409": "Conflict",
    "413": "Request Entity Too Large",
    "415": "Unsupported Media Type",
    "422": "Unprocessable Entity",
    "429": "Too Many Requests",
}
