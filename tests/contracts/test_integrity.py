"""Whoever changes a signed row behind the back of the application is found out."""

import json
from datetime import date
from decimal import Decimal
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from contracts import integrity
from contracts.actions import agreements, clockwork
from contracts.models import Contract, Signature
from tests import make
from tests.make import TODAY

pytestmark = pytest.mark.django_db


def tamper(statement, *parameters):
    """Change rows as somebody with the database's own password could."""
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        cursor.execute(statement, parameters)
        cursor.execute("SET session_replication_role = DEFAULT")


def faults():
    return [(each["what"], each["detail"]) for each in integrity.verify_contracts()["broken"]]


def test_contracts_of_every_state_are_unbroken():
    make.draft(measures=())
    make.draft(plan="per_unit", expected="10.5")
    contract = make.offered()
    changed = make.terms(price=Decimal("2100.00"), risks="Größe, “quotes” and 中文")
    agreements.counter(
        contract, seen_hash=contract.current.hash, terms=changed, party=contract.provider,
        by=make.lead_of(contract.provider), on=TODAY, note="Fuel is dear.",
    )  # fmt: skip
    late = make.agreed(starts_on=date(2026, 6, 1))
    agreements.cancel(late, party=late.buyer, by=make.lead_of(late.buyer), on=TODAY)
    clockwork.run_clock(on=TODAY)
    make.ended()
    make.offered()
    clockwork.run_clock(on=date(2027, 3, 1))
    assert integrity.verify_contracts() == {"checked": 6, "broken": []}
    assert {*Contract.objects.values_list("state", flat=True)} == {
        "draft", "lapsed", "closed", "ended",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("statement", "what", "detail"),
    [
        (
            "UPDATE contracts_contractversion SET terms = jsonb_set(terms, '{price}', '\"1.00\"')",
            "version 1",
            "do not give the hash",
        ),
        ("UPDATE contracts_contractversion SET price = 1", "version 1", "price is 1.00"),
        ("UPDATE contracts_contractversion SET hash = repeat('a', 64)", "version 1", "the hash"),
        (
            "UPDATE contracts_successmeasure SET target = 10",
            "version 1",
            "Success measure 1 has another target",
        ),
        ("DELETE FROM contracts_successmeasure", "version 1", "are not those of the terms"),
        ("UPDATE contracts_signature SET hash = repeat('b', 64)", "signature", "another hash"),
        ("DELETE FROM contracts_signature", "signatures", "not both sides signed its terms"),
        (
            "UPDATE contracts_contractevent SET note = 'x' WHERE number = 2",
            "event 2",
            "does not give its hash",
        ),
        (
            "UPDATE contracts_contractevent SET \"on\" = '2026-01-01' WHERE number = 1",
            "event 1",
            "does not give its hash",
        ),
        ("DELETE FROM contracts_contractevent WHERE number = 2", "event 2", "It is missing"),
        ("DELETE FROM contracts_contractevent WHERE number = 3", "chain", "2 events and the"),
        (
            "UPDATE contracts_contractevent SET previous_hash = '' WHERE number = 3",
            "event 3",
            "not chained",
        ),
        ("UPDATE contracts_contract SET head_hash = ''", "chain", "last hash must be"),
        ("UPDATE contracts_contract SET state = 'active'", "contract", "events lead to agreed"),
        ("UPDATE contracts_contract SET ends_on = '2030-01-01'", "contract", "dates are not"),
        ("UPDATE contracts_contract SET current_id = NULL", "contract", "current terms"),
    ],
)
def test_each_tampered_row_is_named(statement, what, detail):
    make.agreed()
    assert faults() == []
    tamper(statement)
    assert any(what in where and detail in said for where, said in faults()), faults()


def test_the_first_broken_link_is_named_and_the_rest_of_the_chain_says_nothing():
    contract = make.ended()
    tamper("UPDATE contracts_contractevent SET note = 'x' WHERE number >= 2")
    links = [where for where, said in faults() if "event" in where]
    assert links == [f"contract {contract.pk}, event 2"]


def test_parties_exchanged_behind_the_terms_are_found():
    contract = make.agreed()
    other = make.me()
    tamper("UPDATE contracts_contract SET buyer_id = %s", other.pk)
    assert (
        f"contract {contract.pk}, version 1",
        f"The terms name buyer {contract.buyer_id}, the contract {other.pk}.",
    ) in faults()


def test_a_signature_that_no_event_tells_of_is_found():
    contract = make.offered()
    Signature.objects.create(
        version=contract.current, contract=contract, party=contract.provider,
        signed_by=make.lead_of(contract.provider), hash=contract.current.hash, signed_on=TODAY,
        signed_at=make.org().founded_at,
    )  # fmt: skip
    assert [said for _, said in faults()] == [
        "Its signatures are not those that its events tell of."
    ]


def test_the_command_prints_one_object_and_fails_where_something_is_broken():
    make.agreed()
    out = StringIO()
    call_command("verify_contracts", "--json", stdout=out)
    assert json.loads(out.getvalue()) == {"checked": 1, "broken": []}
    tamper("UPDATE contracts_contract SET head_hash = ''")
    out = StringIO()
    with pytest.raises(CommandError, match="1 faults found") as refused:
        call_command("verify_contracts", "--json", stdout=out)
    assert refused.value.returncode == 1
    assert len(json.loads(out.getvalue())["broken"]) == 1


def test_a_chunk_costs_the_same_queries_however_many_contracts_it_holds():
    def queries():
        with CaptureQueriesContext(connection) as seen:
            integrity.verify_contracts()
        return len(seen)

    make.agreed()
    few = queries()
    for _ in range(5):
        make.agreed()
    assert queries() == few
