"""Statements call what money was for by its name, for as many queries as there are kinds."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from ledger import causes
from ledger.models import Cause
from tests import make
from tests.make.contracts import agreed

pytestmark = pytest.mark.django_db


def test_a_contract_is_called_by_its_offering_and_the_unknown_by_its_number():
    provider = make.me()
    contract = agreed(make.me(), provider, of=make.offering(provider, name="Recruiting"))
    unknown = Cause("contracts:contract", 10**9)
    other = Cause("somewhere:else_entirely", 3)
    assert causes.words_for([contract.cause, unknown, other]) == {
        contract.cause: "Recruiting",
        unknown: "Contract 1000000000",
        other: "Else entirely 3",
    }


def test_many_causes_cost_one_query_for_each_kind():
    wanted = [Cause("contracts:contract", n) for n in range(50)]
    wanted += [Cause("learning_market:purchase", n) for n in range(50)]
    with CaptureQueriesContext(connection) as queries:
        causes.words_for(wanted)
    assert len(queries) == 2
