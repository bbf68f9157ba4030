"""Somebody at the API, with a token of their own."""

from itertools import count

from rest_framework.test import APIClient

from accounts import tokens
from tests.make.people import TODAY

_numbers = count(1)


class Api(APIClient):
    """Below /api/v1/, with a new Idempotency-Key for every POST unless told; `key=""` for none."""

    def __init__(self, token):
        super().__init__(raise_request_exception=True)
        self.credentials(HTTP_AUTHORIZATION=f"Bearer {token}")

    def generic(self, method, path, *args, key=None, **extra):
        if method == "POST" and key is None:
            key = f"key {next(_numbers)}"
        headers = {"Idempotency-Key": key} if key else {}
        full = path if path.startswith(("/", "http")) else f"/api/v1/{path}"
        extra["headers"] = headers | (extra.get("headers") or {})
        return super().generic(method, full, *args, **extra)


def api_of(user, *, on=TODAY):
    """As the person."""
    return Api(tokens.create_person_token(user, by=None, on=on))


def api_with(*scopes, on=TODAY):
    """As an integration client with these scopes."""
    name = f"client {next(_numbers)}"
    return Api(tokens.create_client_token(name, scopes=scopes, by=None, on=on))
