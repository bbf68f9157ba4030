"""What a request's body may be: JSON of finite numbers and storable text, and not too much."""

import json
from collections.abc import Mapping
from decimal import Decimal
from typing import IO, Any

from django.conf import settings
from rest_framework.exceptions import APIException, ParseError
from rest_framework.parsers import JSONParser


class TooLarge(APIException):
    status_code = 413
    default_detail = "The body is larger than this address takes."
    default_code = "body_too_large"


class JSONBody(JSONParser):
    """JSON with exact decimals; NaN, infinities, NUL and half characters are no values of ours."""

    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        limit = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        body = stream.read(limit + 1)
        if len(body) > limit:
            raise TooLarge
        try:
            data = json.loads(body.decode(), parse_constant=_refuse, parse_float=Decimal)
            _require_storable(data)
        except (ValueError, ArithmeticError, RecursionError) as error:
            reason = "it is nested too deeply" if isinstance(error, RecursionError) else error
            raise ParseError(f"The body is no JSON that can be kept: {reason}.") from error
        return data


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is no number")


def _require_storable(data: Any) -> None:
    """ValueError for text that the database cannot hold, wherever it stands."""
    if isinstance(data, dict):
        for name, value in data.items():
            _require_storable(name)
            _require_storable(value)
    elif isinstance(data, list):
        for value in data:
            _require_storable(value)
    elif isinstance(data, str):
        if "\0" in data:
            raise ValueError("it holds a NUL character")
        if any("\ud800" <= each <= "\udfff" for each in data):
            raise ValueError("it holds half of a character (a lone surrogate)")
