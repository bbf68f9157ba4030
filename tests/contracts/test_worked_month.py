"""The worked month of PRODUCT 4.10 to 4.12 as one real contract, through the real timetable.

Fee 12,000 and usage 6,400 are 18,400.00; a missed level takes off 600.00, which leaves 17,800.00.
The buyer disputes 1,400 on the preview: 16,400.00 is paid and 1,400.00 held until it is decided.
"""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from config import timetable
from contracts.actions import disputes
from contracts.models import Contract, Dispute, SettlementLine
from contracts.queries.settlement import totals_of
from ledger import forecasts
from ledger.actions import system_wallet
from ledger.checks import findings
from ledger.models import SettlementRun, Transfer
from ledger.queries import balance_of, money_of
from ledger.statements import statement_of
from tests import make
from tests.make import APRIL, MARCH

pytestmark = pytest.mark.django_db
D = Decimal
# 160 interviews at 40.00 beside a fee of 12,000.00.
PARAMETERS = {"fee": "12000.00", "unit_price": "40.00"}


def run_days(first, last):
    """The jobs of each day of April, none of which may fail."""
    for number in range(first, last + 1):
        jobs = timetable.run_day(date(2026, 4, number))
        assert [job for job in jobs if "error" in job] == []


def broken():
    return [sentence for each in findings() for sentence in each.broken]


def lines_of(me, *, month, on):
    found = statement_of(me, month=month, on=on)
    return found.opening, [(line.name, line.amount) for line in found.lines], found.closing


def figures(contract):
    """(spent, held) of the buyer, and what the wallet of held money holds."""
    money = money_of(contract.buyer, on=APRIL)
    return money.spent, money.held, balance_of(system_wallet("held"))


@pytest.fixture
def contract():
    """Signed on 20 February for March alone; delivered, and its level missed by 11 of 12."""
    buyer, provider = make.me("Shop", kind="frontline"), make.me("Desk")
    make.granted(buyer, "20000.00")
    of = make.offering(provider, plan="two_part", parameters=PARAMETERS, unit="interview")
    made = make.agreed(
        buyer, of=of, expected="160", cap="200", levels=(make.level(),), parameters=PARAMETERS,
        ends_on=APRIL - timedelta(days=1),
    )  # fmt: skip
    assert money_of(buyer, on=MARCH).committed == D("18400.00")
    timetable.run_day(MARCH)
    assert Contract.objects.get(pk=made.pk).state == "active"
    make.used(made, "160")
    make.measured(made, 11, 12)
    return Contract.objects.get(pk=made.pk)


@pytest.fixture
def posted(contract):
    """Computed on the 4th, disputed on the preview, and posted on the 6th."""
    run_days(1, 4)
    assert SettlementRun.objects.get().state == "computed"
    rows = SettlementLine.objects.filter(contract=contract).order_by("-amount")
    assert [(row.kind, row.amount) for row in rows] == [
        ("fee", D("12000.00")), ("usage", D("6400.00")), ("credit", D("-600.00")),
    ]  # fmt: skip
    assert "91.7 %" in rows[2].calculation
    found = totals_of([MARCH])[MARCH]
    assert (found.gross, found.credits, found.net) == (18400, 600, D("17800.00"))
    dispute = make.disputed(contract, "1400.00", kind="usage", on=date(2026, 4, 5))
    assert figures(contract) == (0, 0, 0)  # a preview moves nothing
    run_days(5, 6)
    assert SettlementRun.objects.get().state == "posted"
    found = totals_of([MARCH])[MARCH]
    assert (found.paid, found.held, found.waiting) == (D("16400.00"), D("1400.00"), 0)
    return dispute


def test_16_400_is_paid_1_400_is_held_and_the_credit_of_600_comes_free(contract, posted):
    assert figures(contract) == (D("16400.00"), D("1400.00"), D("1400.00"))
    assert lines_of(contract.buyer, month=MARCH, on=APRIL) == (
        20000, [("Purchase inside", -16400), ("Held for a dispute", -1400)], 2200,
    )  # fmt: skip
    assert lines_of(contract.provider, month=MARCH, on=APRIL) == (
        0, [("Sale inside", 16400)], 16400,
    )  # fmt: skip
    money = money_of(contract.buyer, on=APRIL)
    assert (money.committed, money.available) == (0, D("2200.00"))  # 20,000 - 17,800
    assert broken() == []


@pytest.mark.parametrize(
    ("percent", "to_buyer", "to_provider"), [("40", "560.00", "840.00"), (None, "1400.00", "0.00")]
)
def test_the_outcome_lets_every_held_cent_go_and_the_locked_month_stays(
    contract, posted, percent, to_buyer, to_provider
):
    """An accepted offer of 40 %; and silence, which accepts for the provider."""
    to_buyer, to_provider = D(to_buyer), D(to_provider)
    run_days(7, 7)
    if percent:
        make.answered(posted, "offered", percent=percent, on=date(2026, 4, 7))
        by = make.lead_of(contract.buyer)
        disputes.answer_offer(posted, accepts=True, by=by, on=date(2026, 4, 8))
    run_days(8, 13)
    assert SettlementRun.objects.get(month=MARCH).state == "locked"
    done = Dispute.objects.get()
    assert (done.state, done.buyer_amount, done.provider_amount) == (
        "settled", to_buyer, to_provider,
    )  # fmt: skip
    assert figures(contract) == (16400 + to_provider, 0, 0)
    on = date(2026, 4, 13)
    released = [("Held money released", to_buyer)]
    assert lines_of(contract.buyer, month=APRIL, on=on) == (2200, released, 2200 + to_buyer)
    _, earned, closing = lines_of(contract.provider, month=APRIL, on=on)
    assert earned == ([("Held money released", to_provider)] if to_provider else [])
    assert closing == 16400 + to_provider
    spent = forecasts.forecast_of(contract.buyer, on=on).months
    assert [row.spent for row in spent[2:4]] == [16400, to_provider]
    rows = Transfer.objects.count()
    run_days(13, 13)
    assert Transfer.objects.count() == rows
    assert broken() == []
