"""Corrections of locked months: entered, agreed to, and lines of the next one (PRODUCT 4.10)."""

from datetime import date
from decimal import Decimal

import pytest

from accounts.errors import Forbidden, Invalid, Refused
from contracts.actions import corrections
from contracts.models import Correction, SettlementLine
from ledger.checks import findings
from ledger.models import Transfer
from tests import make
from tests.make import APRIL, MARCH

pytestmark = pytest.mark.django_db
D = Decimal
MAY = date(2026, 5, 1)
APRIL_13 = date(2026, 4, 13)


@pytest.fixture
def contract():
    made = make.agreed(price="2000.00")
    make.settled(to="locked", on=date(2026, 4, 10))
    return made


def corrected(contract, amount="-300.00", *, party=None, by=None, on=APRIL_13, **fields):
    by = by or (make.lead_of(party) if party else make.hr_admin())
    fields.setdefault("reason", "Two days without anybody on site")
    return corrections.enter_correction(
        contract, origin_month=MARCH, amount=D(amount), party=party, by=by, on=on, **fields
    )


def test_a_correction_by_an_hr_admin_is_a_line_of_the_next_month_once_the_loser_agrees(contract):
    correction = corrected(contract)
    assert correction.state == "proposed"
    provider = make.lead_of(contract.provider)
    corrections.confirm_correction(correction, by=provider, on=date(2026, 4, 14))
    make.settled(APRIL)
    line = SettlementLine.objects.get(month=APRIL, kind="correction")
    assert (line.amount, line.origin_month, line.calculation) == (
        D("-300.00"), MARCH, "Correction of March 2026: Two days without anybody on site",
    )  # fmt: skip
    paid = Transfer.objects.get(reference=f"2026-04/contract/{contract.pk}/net")
    assert paid.amount == D("1700.00")
    correction.refresh_from_db()
    assert correction.counted_in == APRIL
    make.settled(MAY)
    assert SettlementLine.objects.filter(kind="correction").count() == 1
    assert not [found for found in findings() if found.broken]


def test_what_nobody_agreed_to_is_in_no_month(contract):
    waiting, rejected = corrected(contract), corrected(contract, "-5.00")
    corrections.reject_correction(rejected, by=make.lead_of(contract.provider), on=APRIL_13)
    withdrawn = corrected(contract, "-7.00")
    corrections.withdraw_correction(withdrawn, by=make.hr_admin(), on=APRIL_13)
    make.settled(APRIL)
    assert not SettlementLine.objects.filter(kind="correction").exists()
    waiting.refresh_from_db()
    assert waiting.state == "proposed"


def test_what_is_agreed_to_after_the_3rd_belongs_to_the_month_after(contract):
    correction = corrected(contract)
    day = date(2026, 5, 4)
    corrections.confirm_correction(correction, by=make.lead_of(contract.provider), on=day)
    make.settled(APRIL)
    make.settled(MAY)
    assert SettlementLine.objects.get(kind="correction").month == MAY


def test_a_party_that_takes_it_from_itself_has_agreed(contract):
    assert corrected(contract, "-300.00", party=contract.provider).state == "confirmed"
    asked = corrected(contract, "50.00", party=contract.provider)
    assert asked.state == "proposed"
    done = corrections.confirm_correction(asked, by=make.lead_of(contract.buyer), on=APRIL_13)
    assert done.state == "confirmed"


def test_only_the_loser_agrees_and_only_once(contract):
    asked = corrected(contract, "-300.00")
    with pytest.raises(Forbidden, match="You may not sign"):
        corrections.confirm_correction(asked, by=make.lead_of(contract.buyer), on=APRIL_13)
    provider = make.lead_of(contract.provider)
    corrections.confirm_correction(asked, by=provider, on=APRIL_13)
    corrections.confirm_correction(asked, by=provider, on=APRIL_13)
    with pytest.raises(Refused, match="is confirmed already"):
        corrections.reject_correction(asked, by=provider, on=APRIL_13)


def test_a_correction_needs_a_locked_month_a_line_a_reason_and_an_amount(contract):
    with pytest.raises(Refused, match="April 2026 is not locked yet"):
        corrections.enter_correction(
            contract, origin_month=APRIL, amount=D(1), reason="x", by=make.hr_admin(), on=APRIL_13
        )
    with pytest.raises(Invalid, match="Say what was wrong"):
        corrected(contract, reason=" ")
    for amount in ("0", "0.001", "NaN", "1e30"):
        with pytest.raises(Invalid, match="corrects nothing"):
            corrected(contract, amount)
    with pytest.raises(Refused, match="Nothing of Contract"):
        corrected(make.agreed(starts_on=date(2026, 5, 1)))
    with pytest.raises(Forbidden, match="An HR admin corrects"):
        corrected(contract, by=make.member(contract.buyer))


def test_the_same_key_corrects_once(contract):
    hr_admin = make.hr_admin()
    first = corrected(contract, by=hr_admin, key="k")
    assert corrected(contract, by=hr_admin, key="k") == first
    with pytest.raises(Refused, match="already used for another correction"):
        corrected(contract, "-1.00", by=hr_admin, key="k")
    assert Correction.objects.count() == 1


def test_a_buyer_lets_a_carried_credit_go_by_agreeing_to_a_correction_of_the_same_amount():
    contract = make.agreed(price="500.00", ends_on=date(2026, 3, 31))
    run = make.settled(to="computed")
    SettlementLine.objects.create(
        run=run, contract=contract, version=contract.current, month=MARCH, kind="credit",
        term="level 1", origin_month=MARCH, amount=D("-1100.00"), calculation="a credit",
    )  # fmt: skip
    make.settled(to="locked", on=date(2026, 4, 10))
    corrected(contract, "600.00", party=contract.buyer)
    make.settled(APRIL)
    make.settled(MAY)
    lines = SettlementLine.objects.filter(month__gt=MARCH).order_by("kind")
    assert [(line.month, line.kind, line.amount) for line in lines] == [
        (APRIL, "carried", D("-600.00")), (APRIL, "correction", D("600.00")),
    ]  # fmt: skip
