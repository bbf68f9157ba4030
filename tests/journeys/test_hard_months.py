"""The second act of the main job: what goes wrong, is disputed, pauses, ends and becomes real.

The same people in the same browser, and a worker that settles. Every figure was worked out by hand
and stands here, with its sum, as it is read on the pages.
"""

from datetime import date
from decimal import Decimal

import pytest

from ledger.actions import system_wallet
from ledger.models import Wallet
from ledger.queries import balance_of
from tests import make
from tests.journeys.steps import (
    budgets,
    clock,
    contracts,
    delivery,
    disputes,
    levels,
    market,
    money,
    settlement,
    switches,
)

pytestmark = pytest.mark.django_db(transaction=True)

D = Decimal
MARCH, APRIL = date(2026, 3, 1), date(2026, 4, 1)
SHOP, WORKS = "Harbour Shop", "Hiring Works"
DESK, ANALYST = "Recruiting desk", "Data analyst"
LEVEL = "Tickets answered in time"
FEE_OF_MARCH, USAGE_OF_MARCH = "Fee of March 2026", "Usage of March 2026"
OFFERING = {
    "Name": DESK, "Category": "Hiring", "Lead time": "0",
    "Summary": "Every open post has one person who looks after it.",
}  # fmt: skip
TWO_PART = {
    "Capacity fee a month": "12000", "Price of one more unit": "40", "Unit": "interview",
    "Usual a month": "160",
}  # fmt: skip
MEASURE = {
    "Measure": "Posts filled in 30 days", "Target": "90", "Floor": "70", "Unit": "%",
    "How it is measured": "counted each month in the applicant list",
}  # fmt: skip
PROMISED = {
    "Level": LEVEL, "What is counted": "tickets",
    "What is promised of each": "answered within four working hours",
    "Met from": "95", "First step down to": "90",
}  # fmt: skip
NOVEMBER, DECEMBER, JANUARY = date(2026, 11, 1), date(2026, 12, 1), date(2027, 1, 1)
TERM = {"From": "2026-03-01", "To and including": "2026-06-30"}


class Market:
    """A frontline ME that buys, a service ME that sells, and who may sign for each."""

    def __init__(self, visitor, *, on, granted, granted_in=None):
        self.visitor = visitor
        self.hr = make.hr_admin()
        self.shop, self.works = make.me(SHOP, kind="frontline"), make.me(WORKS)
        make.granted(self.shop, granted, month=granted_in or on.replace(day=1), on=on)
        self.buyer, self.provider = make.lead(self.shop), make.lead(self.works)

    def as_(self, user):
        self.visitor.becomes(user).opens("/")
        return self.visitor

    def agrees(self, name, *, price, unit="", **terms):
        """Both leads signed it before this story begins; a price per unit where it has a unit."""
        plan = "per_unit" if unit else "fixed"
        of = make.offering(
            self.works, plan=plan, price=price, unit=unit, name=name, of=make.category("Hiring")
        )
        return make.agreed(self.shop, self.works, plan=plan, price=price, of=of, **terms)

    def settles(self, month, *states):
        """An HR admin presses the buttons; a worker does the work."""
        visitor = self.as_(self.hr)
        settlement.opens(visitor, month)
        for state in states:
            settlement.lets_it_be(visitor, state, month=month)
        return visitor

    def statements(self, month):
        """Both statements of the month, each with what is reserved and available at its end."""
        found = []
        for user in (self.buyer, self.provider):
            visitor = self.as_(user)
            found.append((money.reads_the_statement(visitor, month), money.sums(visitor)))
        return found


@pytest.fixture
def opens_on(visitor, settings, calm_zone, sets_the_day):
    """A market on its first day."""

    def market_on(day, **granted):
        settings.DEMO = True
        make.org(time_zone=calm_zone)
        sets_the_day(day)
        return Market(visitor, on=day, **granted)

    return market_on


