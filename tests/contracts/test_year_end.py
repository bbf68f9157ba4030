"""A small company goes over New Year through its real timetable (PRODUCT 4.7, 4.9)."""

from datetime import date
from decimal import Decimal

import pytest

from accounts import clock
from config.demo import clock as demo_clock
from contracts.actions import dispute_clock, disputes, outside
from contracts.models import Contract
from ledger import budgets, checks, drafting, queries, statements
from ledger.models import Reservation, SettlementRun, Transfer, Wallet, WalletClosing
from tests import make
from tests.make.year_end import year_closed

pytestmark = pytest.mark.django_db
NOVEMBER, DECEMBER, JANUARY = date(2026, 11, 1), date(2026, 12, 1), date(2027, 1, 1)


@pytest.fixture(autouse=True)
def _demo(settings, time_machine):
    time_machine.move_to("2026-10-20T09:00:00Z", tick=False)
    settings.DEMO = True
    make.org()


def broken():
    return [sentence for each in checks.findings() for sentence in each.broken]


def balances(of, *, year, fund="operating"):
    found = make.wallet(of, year=year, fund=fund)
    return found.balance, found.reserved


def test_a_company_goes_over_new_year_through_its_timetable():
    platform, admin = make.me(kind="platform"), make.hr_admin()
    shop, services = make.me("Shop", kind="frontline"), make.me("Services")
    make.granted(shop, "60000.00", on=clock.today())
    contract = make.agreed(
        shop, services, price="2000.00", starts_on=NOVEMBER, ends_on=date(2027, 6, 30),
        on=clock.today(),
    )  # fmt: skip
    late = make.ordered_outside(shop, price="500.00", on=clock.today())
    demo_clock.advance(date(2026, 12, 20), by=None)
    never = make.ordered_outside(shop, price="700.00", on=clock.today())
    envelope = drafting.Envelope("operating", 2027, "yearly", "Budget 2027")
    rule = drafting.draft_grant(shop, Decimal(20000), envelope, by=admin, on=clock.today())
    budgets.publish(rule, by=admin, on=clock.today())
    demo_clock.advance(date(2027, 1, 8), by=None)
    # The year opens: what was signed is committed in it before the old one is closed.
    assert balances(shop, year=2027) == (20000, 12000)
    outside.receive(late, amount=Decimal(450), by=make.lead_of(shop), on=clock.today())
    paid = Transfer.objects.get(reference=f"outside/{late.pk}/received")
    assert (paid.month, paid.posted_on) == (DECEMBER, date(2027, 1, 8))
    assert SettlementRun.objects.get(month=DECEMBER).state == "posted"

    demo_clock.advance(date(2027, 1, 10), by=None)
    assert SettlementRun.objects.get(month=DECEMBER).state == "locked"
    assert set(Wallet.objects.filter(fiscal_year=2026).values_list("balance", "reserved")) == {
        (0, 0)
    }
    # 60,000 - 4,000 - 450 - 700 promised = 54,850 free; 10 % of 60,000 is the most it carries.
    closing = WalletClosing.objects.get(wallet__owner=shop)
    assert (closing.free, closing.carried, closing.shared) == (54850, 6000, 48850)
    assert balances(shop, year=2027) == (20000 + 6000 + 700, 12000 + 700)
    assert balances(platform, year=2027, fund="incentive") == (48850, 0)
    # December's revenue lies in its window still; November's is earned.
    earned = WalletClosing.objects.get(wallet__owner=services)
    assert (earned.free, earned.earned, earned.reserved) == (2000, 2000, 2000)
    assert balances(services, year=2027) == (4000, 2000)
    statement = statements.statement_of(shop, month=DECEMBER, on=clock.today())
    assert "purchase" in [line.kind for line in statement.lines]

    demo_clock.advance(date(2027, 2, 10), by=None)
    assert SettlementRun.objects.get(month=JANUARY).state == "locked"
    outside.receive(never, amount=Decimal(700), by=make.lead_of(shop), on=clock.today())
    assert balances(shop, year=2027) == (24000, 10000)
    assert queries.money_of(services, on=clock.today()).available == 4000
    assert not Reservation.objects.open().filter(wallet__fiscal_year=2026).exists()
    assert Contract.objects.get(pk=contract.pk).committed_year == 2027
    assert broken() == []


def test_the_year_closes_even_if_nothing_moved_in_its_last_month():
    shop = make.me("Shop", kind="frontline")
    make.granted(shop, "1000.00", month=date(2026, 10, 1), on=clock.today())
    demo_clock.advance(date(2027, 1, 10), by=None)
    assert SettlementRun.objects.get(month=DECEMBER).state == "locked"
    assert balances(shop, year=2026) == (0, 0)
    assert balances(shop, year=2027) == (100, 0)
    assert broken() == []


@pytest.mark.parametrize("posted_first", [True, False])
def test_a_refund_is_no_revenue_and_what_a_dispute_leaves_is(posted_first):
    """2,000.00 a month, 1,400.00 of it disputed at 40 %: the provider has earned 1,440.00."""
    buyer, provider = make.me(kind="frontline"), make.me()
    make.granted(buyer, "5000.00")
    contract = make.agreed(buyer, provider, ends_on=date(2026, 3, 31), on=make.TODAY)
    make.settled(to="computed", on=date(2026, 4, 5))
    if posted_first:
        make.settled()
    day = date(2026, 4, 6) if posted_first else date(2026, 4, 5)
    dispute = make.answered(make.disputed(contract, on=day), "offered", percent=40, on=day)
    disputes.answer_offer(dispute, accepts=True, by=make.lead_of(buyer), on=day)
    make.settled()
    dispute_clock.run_due(on=date(2026, 4, 6))
    year_closed()
    earned = dict(WalletClosing.objects.values_list("wallet__owner", "earned"))
    assert earned == {buyer.pk: Decimal("0.00"), provider.pk: Decimal("1440.00")}
    assert broken() == []
