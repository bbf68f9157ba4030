"""What moves for a month's lines: credits below zero, what is carried, the levy (PRODUCT 4.10)."""

from datetime import date
from decimal import Decimal

import pytest

from contracts.models import CarriedAmount, SettlementLine
from contracts.settlement.arrears import rest_by_origin
from ledger.checks import findings
from ledger.models import Reservation, Transfer
from ledger.queries import money_of
from tests import make
from tests.make import APRIL, MARCH

pytestmark = pytest.mark.django_db
D = Decimal
MAY = date(2026, 5, 1)
JUNE = date(2026, 6, 1)
APRIL_6 = date(2026, 4, 6)


def moved(contract, month=None):
    rows = Transfer.objects.filter(cause_route="contracts:contract", cause_id=contract.pk)
    if month:
        rows = rows.filter(month=month)
    return [
        (r.reference.replace(f"/{contract.pk}/", "/N/"), r.kind, r.amount)
        for r in rows.order_by("reference")
    ]


def lines(contract, month):
    rows = SettlementLine.objects.filter(contract=contract, month=month)
    return [(r.kind, r.origin_month, r.amount) for r in rows.order_by("kind", "origin_month")]


def credited(contract, amount, *, month=MARCH):
    """The month is computed, and has something to the buyer's good besides its own lines."""
    run = make.settled(month, to="computed")
    SettlementLine.objects.create(
        run=run, contract=contract, version=contract.current, month=month, kind="correction",
        term="level 1", origin_month=month, amount=-D(amount), calculation="5 % of the fee",
    )  # fmt: skip


def sound():
    return [finding for finding in findings() if finding.broken] == []


def test_a_credit_lowers_what_is_paid_and_the_rest_of_the_promise_comes_free():
    contract = make.agreed(price="2000.00")
    credited(contract, "100.00")
    make.settled()
    assert moved(contract) == [("2026-03/contract/N/net", "charge", D("1900.00"))]
    assert make.wallet(contract.buyer).reserved == 9 * 2000
    assert sound()


def test_a_month_below_zero_is_paid_by_the_provider_as_a_credit():
    contract = make.agreed(price="500.00")
    make.granted(contract.provider, "1000.00")
    credited(contract, "600.00")
    make.settled()
    assert moved(contract) == [("2026-03/contract/N/credit", "credit", D("100.00"))]
    assert make.wallet(contract.provider).balance == 900
    assert make.wallet(contract.buyer).balance == 1_000_100
    assert make.wallet(contract.buyer).reserved == 9 * 500
    assert money_of(contract.buyer, on=APRIL_6).spent == -100
    assert sound()


def test_what_the_provider_cannot_pay_back_is_a_line_of_the_next_month_with_its_origin():
    contract = make.agreed(price="500.00")
    make.granted(contract.provider, "200.00")
    credited(contract, "1100.00")
    make.settled()
    assert moved(contract) == [("2026-03/contract/N/credit", "credit", D("200.00"))]
    row = CarriedAmount.objects.get()
    assert (row.amount, row.origin_month, row.counted_in) == (D("-400.00"), MARCH, None)
    assert sound()
    make.settled(APRIL)
    assert lines(contract, APRIL) == [
        ("carried", MARCH, D("-400.00")), ("fee", APRIL, D("500.00")),
    ]  # fmt: skip
    assert moved(contract, APRIL) == [("2026-04/contract/N/net", "charge", D("100.00"))]
    assert CarriedAmount.objects.get().counted_in == APRIL
    assert sound()


def test_a_credit_is_never_lost_over_several_months_also_after_the_contract_has_ended():
    contract = make.agreed(price="500.00", ends_on=date(2026, 3, 31))
    credited(contract, "1100.00")
    make.settled(to="locked")
    for month in (APRIL, MAY):
        make.settled(month, to="locked")
        assert lines(contract, month) == [("carried", MARCH, D("-600.00"))]
    assert moved(contract) == []
    make.granted(contract.provider, "1000.00", on=date(2026, 6, 20))
    make.settled(JUNE, to="locked")
    assert moved(contract) == [("2026-06/contract/N/credit", "credit", D("600.00"))]
    assert not CarriedAmount.objects.filter(counted_in=None).exists()
    assert sound()


def test_a_provider_pays_nothing_back_out_of_what_it_earns_in_the_same_run():
    provider = make.me()
    first, second = (make.agreed(provider=provider, price="500.00") for _ in range(2))
    credited(first, "700.00")
    make.settled()
    assert moved(first) == []
    assert moved(second) == [("2026-03/contract/N/net", "charge", D("500.00"))]
    assert CarriedAmount.objects.get().amount == -200


def test_a_second_posting_pays_no_credit_twice():
    contract = make.agreed(price="500.00")
    make.granted(contract.provider, "200.00")
    credited(contract, "1100.00")
    run = make.settled()
    run.chunks.update(state="open")
    make.settled()
    assert [amount for *_, amount in moved(contract)] == [200]
    assert CarriedAmount.objects.get().amount == -400


@pytest.mark.parametrize(
    ("sums", "rest", "parts"),
    [
        ([(MARCH, -400), (APRIL, -100)], 250, [(MARCH, -150), (APRIL, -100)]),
        ([(MARCH, -400), (APRIL, 100)], 300, [(MARCH, -300)]),
        ([(MARCH, -400), (APRIL, -100)], 500, [(MARCH, -400), (APRIL, -100)]),
        ([(APRIL, -100)], 40, [(APRIL, -40)]),
    ],
)
def test_the_oldest_debt_is_paid_first(sums, rest, parts):
    assert rest_by_origin(sums, rest) == parts


def levied(percent):
    platform = make.me(kind="platform")
    make.policy("levy_percent", value=percent)
    make.policy("levy_micro_enterprise", value=platform.pk)
    return platform


def test_the_levy_is_taken_of_what_the_provider_is_paid_and_waits_with_it():
    platform = levied(2)
    contract = make.hires()
    make.used(contract, "12")
    make.settled()
    assert moved(contract) == [
        ("2026-03/contract/N/levy", "levy", D("24.00")),
        ("2026-03/contract/N/net", "charge", D("1000.00")),
        ("2026-03/contract/N/overage", "charge", D("200.00")),
    ]
    windows = Reservation.objects.filter(kind="dispute_window").order_by("amount")
    assert [row.amount for row in windows] == [24, 1176]
    assert (make.wallet(platform).balance, make.wallet(platform).available) == (24, 0)
    assert money_of(contract.provider, on=APRIL_6).spent == 24
    assert sound()


def test_a_levy_of_a_cent_is_rounded_half_up_and_nobody_pays_it_to_itself():
    platform = levied(1)
    small, own = make.agreed(price="0.50"), make.agreed(provider=platform, price="100.00")
    make.settled()
    assert ("2026-03/contract/N/levy", "levy", D("0.01")) in moved(small)
    assert [kind for _, kind, _ in moved(own)] == ["charge"]


def test_a_levy_for_nobody_is_not_taken():
    make.policy("levy_percent", value=2)
    make.policy("levy_micro_enterprise", value=987_654_321)
    contract = make.agreed()
    make.settled()
    assert [kind for _, kind, _ in moved(contract)] == ["charge"]