def test_a_missed_level_is_credited_and_a_part_disputed_on_the_preview_is_held(opens_on, worker):
    firm = opens_on(date(2026, 2, 20), granted="120000.00")
    _a_level_is_promised_and_signed(firm)
    _the_level_is_missed(firm)
    _the_preview_shows_the_credit_and_is_disputed(firm)
    _only_the_disputed_amount_is_held(firm)
    _an_accepted_offer_lets_it_go(firm)
    assert "contracts.tasks.work_on_run" in worker.read_text()


def _a_level_is_promised_and_signed(firm):
    make.category("Hiring")
    market.publishes_an_offering(
        firm.as_(firm.provider), OFFERING, price=("Two-part price", TWO_PART), measure=MEASURE,
        level=PROMISED,
    )  # fmt: skip
    contracts.buys(
        firm.as_(firm.buyer), DESK, {"How many a month": "160"} | TERM,
        terms={"Not to exceed a month": "200"},
    )  # fmt: skip
    visitor = firm.as_(firm.provider)
    contracts.opens(visitor, DESK)
    contracts.signs(visitor)
    visitor.reads("Below 95 % a credit of 5 %")
    # 12,000.00 + 160 × 40.00 = 18,400.00, in each of four months.
    assert money.bar(firm.as_(firm.buyer)) == _bar(available="46400.00", committed="73600.00")


def _bar(*, available, committed="0", spent="0", held="0"):
    return {
        "Available": D(available), "Pre-committed": 0, "Committed": D(committed),
        "Spent": D(spent), "Held": D(held),
    }  # fmt: skip


def _the_level_is_missed(firm):
    visitor = firm.as_(firm.provider)
    clock.moves_to(visitor, date(2026, 4, 2))
    delivery.enters(visitor, DESK, "160", on=date(2026, 3, 20), note="Interviews of the spring")
    figures = {
        "Tickets in all": "14", "Of them answered within four working hours": "11",
        "During planned maintenance": "2", "Why they are excluded": "Both of 8 March",
    }  # fmt: skip
    levels.enters_the_figures(visitor, DESK, LEVEL, figures, month=MARCH)
    visitor.reads("11 of 12 tickets; 2 more excluded: Both of 8 March")
    visitor = firm.as_(firm.buyer)
    levels.confirms_the_figures(visitor, DESK, LEVEL, month=MARCH)
    visitor.reads("91.7 %", within=visitor.part("Service levels"))


def _the_preview_shows_the_credit_and_is_disputed(firm):
    """PRODUCT 4.10: 12,000.00 + 6,400.00 = 18,400.00, 600.00 off, 17,800.00 net."""
    visitor = firm.settles(MARCH, "computed")
    missed = "11 of 12 tickets (2 more excluded) = 91.7 %, at least 90 %: credit 5 % of 12,000.00"
    lines = (
        ("Fee", "12,000.00 a month, all 31 days", "12,000.00"),
        ("Usage", "160 × 40.00 per interview", "6,400.00"),
        ("Credit", missed, "−600.00"),
    )
    for kind, calculation, amount in lines:
        visitor.reads(amount, within=visitor.row(kind, calculation))
    for label, amount in (("Gross", "18,400.00"), ("Credits", "600.00"), ("Net", "17,800.00")):
        assert visitor.figure(f"{label}, EUR") == amount
    visitor = firm.as_(firm.buyer)
    contracts.opens(visitor, DESK)
    settled = visitor.part("Settled months")
    for kind, calculation, amount in lines:
        visitor.reads(amount, within=visitor.row(kind, calculation, within=settled))
    visitor.reads("17,800.00", "nothing is paid yet", within=visitor.row("Together", "paid"))
    disputes.disputes_a_line(
        visitor, DESK, "Usage", "1400", reason="Thirty-five interviews were called off by us."
    )
    visitor.reads("6,400.00", "1,400.00", "when the month is posted")
    assert money.bar(visitor)["Available"] == D("46400.00")  # a preview moves nothing


