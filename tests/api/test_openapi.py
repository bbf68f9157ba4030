"""The document says every answer that the API gives: generated requests find no other."""

import time
from datetime import date
from itertools import cycle

import pytest
import schemathesis
import time_machine
from django.core.management import call_command
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from django.test import override_settings
from hypothesis import HealthCheck, Phase, given, seed, settings
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import FailureGroup
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi import checks

from accounts import tokens
from config.wsgi import application
from tests import make

pytestmark = pytest.mark.django_db
SECONDS = 75
CHECKS = [
    not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_headers_conformance,
    checks.response_schema_conformance,
]


def test_the_document_is_valid_and_complete(capfd):
    call_command("spectacular", validate=True, fail_on_warn=True)
    assert "openapi: 3.1.0" in capfd.readouterr().out


def test_every_operation_has_words_a_tag_a_token_and_its_refusals(client):
    document = client.get("/api/v1/schema/?format=json").json()
    names = set()
    for address, operations in document["paths"].items():
        for method, operation in operations.items():
            names.add(operation["operationId"])
            assert operation["summary"], address
            assert operation["tags"], address
            if address == "/oauth/token/":
                assert {"200", "400", "401", "429"} == set(operation["responses"])
                continue
            assert any("token" in way for way in operation["security"]), address
            assert {"401", "403", "429"} <= set(operation["responses"]), address
            if method != "get":
                assert {"400", "404", "409", "413", "415"} <= set(operation["responses"]), address
    assert len(names) == sum(len(operations) for operations in document["paths"].values())


def test_the_key_is_stated_where_money_moves_and_where_contracts_and_purchases_begin(client):
    document = client.get("/api/v1/schema/?format=json").json()
    required = {
        operation["operationId"]
        for operations in document["paths"].values()
        for operation in operations.values()
        for parameter in operation.get("parameters", [])
        if parameter["name"] == "Idempotency-Key" and parameter["required"]
    }
    assert required == {
        "contracts_create", "outside_purchases_create", "outside_purchases_receive",
        "learning_purchases_create", "learning_purchases_cancel", "grants_create",
        "grants_publish", "budgets_publish", "moves_create", "moves_confirm",
    }  # fmt: skip


def test_a_program_reads_where_tokens_are_fetched_and_which_scope_each_operation_needs(client):
    document = client.get("/api/v1/schema/?format=json").json()
    flow = document["components"]["securitySchemes"]["client"]["flows"]["clientCredentials"]
    assert flow["tokenUrl"] == "/oauth/token/"
    assert set(flow["scopes"]) == set(tokens.SCOPES)
    paths = document["paths"]
    assert {"client": ["money:write"]} in paths["/api/v1/moves/"]["post"]["security"]
    ways = paths["/api/v1/moves/{id}/confirm/"]["post"]["security"]
    assert {"token": []} in ways
    assert not any("client" in way for way in ways)
    asked = paths["/oauth/token/"]["post"]["requestBody"]["content"]
    assert list(asked) == ["application/x-www-form-urlencoded"]


@pytest.fixture
def _one_connection():
    """Requests of the bare application share the test's connection, as those of a client do."""
    signals = (request_started, request_finished)
    for signal in signals:
        signal.disconnect(close_old_connections)
    yield
    for signal in signals:
        signal.connect(close_old_connections)


@pytest.mark.usefixtures("_one_connection")
@override_settings(API_REQUESTS_PER_MINUTE=0, TOKEN_REQUESTS_PER_MINUTE=0)
@time_machine.travel("2026-03-02T09:00Z", tick=False)
def test_generated_requests_get_no_answer_that_the_document_does_not_state():
    """As an HR admin who leads an ME, and as a client with every scope, in turns."""
    known = _world()
    headers = cycle([{"Authorization": f"Bearer {token}"} for token in _tokens(known)])
    schema = schemathesis.openapi.from_wsgi("/api/v1/schema/?format=json", application)
    operations = [each.ok() for each in schema.get_all_operations()]
    assert len(operations) > 80
    until, number, found = time.monotonic() + SECONDS, 0, {}
    while time.monotonic() < until:
        for operation in operations:
            mode = (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)[number % 3 == 2]
            found |= _try(operation, mode, number, next(headers), known)
            if time.monotonic() > until and number:
                break
        number += 1
    assert number > 1
    assert not found, "\n\n".join(f"{each}: {said}" for each, said in found.items())


def _try(operation, mode, number, headers, known):
    """A few requests of one operation; in two of three rounds they name what exists.

    Answers what was found by operation. Nothing is raised within: what a request changed stays,
    so none could be repeated to be made smaller.
    """
    found = {}

    @seed(number)
    @settings(
        max_examples=2, deadline=None, database=None, phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(case=operation.as_strategy(mode))
    def check(case):
        if number % 3:
            _name_what_exists(case, known)
        try:
            case.call_and_validate(headers=headers, checks=CHECKS)
        except FailureGroup as failures:
            found[operation.label] = str(failures)

    check()
    return found


def _name_what_exists(case, known):
    noun = case.operation.path.split("/")[3]
    if "id" in (case.path_parameters or {}) and noun in known:
        case.path_parameters["id"] = known[noun]
    if "external_id" in (case.path_parameters or {}):
        case.path_parameters["external_id"] = known["external_id"]
    if isinstance(case.body, dict):
        for name, value in known["fields"].items():
            if name in case.body:
                case.body[name] = value


def _tokens(known):
    client = tokens.create_client_token("all", scopes=tokens.SCOPES, by=None, on=make.TODAY)
    person = tokens.create_person_token(known["lead"], by=None, on=make.TODAY)
    return person, client


def _world():
    """An HR admin who leads a buyer, with something of every kind."""
    contract = make.active(plan="per_unit", price="10.00")
    lead = make.lead_of(contract.buyer)
    lead.is_hr_admin = lead.is_auditor = True
    lead.save()
    make.granted(contract.buyer, "5000.00", fund="learning")
    outside = make.outside_offer(valid_until_on=date(2027, 12, 31))
    course_run = make.course_run()
    person = make.person()
    ids = {
        "contracts": contract, "offerings": contract.offering, "outside-offers": outside,
        "categories": outside.category, "micro-enterprises": contract.buyer,
        "roles": contract.buyer.roles.first(), "customer-outcomes": contract.buyer.outcomes.first(),
        "memberships": contract.buyer.memberships.first(), "courses": course_run.course,
        "course-runs": course_run, "wallets": make.wallet(contract.buyer),
    }  # fmt: skip
    fields = {
        "micro_enterprise": contract.buyer, "offering": contract.offering, "contract": contract,
        "measure": contract.current.measures.first(), "offer": outside, "run": course_run,
        "course": course_run.course, "category": outside.category, "person": person,
        "role": contract.buyer.roles.first(),
    }  # fmt: skip
    known = {name: str(row.pk) for name, row in ids.items()}
    days = {"starts_on": "2026-05-01", "ends_on": "2026-09-30", "used_on": "2026-03-02"}
    named = {name: str(row.pk) for name, row in fields.items()}
    hashes = {"hash": contract.current.hash}
    return known | {
        "lead": lead,
        "external_id": person.external_id,
        "fields": named | days | hashes,
    }
