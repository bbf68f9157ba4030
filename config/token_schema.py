"""What the OpenAPI document says of `/oauth/token/`, which answers as RFC 6749 and not as the API.

Its errors are `{"error", "error_description"}`, its body is a form, and who asks is known by an id
and a secret.
"""

from typing import Any

from accounts.rest.oauth import GRANT
from config.schema import TOKEN_ADDRESS

_TEXT = {"type": "string"}
_ASKED = {
    "type": "object",
    "required": ["grant_type"],
    "properties": {
        "grant_type": {"type": "string", "enum": [GRANT]},
        "scope": {
            "type": "string",
            "description": "some of those that it was given, separated by spaces; all unless told",
        },
        "client_id": {"type": "string", "description": "where there is no Authorization header"},
        "client_secret": {"type": "string", "format": "password"},
    },
}
_GIVEN = {
    "type": "object",
    "required": ["access_token", "token_type", "expires_in", "scope"],
    "properties": {
        "access_token": _TEXT,
        "token_type": {"type": "string", "enum": ["Bearer"]},
        "expires_in": {"type": "integer", "description": "seconds"},
        "scope": _TEXT,
    },
}
_REFUSED = {
    "type": "object",
    "required": ["error"],
    "properties": {"error": _TEXT, "error_description": _TEXT},
}


def with_token_endpoint(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """The document with the address at which clients fetch their tokens."""
    schemas = result["components"].setdefault("schemas", {})
    schemas |= {"TokenRequest": _ASKED, "Token": _GIVEN, "TokenError": _REFUSED}
    result["components"]["securitySchemes"]["secret"] = {
        "type": "http",
        "scheme": "basic",
        "description": "A client's id and secret, for the token endpoint alone.",
    }
    result["paths"][TOKEN_ADDRESS] = {"post": _operation()}
    return result


def _operation() -> dict[str, Any]:
    given = {"access_token": "uZ3d...", "token_type": "Bearer", "expires_in": 3600}
    return {
        "operationId": "oauth_token",
        "summary": "Fetch a token of an hour as an integration client",
        "description": "OAuth 2.0, client credentials (RFC 6749, 4.4). No other grant is answered.",
        "tags": ["oauth"],
        # An id and secret in the body need no header.
        "security": [{"secret": []}, {}],
        "requestBody": {
            "required": True,
            "content": {
                "application/x-www-form-urlencoded": {
                    "schema": {"$ref": "#/components/schemas/TokenRequest"},
                    "examples": {
                        "read": {"value": {"grant_type": GRANT, "scope": "people:read"}}
                    },
                }
            },
        },
        "responses": {
            "200": _answer("A token.", "Token", given | {"scope": "people:read market:read"}),
            "400": _answer(
                "Another grant, or a scope that the client was not given.", "TokenError",
                {"error": "invalid_scope"},
            ),
            "401": _answer(
                "The id or the secret is wrong, or was revoked.", "TokenError",
                {"error": "invalid_client"}, header="WWW-Authenticate",
            ),
            "429": _answer(
                "Too many requests for one id from one address.", "TokenError",
                {"error": "temporarily_unavailable", "error_description": "Too many requests."},
                header="Retry-After",
            ),
        },
    }  # fmt: skip


def _answer(
    words: str, schema: str, example: dict[str, Any], *, header: str = ""
) -> dict[str, Any]:
    content = {"schema": {"$ref": f"#/components/schemas/{schema}"}, "example": example}
    answer: dict[str, Any] = {"description": words, "content": {"application/json": content}}
    if header:
        answer["headers"] = {header: {"schema": _TEXT, "description": "As RFC 9110 says."}}
    return answer
