"""A database that is away is told apart from one that says no, and from a fault of ours."""

import pytest
from django.core.handlers.exception import convert_exception_to_response
from django.db import InterfaceError, OperationalError, connection, transaction

from accounts.outages import is_outage

pytestmark = pytest.mark.django_db


def raised(error, cause):
    try:
        raise error from cause
    except type(error) as caught:
        return caught


class Coded(Exception):
    def __init__(self, pgcode):
        super().__init__(pgcode)
        self.pgcode = pgcode


@pytest.mark.parametrize(
    ("code", "is_away"),
    [
        ("57P01", True),  # it is shut down
        ("57P02", True),  # it crashed
        ("57P03", True),  # it starts up
        ("08006", True),  # the connection broke
        (None, True),  # nobody answered
        ("40P01", False),  # a deadlock
        ("57014", False),  # a statement that took too long
    ],
)
def test_only_a_database_that_could_not_be_asked_is_away(code, is_away):
    assert is_outage(raised(OperationalError("no"), Coded(code))) is is_away
    assert not is_outage(raised(ValueError("no"), Coded(code)))


def test_a_connection_that_was_ended_is_an_outage_and_a_timeout_is_none():
    with pytest.raises(OperationalError) as slow, transaction.atomic():
        connection.cursor().execute("SET LOCAL statement_timeout = 1; SELECT pg_sleep(1)")
    assert not is_outage(slow.value)
    assert is_outage(raised(InterfaceError("connection already closed"), None))


def test_a_fault_of_ours_stays_our_fault(rf):
    def broken(request):
        raise ValueError("ours")

    answer = convert_exception_to_response(broken)(rf.get("/hr/settlement/"))
    assert answer.status_code == 500
    assert "That was our fault" in answer.text


def test_a_database_that_is_away_is_no_fault_of_ours(rf):
    def closed(request):
        raise OperationalError("server closed the connection unexpectedly")

    def answer_to(path):
        return convert_exception_to_response(closed)(rf.get(path))

    page, document = answer_to("/market/"), answer_to("/api/v1/offerings/")
    assert (page.status_code, document.status_code) == (503, 503)
    assert "kept as a whole or not at all" in page.text
    assert document.headers["Content-Type"] == "application/problem+json"
    assert '"code": "database_away"' in document.text
