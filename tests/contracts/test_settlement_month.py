"""The month from its contracts to its lines, transfers and waiting overages (PRODUCT 4.6–4.10)."""

from datetime import date
from decimal import Decimal

import pytest

from contracts import settlement
from contracts.models import SettlementLine
from ledger.models import Reservation, Transfer
from ledger.months import following
from tests import make
from tests.make import MARCH

pytestmark = pytest.mark.django_db
D = Decimal
LATE = date(2026, 4, 10)


def settle(month=MARCH, to="posted", on=None):
    on = on or following(month).replace(day=6)
    settlement.ask_for(month, to=to, on=on)
    return settlement.work(month, on=on)


def lines(contract, month=MARCH):
    rows = SettlementLine.objects.filter(contract=contract, month=month)
    return [(r.kind, r.origin_month, r.amount) for r in rows.order_by("kind", "origin_month")]


def paid(contract):
    rows = Transfer.objects.filter(kind="charge", cause_id=contract.pk).order_by("reference")
    return [(r.reference, r.amount) for r in rows]


def test_a_month_of_a_fixed_contract_is_paid_from_its_promise_and_stays_reserved_for_ten_days():
    contract = make.agreed(price="2000.00")
    run = settle()
    assert run.state == "posted"
    assert lines(contract) == [("fee", MARCH, D("2000.00"))]
    assert paid(contract) == [(f"2026-03/contract/{contract.pk}/net", D("2000.00"))]
    provider = make.wallet(contract.provider)
    assert (provider.balance, provider.reserved, provider.available) == (2000, 2000, 0)
    window = Reservation.objects.get(kind="dispute_window")
    assert window.ends_on == date(2026, 4, 20)  # ten working days after 6 April
    assert make.wallet(contract.buyer).reserved == 9 * 2000