def _only_the_disputed_amount_is_held(firm):
    """17,800.00 - 1,400.00 = 16,400.00 is paid; the credit of 600.00 comes free."""
    visitor = firm.settles(MARCH, "posted")
    for label, amount in (
        ("Paid", "16,400.00"), ("Waiting for buyers", "0.00"), ("Held", "1,400.00")
    ):  # fmt: skip
        assert visitor.figure(f"{label}, EUR") == amount
    visitor = firm.as_(firm.buyer)
    contracts.opens(visitor, DESK)
    visitor.reads("17,800.00", "16,400.00 paid", within=visitor.row("Together", "paid"))
    assert money.bar(visitor) == _bar(
        available="47000.00", committed="55200.00", spent="16400.00", held="1400.00"
    )
    (bought, left), (sold, free) = firm.statements(MARCH)
    assert bought == money.Statement(
        D("120000.00"),
        [("Purchase inside", D("-16400.00")), ("Held for a dispute", D("-1400.00"))],
        D("102200.00"),
    )
    assert left == (D("-55200.00"), D("47000.00"))
    assert sold == money.Statement(D("0.00"), [("Sale inside", D("16400.00"))], D("16400.00"))
    assert free == (D("-16400.00"), 0)  # ten working days for disputes
    assert money.agree(bought, sold) == D("16400.00")
    money.proofs_hold()


def _an_accepted_offer_lets_it_go(firm):
    """PRODUCT 4.12: 40 % of 1,400.00 are 560.00 for the buyer, and 840.00 for the provider."""
    visitor = firm.as_(firm.provider)
    disputes.offers_a_part(
        visitor, USAGE_OF_MARCH, "40", words="We had booked the rooms for twenty of them."
    )
    visitor = firm.as_(firm.buyer)
    disputes.accepts_the_offer(visitor, USAGE_OF_MARCH)
    visitor.reads("560.00", "840.00", within=visitor.part("What is disputed"))
    assert balance_of(system_wallet("held")) == 0
    assert money.bar(visitor) == _bar(available="47560.00", committed="55200.00", spent="17240.00")
    assert money.bar(firm.as_(firm.provider))["Available"] == D("840.00")
    firm.settles(MARCH, "locked")
    (bought, left), (sold, free) = firm.statements(APRIL)
    released = "Held money released"
    assert bought == money.Statement(D("102200.00"), [(released, D("560.00"))], D("102760.00"))
    assert sold == money.Statement(D("16400.00"), [(released, D("840.00"))], D("17240.00"))
    assert (left, free) == (
        (D("-55200.00"), D("47560.00")), (D("-16400.00"), D("840.00")),
    )  # fmt: skip
    money.proofs_hold()


def test_a_dispute_after_posting_is_mediated_and_an_overage_waits_for_the_buyer(opens_on, worker):
    firm = opens_on(date(2026, 4, 1), granted="120000.00", granted_in=date(2026, 2, 1))
    june = date(2026, 6, 30)
    firm.agrees(DESK, price="12000.00", ends_on=june)
    firm.agrees(ANALYST, price="88.75", unit="hour", expected=40, cap=50, ends_on=june)
    _more_is_used_than_was_promised(firm)
    _the_month_is_paid_but_for_the_overage(firm)
    _a_mediator_ends_the_dispute(firm)
    _the_overage_waits_without_a_cut_and_is_accepted(firm)
    _every_cent_went_out_again(firm)
    assert "contracts.tasks.work_on_run" in worker.read_text()


def _more_is_used_than_was_promised(firm):
    visitor = firm.as_(firm.provider)
    clock.moves_to(visitor, date(2026, 4, 2))
    delivery.enters(visitor, ANALYST, "62.5", on=date(2026, 3, 24), note="Where ships wait")
    # 12,000.00 + 40 × 88.75 = 15,550.00, in each of four months.
    assert money.bar(firm.as_(firm.buyer)) == _bar(available="57800.00", committed="62200.00")


def _the_month_is_paid_but_for_the_overage(firm):
    visitor = firm.settles(MARCH, "computed", "posted")
    # 62.5 × 88.75 = 5,546.875, half up; 3,550.00 was promised, and more than 50 hours need a word.
    visitor.reads("5,546.88", within=visitor.row("Usage", "62.5 × 88.75 per hour"))
    for label, amount in (
        ("Net", "17,546.88"), ("Paid", "15,550.00"), ("Waiting for buyers", "1,996.88")
    ):  # fmt: skip
        assert visitor.figure(f"{label}, EUR") == amount
    assert money.bar(firm.as_(firm.buyer)) == _bar(
        available="57800.00", committed="46650.00", spent="15550.00"
    )
    money.proofs_hold()


