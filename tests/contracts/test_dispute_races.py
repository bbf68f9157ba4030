"""Disputes beside posting, settling and each other, with real threads: no cent is held twice."""

from datetime import date
from decimal import Decimal
from functools import partial

import pytest
from django.db.models import Sum

from accounts.errors import Refused
from contracts import settlement
from contracts.actions import dispute_clock, disputes
from contracts.models import CarriedAmount, Dispute, SettlementLine
from ledger.checks import findings
from ledger.models import Transfer, Wallet
from ledger.queries import balance_of
from tests import make
from tests.database import at_once
from tests.make import MARCH

pytestmark = pytest.mark.django_db(transaction=True)
D = Decimal
APRIL_5, APRIL_6 = date(2026, 4, 5), date(2026, 4, 6)


def sound():
    return [(found.what, found.broken) for found in findings() if found.broken]


def try_to(deed):
    try:
        return deed()
    except Refused as reason:
        return reason.code


def test_of_two_disputes_of_one_line_at_once_only_what_fits_is_opened():
    contract = make.agreed(price="2000.00")
    make.settled(to="computed", on=APRIL_5)
    buyer, line = make.lead_of(contract.buyer), make.line_of(contract)
    asked = partial(
        disputes.open_dispute, line, amount=D("1200.00"), reason="x", party=contract.buyer,
        by=buyer, on=APRIL_5,
    )  # fmt: skip
    answers = at_once([partial(try_to, asked) for _ in range(4)])
    assert sorted(map(str, answers)).count("disputed_already") == 3
    assert Dispute.objects.aggregate(total=Sum("amount"))["total"] == 1200


def test_a_dispute_at_the_moment_of_posting_holds_its_amount_once_from_one_side():
    contracts = [make.agreed(price="2000.00") for _ in range(4)]
    run = make.settled(to="computed", on=APRIL_5)
    settlement.ask_for(MARCH, to=run.State.POSTED, on=APRIL_6)

    def dispute(contract):
        return try_to(partial(make.disputed, contract, "700.00", on=APRIL_6))

    at_once(
        [
            *(partial(dispute, contract) for contract in contracts),
            *(partial(settlement.work, MARCH, on=APRIL_6) for _ in range(2)),
        ]
    )
    settlement.work(MARCH, on=APRIL_6)
    assert Dispute.objects.filter(held_amount=D("700.00")).count() == 4
    assert balance_of(Wallet.objects.get(system="held")) == 2800
    assert Transfer.objects.filter(kind="hold").count() == 4
    assert sound() == []


def test_an_outcome_is_posted_once_however_many_book_it():
    contract = make.agreed(price="2000.00")
    make.settled()
    make.disputed(contract, "700.00", on=APRIL_6)
    day = date(2026, 4, 20)
    at_once([partial(dispute_clock.run_due, on=day) for _ in range(4)])
    assert Transfer.objects.filter(kind="release").count() == 1
    assert balance_of(Wallet.objects.get(system="held")) == 0
    assert sound() == []


def test_eight_posters_at_once_pay_back_and_hold_once():
    contracts = [make.agreed(price="500.00") for _ in range(4)]
    run = make.settled(to="computed", on=APRIL_5)
    for contract in contracts[:2]:
        make.granted(contract.provider, "150.00")
        SettlementLine.objects.create(
            run=run, contract=contract, version=contract.current, month=MARCH,
            kind="correction", term="a credit", origin_month=MARCH, amount=D("-900.00"),
            calculation="a credit",
        )  # fmt: skip
    make.disputed(contracts[2], "100.00")
    settlement.ask_for(MARCH, to=run.State.POSTED, on=APRIL_6)
    at_once([partial(settlement.work, MARCH, on=APRIL_6) for _ in range(8)])
    credits_ = Transfer.objects.filter(kind="credit").values_list("amount", flat=True)
    assert list(credits_) == [150, 150]
    assert list(CarriedAmount.objects.values_list("amount", flat=True)) == [-250, -250]
    assert balance_of(Wallet.objects.get(system="held")) == 100
    assert sound() == []
