"""A contract changes while its month is computed or posted: seen as a whole, or not at all."""

import time
from datetime import date
from decimal import Decimal
from functools import partial
from threading import Event

import pytest
from django.db import connection, transaction

from accounts.errors import Refused
from contracts import settlement
from contracts.actions import amendments, endings, notices, suspensions
from contracts.integrity import verify_contracts
from contracts.models import Contract, SettlementLine
from contracts.terms import terms_of
from ledger.checks import findings
from ledger.models import Reservation, SettlementRun, Transfer
from tests import make
from tests.database import at_once
from tests.make import APRIL, MARCH

pytestmark = pytest.mark.django_db(transaction=True)
D = Decimal
MARCH_31, APRIL_1, APRIL_6 = date(2026, 3, 31), date(2026, 4, 1), date(2026, 4, 6)
State = SettlementRun.State


def tried(deed):
    """The state that it led to, or the code of its refusal."""
    try:
        return str(deed().state)
    except Refused as reason:
        return reason.code


def sound():
    assert [(each.what, each.broken) for each in findings() if each.broken] == []
    assert verify_contracts()["broken"] == []


def side(contract, name):
    party = getattr(contract, name)
    return {"party": party, "by": make.lead_of(party)}


def asked(contract, name, *, on):
    """The deed that is left to do once the other side has proposed it."""
    buyer, provider = side(contract, "buyer"), side(contract, "provider")
    if name == "suspend":
        suspensions.suspend(contract, **buyer, on=on)
        return partial(suspensions.suspend, contract, **provider, on=on)
    if name == "end":
        last = date(2026, 4, 15)
        endings.propose_end(contract, last_day_on=last, **buyer, on=on)
        return partial(endings.confirm_end, contract, last_day_on=last, **provider, on=on)
    if name == "amend":
        wanted = terms_of(contract.current.terms).with_changes(price=D("1500.00"))
        since = APRIL if on < APRIL else date(2026, 4, 16)
        amendments.propose_amendment(
            contract, seen_hash=contract.current.hash, terms=wanted, valid_from_on=since,
            **buyer, on=on,
        )  # fmt: skip
        newest = contract.versions.order_by("-number").first()
        return partial(
            amendments.accept_amendment, contract, seen_hash=newest.hash, **provider, on=on
        )
    return partial(notices.give_notice, contract, **buyer, on=on)


def settle(to, on):
    settlement.ask_for(MARCH, to=to, on=on)
    return settlement.work(MARCH, on=on)


def waits(event):
    """Some backend of ours waits for a lock of that kind."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_clear_snapshot()")
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
            " AND wait_event_type = 'Lock' AND wait_event = ANY(%s)",
            [event],
        )
        return bool(cursor.fetchone()[0])


def until(condition, seconds=5):
    end = time.monotonic() + seconds
    while not condition() and time.monotonic() < end:
        time.sleep(0.02)


def test_a_suspension_in_the_last_minute_is_seen_by_its_month():
    """It stands still between its decision and its commit, while the month is asked for."""
    contract = make.active(price="3100.00")
    confirm = asked(contract, "suspend", on=MARCH_31)
    held, decided, settled = Event(), Event(), Event()

    def hold():
        """Keeps the promises of the contract until the month has begun, or waits to begin."""
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("LOCK TABLE ledger_reservation IN SHARE ROW EXCLUSIVE MODE")
            held.set()
            until(lambda: waits(["relation"]))
            decided.set()
            until(lambda: settled.is_set() or waits(["advisory"]))

    def suspend():
        held.wait(10)
        return tried(confirm)

    def compute():
        decided.wait(10)
        try:
            return str(settle(State.COMPUTED, APRIL_1).state)
        finally:
            settled.set()

    assert at_once([hold, suspend, compute]) == [None, "suspended", "computed"]
    line = SettlementLine.objects.get(contract=contract)
    assert line.amount == D("3000.00")
    settle(State.POSTED, APRIL_6)
    sound()


def test_a_suspension_that_comes_after_its_month_has_begun_is_told_so():
    contract = make.active(price="3100.00")
    confirm = asked(contract, "suspend", on=MARCH_31)
    settle(State.COMPUTED, APRIL_1)
    with pytest.raises(Refused, match="so no day of it changes any more") as refused:
        confirm()
    assert refused.value.code == "month_computed"
    assert "load the page again" in refused.value.help
    contract.refresh_from_db()
    assert (contract.state, contract.suspensions.count()) == ("active", 0)
    assert SettlementLine.objects.get(contract=contract).amount == D("3100.00")


def test_deeds_of_the_last_minute_and_the_month_at_once_never_leave_a_half():
    contracts = {
        name: [make.active(price="3100.00") for _ in range(2)]
        for name in ("suspend", "end", "amend", "notice")
    }
    deeds = {
        (name, each.pk): partial(tried, asked(each, name, on=MARCH_31))
        for name, several in contracts.items()
        for each in several
    }
    told = at_once([*deeds.values(), *[partial(settle, State.COMPUTED, APRIL_1)] * 2])
    for (name, key), found in zip(deeds, told, strict=False):
        contract = Contract.objects.get(pk=key)
        line = SettlementLine.objects.get(contract=contract, month=MARCH)
        if name == "suspend":
            assert (found, line.amount) in {
                ("suspended", D("3000.00")), ("month_computed", D("3100.00")),
            }  # fmt: skip
            assert contract.suspensions.exists() == (found == "suspended")
        else:
            # The month that runs out is not touched by them: they hold from April on.
            assert (found, line.amount) == (
                {"end": "ended", "amend": "active", "notice": "notice"}[name], D("3100.00"),
            )  # fmt: skip
    settle(State.POSTED, APRIL_6)
    sound()


def test_deeds_and_the_posting_of_the_month_before_wait_for_each_other():
    contracts = {
        name: [make.active(price="3000.00") for _ in range(2)]
        for name in ("suspend", "end", "amend", "notice")
    }
    settle(State.COMPUTED, APRIL_6)
    deeds = {
        (name, each.pk): partial(tried, asked(each, name, on=APRIL_6))
        for name, several in contracts.items()
        for each in several
    }
    told = at_once([*deeds.values(), *[partial(settle, State.POSTED, APRIL_6)] * 2])
    states = {"suspend": "suspended", "end": "ended", "amend": "active", "notice": "notice"}
    april = {"suspend": "500.00", "end": "1500.00", "amend": "2250.00", "notice": "3000.00"}
    for (name, key), found in zip(deeds, told, strict=False):
        assert (name, found) == (name, states[name])
        contract = Contract.objects.get(pk=key)
        paid = Transfer.objects.get(reference=f"2026-03/contract/{key}/net")
        assert paid.amount == D("3000.00")
        promised = Reservation.objects.open().of(contract.cause)
        assert promised.filter(month=MARCH).count() == 0
        assert promised.get(month=APRIL).amount == D(april[name])
    sound()