def _a_mediator_ends_the_dispute(firm):
    """25 % of 333.30 are 83.325: 83.33 for the buyer, and the rest of 249.97 for the provider."""
    visitor = firm.as_(firm.buyer)
    clock.moves_to(visitor, date(2026, 4, 8))
    disputes.disputes_a_line(
        visitor, DESK, "Fee", "333.30", reason="The desk was closed on 9 March."
    )
    visitor = firm.as_(firm.provider)
    earned = {"Earned, not yet free": D("15216.70")}  # 15,550.00 − 333.30
    assert money.bar(visitor) == _bar(available="0.00", held="333.30") | earned
    disputes.rejects_it(visitor, FEE_OF_MARCH, words="It was open from noon.")
    chro, mediator = make.office(is_chro=True), make.uninvolved()
    disputes.names_the_mediator(firm.as_(chro), FEE_OF_MARCH, mediator.email)
    disputes.proposes_a_share(
        firm.as_(mediator), FEE_OF_MARCH, "25", why="Half a day of that day was missing."
    )
    disputes.accepts_the_proposal(firm.as_(firm.buyer), FEE_OF_MARCH, then="In mediation")
    visitor = firm.as_(firm.provider)
    disputes.accepts_the_proposal(visitor, FEE_OF_MARCH, then="Settled")
    visitor.reads("83.33", "249.97", within=visitor.part("What is disputed"))
    assert balance_of(system_wallet("held")) == 0
    money.proofs_hold()


def _the_overage_waits_without_a_cut_and_is_accepted(firm):
    visitor = firm.as_(firm.provider)
    delivery.enters(visitor, ANALYST, "8", on=date(2026, 4, 7), note="Nothing is cut off")
    visitor = firm.as_(firm.buyer)
    contracts.opens(visitor, ANALYST)
    visitor.reads(
        "1,996.88", "More was used than the contract allows without the buyer’s word.",
        "Answer until 16 April.", within=visitor.row("More than planned"),
    )  # fmt: skip
    contracts.accepts_the_overage(visitor, ANALYST)
    visitor.reads("accepted on 8 April 2026 and paid", within=visitor.row("More than planned"))
    # 57,800.00 + 83.33 − 1,996.88; 15,550.00 − 83.33 + 1,996.88
    assert money.bar(visitor) == _bar(available="55886.45", committed="46650.00", spent="17463.55")
    visitor.reads("of 120,000.00 received")  # what came back was not received anew


def _every_cent_went_out_again(firm):
    firm.settles(MARCH, "locked")
    (bought, left), (sold, free) = firm.statements(MARCH)
    assert bought == money.Statement(
        D("120000.00"),
        [("Purchase inside", D("-12000.00")), ("Purchase inside", D("-3550.00"))],
        D("104450.00"),
    )
    assert sold == money.Statement(
        D("0.00"),
        [
            ("Sale inside", D("12000.00")),
            ("Sale inside", D("3550.00")),
            ("Held for a dispute", D("-333.30")),
        ],
        D("15216.70"),
    )
    assert (left[0], free) == (D("-46650.00"), (D("-15216.70"), 0))
    assert money.agree(bought, sold) == D("15550.00")
    (bought, left), (sold, free) = firm.statements(APRIL)
    assert bought == money.Statement(
        D("104450.00"),
        [("Held money released", D("83.33")), ("Purchase inside", D("-1996.88"))],
        D("102536.45"),
    )
    assert left == (D("-46650.00"), D("55886.45"))
    assert sold == money.Statement(
        D("15216.70"),
        [("Held money released", D("249.97")), ("Sale inside", D("1996.88"))],
        D("17463.55"),
    )
    # 15,216.70 until 16 April, and the overage of 1,996.88 until 22 April, are not free yet.
    assert free == (D("-17213.58"), D("249.97"))
    assert money.agree(bought, sold) == D("1996.88")
    assert bought.closing + sold.closing == D("120000.00")
    visitor = firm.as_(firm.provider)
    clock.moves_to(visitor, date(2026, 4, 23))
    assert money.bar(visitor)["Available"] == D("17463.55")
    money.proofs_hold()


