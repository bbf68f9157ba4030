"""docs/api.md is whole and true: every resource and operation, each with a request that is one."""

import json
import re
import shlex
from pathlib import Path

import jsonschema  # type: ignore[import-untyped]
import pytest
from drf_spectacular.generators import SchemaGenerator

from config.api import RESOURCES

GUIDE = Path(__file__).parents[2] / "docs" / "api.md"
OPERATION = re.compile(r"`([A-Z]+) ([^`]+)` ([a-z:]+)(, key)?")
NAMES = {"id": "ID", "external_id": "EXTERNAL_ID", "month": "MONTH"}


def _chapters():
    """What stands below each `### resource` of the guide."""
    told = GUIDE.read_text().partition("## Every resource")[2]
    parts = re.split(r"(?m)^### (.+)$", told)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


@pytest.fixture(scope="module")
def document():
    return SchemaGenerator().get_schema(request=None, public=True)


def _short(address):
    said = address.removeprefix("/api/v1/")
    for name, word in NAMES.items():
        said = said.replace(f"{{{name}}}", word)
    return said


def _operations(document, resource):
    """(method, address, the scope that opens it to clients, whether a key is required)."""
    for address, operations in document["paths"].items():
        if not address.startswith(f"/api/v1/{resource}/"):
            continue
        for method, told in operations.items():
            scopes = [each["client"][0] for each in told["security"] if "client" in each]
            key = any(
                each["name"] == "Idempotency-Key" and each["required"]
                for each in told.get("parameters", [])
            )
            yield method.upper(), _short(address), (scopes or ["persons"])[0], key


def test_the_guide_tells_every_resource_in_the_order_of_the_root():
    assert sorted(_chapters()) == sorted(RESOURCES)


@pytest.mark.parametrize("resource", RESOURCES)
def test_the_guide_tells_every_operation_with_its_scope_and_its_key(document, resource):
    told = {
        (method, address, scope, bool(key))
        for method, address, scope, key in OPERATION.findall(_chapters()[resource])
    }
    assert told == set(_operations(document, resource))


@pytest.mark.parametrize("resource", RESOURCES)
def test_the_request_and_the_answer_of_each_resource_are_as_the_document_says(document, resource):
    chapter = _chapters()[resource]
    worked = re.search(r"(?s)```sh\n(.+?)\n```\n```json\n(.+?)\n```", chapter)
    command, answer = worked.groups()
    method, address, body = _read(command)
    template = next(
        each
        for each in document["paths"]
        if re.fullmatch(re.sub(r"\{\w+\}", "[^/{}]+", each), f"/api/v1/{address}")
        and method.lower() in document["paths"][each]
    )
    operation = document["paths"][template][method.lower()]
    if body is not None:
        asked = operation["requestBody"]["content"]["application/json"]["schema"]
        _check(document, asked, body, "Request")
    given = next(told for status, told in operation["responses"].items() if status[0] == "2")
    schema = given["content"]["application/json"]["schema"]
    _check(document, schema, json.loads(answer), "")


def _read(command):
    words = shlex.split(command.replace("\\\n", " "))
    options = dict(zip(words[1:-1:2], words[2:-1:2], strict=False))
    address, _, _ = words[-1].removeprefix("$API/").partition("?")
    sent = options.get("-d")
    return options.get("-X", "GET"), address, None if sent is None else json.loads(sent)


def _check(document, schema, value, ending):
    """Valid, and nothing in it that the document does not know; a long answer may be told in part.

    `ending` is that of the names of whole bodies: of a body nothing that is required may lack.
    """
    whole = {"components": document["components"], **schema}
    errors = [
        error.message
        for error in jsonschema.Draft202012Validator(whole).iter_errors(value)
        if ending or error.validator != "required"
    ]
    assert not errors, errors
    _no_stranger(document, schema, value)


def _no_stranger(document, schema, value):
    if "$ref" in schema:
        schema = document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    known = schema.get("properties")
    if isinstance(value, list):
        for each in value:
            _no_stranger(document, schema.get("items", {}), each)
    elif isinstance(value, dict) and known:
        assert set(value) <= set(known), set(value) - set(known)
        for name, each in value.items():
            _no_stranger(document, known[name], each)