def test_a_suspended_december_is_prorated_and_the_year_ends_at_zero(opens_on, worker):
    firm = opens_on(date(2026, 11, 30), granted="60000.00")
    platform = make.me("Harbour Board", kind="platform")
    firm.agrees(
        DESK, price="7333.33", starts_on=NOVEMBER, ends_on=date(2027, 6, 30),
        on=date(2026, 10, 20),
    )  # fmt: skip
    _november_is_settled(firm)
    _seven_days_are_suspended(firm)
    _the_next_year_has_a_budget(firm)
    _december_costs_its_active_days(firm)
    _the_year_is_previewed(firm)
    _december_locks_and_the_year_ends_at_zero(firm, platform)
    assert "contracts.tasks.work_on_run" in worker.read_text()


def _november_is_settled(firm):
    visitor = firm.as_(firm.buyer)
    clock.moves_to(visitor, date(2026, 12, 2))
    # November and December now; January to June, six times 7,333.33, when their year opens.
    assert money.bar(visitor) == _bar(available="45333.34", committed="14666.66")
    visitor.reads("43,999.98", within=visitor.part("Next years"))
    firm.settles(NOVEMBER, "computed", "posted", "locked")
    (bought, left), (sold, free) = firm.statements(NOVEMBER)
    assert bought == money.Statement(
        D("0.00"), [("Grant", D("60000.00")), ("Purchase inside", D("-7333.33"))], D("52666.67")
    )
    assert left == (D("-7333.33"), D("45333.34"))
    assert sold == money.Statement(D("0.00"), [("Sale inside", D("7333.33"))], D("7333.33"))
    assert free == (D("-7333.33"), 0)
    assert money.agree(bought, sold) == D("7333.33")
    money.proofs_hold()


def _seven_days_are_suspended(firm):
    """From 8 December; 15 December is active again."""
    visitor = firm.as_(firm.buyer)
    clock.moves_to(visitor, date(2026, 12, 8))
    contracts.proposes_to_suspend(visitor, DESK, reason="Nobody is hired before the audit.")
    contracts.confirms_the_suspension(firm.as_(firm.provider), DESK)
    # Of December 7 days are left: 7,333.33 × 7 / 31 = 1,655.91; 60,000.00 − 7,333.33 − 1,655.91.
    visitor = firm.as_(firm.buyer)
    assert money.bar(visitor) == _bar(available="51010.76", committed="1655.91", spent="7333.33")
    clock.moves_to(visitor, date(2026, 12, 15))
    contracts.proposes_to_resume(visitor, DESK, reason="The audit is over.")
    contracts.confirms_the_resumption(firm.as_(firm.provider), DESK)
    # 7 + 17 = 24 days: 7,333.33 × 24 / 31 = 5,677.4168; 60,000.00 − 7,333.33 − 5,677.42.
    assert money.bar(firm.as_(firm.buyer)) == _bar(
        available="46989.25", committed="5677.42", spent="7333.33"
    )


def _the_next_year_has_a_budget(firm):
    visitor = firm.as_(firm.hr)
    budgets.grants(visitor, SHOP, "60000", fund="Operating", name="Operating 2027", year="2027")
    budgets.publishes(visitor)


def _december_costs_its_active_days(firm):
    visitor = firm.as_(firm.hr)
    clock.moves_to(visitor, date(2027, 1, 2))
    # The year has opened: 60,000.00 are granted, six months of 7,333.33 are committed.
    assert money.bar(firm.as_(firm.buyer), year=2027) == _bar(
        available="16000.02", committed="43999.98"
    )
    visitor = firm.settles(DECEMBER, "computed")
    visitor.reads("5,677.42", within=visitor.row("Fee", "7,333.33 × 7 + 7,333.33 × 17 of 31 days"))
    firm.settles(DECEMBER, "posted")
    (bought, left), (sold, free) = firm.statements(DECEMBER)
    assert bought == money.Statement(
        D("52666.67"), [("Purchase inside", D("-5677.42"))], D("46989.25")
    )
    assert left == (0, D("46989.25"))
    assert sold == money.Statement(D("7333.33"), [("Sale inside", D("5677.42"))], D("13010.75"))
    assert free == (D("-5677.42"), D("7333.33"))
    assert money.agree(bought, sold) == D("5677.42")
    money.proofs_hold()


def _the_year_is_previewed(firm):
    """10 % of 60,000.00 are the most that the shop carries; what the desk earned is its own."""
    visitor = firm.as_(firm.hr)
    visitor.opens("/money/year-end/2026/")
    _reads_the_end_of_the_year(visitor)


def _reads_the_end_of_the_year(visitor):
    for name, figures in (
        (SHOP, ["60,000.00", "46,989.25", "0.00", "6,000.00", "40,989.25", "0.00", "0.00"]),
        (WORKS, ["0.00", "7,333.33", "7,333.33", "0.00", "0.00", "0.00", "5,677.42"]),
        ("All ", ["60,000.00", "54,322.58", "7,333.33", "6,000.00", "40,989.25", "0.00",
                  "5,677.42"]),
    ):  # fmt: skip
        row = visitor.row(name, "0.00")
        visitor.reads(figures[1], within=row)
        assert row.locator("td.money").all_inner_texts() == figures
    # 5,677.42 against a mean of (7,333.33 + 5,677.42) / 2 = 6,505.38 a month.
    visitor.reads("0.87", within=visitor.row(SHOP, "0.00"))


def _december_locks_and_the_year_ends_at_zero(firm, platform):
    firm.settles(DECEMBER, "locked")
    visitor = firm.as_(firm.hr)
    visitor.opens("/money/year-end/2026/")
    visitor.reads("Every wallet of 2026 stands at 0.00")
    _reads_the_end_of_the_year(visitor)
    old = Wallet.objects.filter(fiscal_year=2026).values_list("balance", "reserved")
    assert set(old) == {(0, 0)}
    (bought, left), (sold, free) = firm.statements(JANUARY)
    assert bought == money.Statement(
        D("0.00"), [("Grant", D("60000.00")), ("Carry over", D("6000.00"))], D("66000.00")
    )
    assert left == (D("-43999.98"), D("22000.02"))
    assert sold == money.Statement(
        D("0.00"), [("Carry over", D("7333.33")), ("Carry over", D("5677.42"))], D("13010.75")
    )
    assert free == (D("-5677.42"), D("7333.33"))  # December's revenue is free on 16 January
    shared = make.wallet(platform, fund="incentive", year=2027).balance
    assert shared == D("40989.25")
    assert bought.closing + sold.closing + shared == D("120000.00")
    visitor = firm.as_(firm.buyer)
    assert money.bar(visitor, year=2027) == _bar(available="22000.02", committed="43999.98")
    visitor.does_not_read("January 2027 to June 2027", within=visitor.part("Next years"))
    money.proofs_hold()


def test_money_becomes_real_on_a_day_and_only_real_money_reaches_the_journal(opens_on, worker):
    firm = opens_on(date(2026, 3, 30), granted="50000.00")
    firm.agrees(DESK, price="7333.33", ends_on=date(2026, 6, 30))
    _the_switch_is_planned(firm)
    _march_stays_notional(firm)
    _april_is_charged(firm)
    _only_april_is_in_the_journal(firm)
    assert "contracts.tasks.work_on_run" in worker.read_text()


def _the_switch_is_planned(firm):
    visitor = firm.as_(firm.hr)
    switches.opens(visitor, SHOP)
    words = {
        "Charged from": "2026-04-01", "Charged grant, operating": "20000",
        "Reason": "Three notional months went well.",
    }  # fmt: skip
    switches.shows_the_effect(visitor, words)
    # March is kept; April to June are three times 7,333.33 = 21,999.99.
    visitor.reads("1,999.99 EUR more is needed, else the switch is refused")
    switches.shows_the_effect(visitor, words | {"Charged grant, operating": "30000"})
    visitor.reads("8,000.01", within=visitor.row("Operating 2026"))
    assert visitor.row("Operating 2026").locator("td.money").all_inner_texts() == [
        "50,000.00", "7,333.33", "42,666.67", "21,999.99", "30,000.00", "8,000.01",
    ]  # fmt: skip
    switches.plans(visitor, words | {"Charged grant, operating": "30000"})
    switches.opens(visitor, WORKS)
    switches.plans(visitor, words | {"Charged grant, operating": "0"})
    visitor = firm.as_(firm.buyer)
    assert money.bar(visitor) == _bar(available="20666.68", committed="29333.32")
    visitor.reads("Notional")


def _march_stays_notional(firm):
    visitor = firm.as_(firm.buyer)
    clock.moves_to(visitor, date(2026, 4, 2))
    # 7,333.33 of March are kept, 30,000.00 are real; 29,333.32 are committed.
    assert money.bar(visitor) == _bar(available="8000.01", committed="29333.32")
    visitor.reads("Charged")
    firm.settles(MARCH, "computed", "posted", "locked")
    (bought, _), (sold, _) = firm.statements(MARCH)
    assert bought == money.Statement(
        D("0.00"),
        [
            ("Grant", D("50000.00")),
            ("Purchase inside", D("-7333.33")),
            ("Grant taken back", D("-42666.67")),
        ],
        D("0.00"),
    )
    assert sold == money.Statement(D("0.00"), [("Sale inside", D("7333.33"))], D("7333.33"))
    assert money.agree(bought, sold) == D("7333.33")
    visitor = firm.visitor  # still the provider's statement of March
    visitor.reads(f"{SHOP}, notional", within=visitor.row("Sale inside"))
    visitor.reads("Shadow statement")
    contracts.opens(firm.as_(firm.buyer), DESK)
    visitor.reads("Notional", within=visitor.row("March 2026", "Locked"))
    visitor = firm.as_(firm.hr)
    visitor.opens("/money/2026-03/journal/")
    visitor.reads("0 entries", "No real money moved")
    money.proofs_hold()


def _april_is_charged(firm):
    visitor = firm.as_(firm.buyer)
    clock.moves_to(visitor, date(2026, 5, 2))
    firm.settles(APRIL, "computed", "posted", "locked")
    contracts.opens(firm.as_(firm.buyer), DESK)
    visitor.reads("Charged", within=visitor.row("April 2026", "Locked"))
    (bought, left), (sold, free) = firm.statements(APRIL)
    assert bought == money.Statement(
        D("0.00"), [("Grant", D("30000.00")), ("Purchase inside", D("-7333.33"))], D("22666.67")
    )
    assert left == (D("-14666.66"), D("8000.01"))
    # What March earned was notional: it goes back when its dispute window is over.
    assert sold == money.Statement(
        D("7333.33"),
        [("Sale inside", D("7333.33")), ("Grant taken back", D("-7333.33"))],
        D("7333.33"),
    )
    assert free == (D("-7333.33"), 0)
    assert money.agree(bought, sold) == D("7333.33")
    visitor.reads(f"{SHOP}, charged", within=visitor.row("Sale inside"))
    visitor.reads("Treasury, notional", within=visitor.row("Grant taken back"))
    visitor.does_not_read("Shadow statement")
    money.proofs_hold()


def _only_april_is_in_the_journal(firm):
    visitor = firm.as_(firm.hr)
    visitor.opens("/money/2026-04/journal/")
    visitor.reads("2 entries, 3 accounts")
    for name, figures in (
        (SHOP, ["30,000.00", "7,333.33", "22,666.67"]),
        (WORKS, ["7,333.33", "0.00", "7,333.33"]),
        ("Treasury", ["0.00", "30,000.00", "−30,000.00"]),
        ("All accounts", ["37,333.33", "37,333.33", "0.00"]),
    ):
        assert visitor.row(name).locator("td.money").all_inner_texts() == figures
