"""The main job, played by its people in a browser: one month of the market on HR's own files.

Every figure was worked out by hand and stands here as it is read on the page.
"""

import json
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command

from accounts import founding
from accounts.models import Person
from ledger.actions import system_wallet
from ledger.models import Transfer, Wallet
from tests import make
from tests.journeys.steps import (
    budgets,
    clock,
    contracts,
    delivery,
    learning,
    market,
    micro_enterprises,
    money,
    people,
    ratings,
    settlement,
)
from tests.real_data import real_data

pytestmark = pytest.mark.django_db(transaction=True)

OURS = Path(__file__).parent.parent / "files"
SECOND_OF_MARCH = date(2026, 3, 2)
HIRING = "Hiring Works"
D = Decimal
MARCH, APRIL = date(2026, 3, 1), date(2026, 4, 1)
PASSWORD = "a long walk by the sea"
OUTCOME = {
    "What changes?": "Ships wait less", "For which customer?": "Shipping lines",
    "Measured by": "hours at anchor", "Unit": "h", "Today it is": "9", "It shall become": "4",
    "Where is it read?": "the harbour log",
}  # fmt: skip
DESK = {
    "Name": "Recruiting desk", "Category": "Hiring", "Lead time": "0",
    "Summary": "Every open post has one person who looks after it.",
}  # fmt: skip
ANALYST = DESK | {"Name": "Data analyst", "Summary": "Somebody who finds it out, by the hour."}
INTERVIEWS = DESK | {"Name": "Interview days", "Summary": "A day of interviews, all prepared."}
MEASURE = {
    "Measure": "Posts filled in 30 days", "Target": "90", "Floor": "70", "Unit": "%",
    "How it is measured": "counted each month in the applicant list",
}  # fmt: skip
TERM = {"From": "2026-03-11", "To and including": "2026-06-30"}


@dataclass(frozen=True)
class Files:
    """What HR and the outside market send, and who of it plays which part (posts by key)."""

    senior: Path
    junior: Path
    rates: Path
    joiners: int
    posts: int
    offers: int
    team: str
    lead: str
    members: tuple[str, ...]
    founder: str
    outside: str
    verdict: str


def look_alikes():
    return Files(
        senior=OURS / "organogram-2011-03-31-senior.csv",
        junior=OURS / "organogram-2011-03-31-junior.csv",
        rates=OURS / "rates_like_schedule70.csv",
        joiners=6, posts=5, offers=4,
        team="Pilotage", lead="7", members=("8", "1", "HB9", "HB10"), founder="12",
        outside="East Bay Data", verdict="Outside is 26.5 % cheaper: East Bay Data asks 65.20",
    )  # fmt: skip


def real_files():
    organogram = real_data("organogram-cabinet-office-2011")
    return Files(
        senior=organogram / "2011-03-31-senior.csv",
        junior=organogram / "2011-03-31-junior.csv",
        rates=real_data("gsa-schedule70-prices") / "s70_data.csv",
        joiners=204, posts=763, offers=4110,
        team="Government Digital Service", lead="218", members=("240", "241", "242", "243"),
        founder="37", outside="RETHINKIT",
        verdict="Outside is 17.0 % cheaper: FIRST HEALTH CONSULTING asks 73.65",
    )  # fmt: skip


@pytest.mark.parametrize("files_of", [look_alikes, real_files])
def test_one_month_of_the_market(visitor, worker, settings, calm_zone, sets_the_day, files_of):
    files = files_of()
    settings.DEMO = True
    settings.EMAIL_BACKEND = "accounts.mail.DemoMailBackend"
    hr = _firm(calm_zone)
    sets_the_day(SECOND_OF_MARCH)

    _people_come_in(visitor, files)
    lead, founder, others = _log_ins(visitor, files, hr)
    _a_unit_becomes_an_me(visitor, files, hr=hr, lead=lead, others=others)
    _a_new_me_is_formed(visitor, files, hr=hr, founder=founder)
    _budgets_are_published(visitor, files, hr=hr)
    _inside_and_outside_side_by_side(visitor, files, hr=hr, lead=lead)
    _both_sides_sign(visitor, files, lead=lead, founder=founder)
    _the_month_passes(visitor, lead=lead, founder=founder)
    _the_month_is_settled(visitor, hr=hr, lead=lead, founder=founder)
    _statements_add_up(visitor, lead=lead, founder=founder)
    _skills_are_invested_in(visitor, lead=lead, founder=founder, others=others)
    _a_seat_is_given_back(visitor, lead=lead, others=others)
    _five_people_rate(visitor, raters=[lead, *others], founder=founder)
    _april_adds_up_too(visitor, lead=lead, founder=founder)
    _nothing_is_lost_and_nothing_broken(files)
    assert "contracts.tasks.work_on_run" in worker.read_text()


def _firm(zone):
    """Founded, with an HR admin; the way through the browser is test_from_empty's."""
    _, hr = founding.found(
        name="Tallinn Water", currency="EUR", time_zone=zone, fiscal_year_start_month=1,
        admin_email="hr@example.com", admin_name="Hanna Roos", password=PASSWORD,
    )  # fmt: skip
    return hr


def _people_come_in(visitor, files):
    people.signs_in(visitor, "hr@example.com", PASSWORD)
    clock.reads_the_day(visitor, SECOND_OF_MARCH)
    joined = people.imports(visitor, files.senior, columns="Organogram: senior posts")
    assert joined == files.joiners
    counted = people.imports(
        visitor, files.junior, columns="Organogram: junior posts, as head counts"
    )
    assert counted == files.posts


def _log_ins(visitor, files, hr):
    """One person is invited on the page; the others came the same way."""
    lead = Person.objects.get(external_id=files.lead)
    people.gives_an_address(visitor, lead, "lead@example.com")
    link = people.invites(visitor, "lead@example.com")
    people.signs_out(visitor)
    people.chooses_a_password(visitor, link, PASSWORD)
    people.signs_out(visitor)
    people.signs_in(visitor, "lead@example.com", PASSWORD)
    founder, *others = (
        make.user(Person.objects.get(external_id=key)) for key in (files.founder, *files.members)
    )
    return lead.user, founder, others


def _a_unit_becomes_an_me(visitor, files, *, hr, lead, others):
    """A unit of the HR data gets a purpose, a lead, an outcome, its people, and may trade."""
    visitor.becomes(hr)
    micro_enterprises.opens(visitor, files.team)
    micro_enterprises.describes(
        visitor, kind="Frontline: its customers are outside the firm",
        purpose="Ships come in and go out again on time.", has_outside_customer=True,
    )  # fmt: skip
    micro_enterprises.names_the_lead(visitor, lead.person)
    micro_enterprises.grants_the_right_to_decide(visitor, "up to 50,000.00 a contract")
    visitor.reads("An HR admin names the lead; the person then accepts the partnership terms.")

    visitor.becomes(lead)
    micro_enterprises.opens(visitor, files.team)
    micro_enterprises.accepts_the_terms(visitor)
    micro_enterprises.adds_an_outcome(visitor, OUTCOME)
    already = set(Person.objects.filter(hr_unit=files.team))
    for other in others:
        if other.person not in already:
            micro_enterprises.adds_a_member(visitor, other.person, role="Partner")

    visitor.becomes(hr)
    micro_enterprises.opens(visitor, files.team)
    micro_enterprises.activates(visitor)


def _a_new_me_is_formed(visitor, files, *, hr, founder):
    """A member forms a service ME; it may publish before it may trade."""
    visitor.becomes(hr)
    market.adds_a_category(visitor, "Hiring")
    visitor.becomes(founder)
    micro_enterprises.forms(
        visitor, HIRING, kind="Service: its customers are other micro-enterprises",
        purpose="Every team has the people it needs.", outcome=OUTCOME, role="Recruiter",
    )  # fmt: skip
    visitor.becomes(hr)
    micro_enterprises.opens(visitor, HIRING)
    micro_enterprises.names_the_lead(visitor, founder.person)
    micro_enterprises.grants_the_right_to_decide(visitor, "whatever it sells")
    visitor.reads("Publish an offering, or say that it has a customer outside the firm.")
    visitor.becomes(founder)
    for words, price in (
        (DESK, ("Fixed price a month", {"Price a month": "7450"})),
        (ANALYST, ("Price per unit", {"Price per unit": "88.75", "Unit": "hour"})),
        (INTERVIEWS, ("Price per unit", {"Price per unit": "210.40", "Unit": "interview day"})),
    ):
        market.publishes_an_offering(visitor, words, price=price, measure=MEASURE)
    visitor.becomes(hr)
    micro_enterprises.opens(visitor, HIRING)
    micro_enterprises.activates(visitor)


def _budgets_are_published(visitor, files, *, hr):
    """The former cost of recruiting goes to those who used it; two of them trade already."""
    for name in ("Harbour Shop", "Gate House"):
        make.me(name, kind="frontline")
    visitor.becomes(hr).opens("/")
    budgets.gives_a_department_to_its_customers(
        visitor, HIRING,
        [(files.team, 60, 20), ("Harbour Shop", 30, 20), ("Gate House", 10, 10)],
        cost="240000", by_heads="25",
    )  # fmt: skip
    for name, share, amount in (
        (files.team, "55 %", "132,000.00"),
        ("Harbour Shop", "32.5 %", "78,000.00"),
        ("Gate House", "12.5 %", "30,000.00"),
    ):
        visitor.reads(share, amount, within=visitor.row(name))
    visitor.reads("240,000.00", within=visitor.part("If you publish this"))
    budgets.publishes(visitor)
    budgets.grants(visitor, files.team, "10000", fund="Learning", name="Learning 2026")
    budgets.publishes(visitor)
    visitor.reads("10,000.00", within=visitor.part("Released so far"))


def _inside_and_outside_side_by_side(visitor, files, *, hr, lead):
    """A price list comes in, and the lead sets its nearest rates beside the inside offering."""
    visitor.becomes(hr)
    new = market.imports_outside_rates(visitor, files.rates, category="Hiring")
    assert new == files.offers
    visitor.becomes(lead).opens("/")
    market.searches(visitor, "data analyst")
    market.opens_the_offer(visitor, "Data analyst")
    visitor.reads("88.75 EUR per hour")
    visitor.presses("Compare line by line")
    visitor.reads(files.verdict, files.outside)


def _both_sides_sign(visitor, files, *, lead, founder):
    """By the hour after one look; the desk after a counter-offer; the interviews sold by phone."""
    visitor.follows("See what it costs", exact=False)
    visitor.fills(
        {"How many a month": "40", "From": "2026-03-11", "To and including": "2026-06-30"}
    )
    visitor.presses("Calculate")
    visitor.reads("14,200.00")  # 40 × 88.75 in each of four months
    contracts.drafts_from_the_offering(visitor, {"Not to exceed a month": "50"})
    contracts.signs_and_offers(visitor)
    visitor.becomes(founder).opens("/")
    contracts.opens(visitor, "Data analyst")
    contracts.signs(visitor)

    visitor.becomes(lead).opens("/")
    market.searches(visitor, "recruiting desk")
    market.opens_the_offer(visitor, "Recruiting desk")
    visitor.fills(TERM)
    visitor.presses("Calculate")
    contracts.drafts_from_the_offering(visitor, {"Price a month": "7200"})
    contracts.signs_and_offers(visitor)
    visitor.becomes(founder).opens("/")
    contracts.opens(visitor, "Recruiting desk")
    contracts.counters(visitor, {"Price a month": "7333.33"})
    visitor.becomes(lead).opens("/")
    contracts.opens(visitor, "Recruiting desk")
    visitor.reads("7,200.00", "7,333.33", within=visitor.part("What changed"))
    contracts.signs(visitor)

    visitor.becomes(founder).opens("/")
    contracts.drafts_for_a_customer(visitor, "Interview days", {
        "For which buyer": files.team, "Expected a month": "12", "Not to exceed a month": "12",
        "First day": "2026-03-11", "Last day": "2026-06-30",
    })  # fmt: skip
    contracts.signs_and_offers(visitor)
    visitor.becomes(lead).opens("/")
    contracts.opens(visitor, "Interview days")
    contracts.signs(visitor)

    # 26,967.73 for the desk, 14,200.00 by the hour, 10,099.20 for the interviews.
    assert money.available(visitor) == D("132000.00") - D("51266.93")
    visitor.reads("51,266.93", "80,733.07")


def _the_month_passes(visitor, *, lead, founder):
    """More hours than expected and fewer interviews; what was reached is agreed on."""
    clock.moves_to(visitor, date(2026, 3, 25))
    visitor.becomes(founder).opens("/")
    delivery.enters(
        visitor, "Data analyst", "30.5", on=date(2026, 3, 16), note="Where ships wait, and why"
    )
    delivery.enters(visitor, "Data analyst", "16", on=date(2026, 3, 24), note="The same for tugs")
    delivery.enters(visitor, "Interview days", "7.5", on=date(2026, 3, 20), note="Pilots")
    visitor.becomes(lead).opens("/")
    delivery.confirms(visitor, "Data analyst", "Where ships wait, and why")
    clock.moves_to(visitor, date(2026, 4, 2))
    visitor.becomes(founder).opens("/")
    measure = MEASURE["Measure"]
    delivery.enters_the_result(visitor, "Data analyst", measure, "84", month=MARCH)
    visitor.becomes(lead).opens("/")
    delivery.confirms_the_result(visitor, "Data analyst", measure, month=MARCH)
    visitor.reads("70 %", within=visitor.part("Results"))  # 84 on the way from 70 to 90


def _the_month_is_settled(visitor, *, hr, lead, founder):
    """An HR admin presses the buttons, and a worker does the work."""
    visitor.becomes(hr).opens("/")
    settlement.opens(visitor, MARCH)
    settlement.lets_it_be(visitor, "computed", month=MARCH)
    for charge, calculation, cost in (
        ("Recruiting desk", "7,333.33 × 21 of 31 days", "4,967.74"),
        ("Data analyst", "46.5 × 88.75 per hour", "4,126.88"),
        ("Interview days", "7.5 × 210.40 per interview day", "1,578.00"),
    ):
        visitor.reads(calculation, cost, within=visitor.row(charge))
    visitor.reads("10,672.62", within=visitor.row("3 lines"))
    visitor.becomes(lead).opens("/")
    assert money.available(visitor) == D("80733.07")  # a preview moves nothing
    visitor.becomes(hr).opens("/")
    settlement.opens(visitor, MARCH)
    settlement.lets_it_be(visitor, "posted", month=MARCH)
    settlement.lets_it_be(visitor, "locked", month=MARCH)
    visitor.becomes(lead).opens("/")
    # 576.88 more than planned by the hour, 946.80 less for interviews.
    assert money.available(visitor) == D("80733.07") - D("576.88") + D("946.80")
    visitor.becomes(founder).opens("/")
    assert money.available(visitor) == 0  # ten working days for disputes


def _statements_add_up(visitor, *, lead, founder):
    visitor.becomes(lead).opens("/")
    assert _in_order(money.reads_the_statement(visitor, MARCH)) == money.Statement(
        D("0.00"),
        [
            ("Grant", D("132000.00")),
            ("Purchase inside", D("-4967.74")),
            ("Purchase inside", D("-3550.00")),
            ("Purchase inside", D("-1578.00")),
            ("Purchase inside", D("-576.88")),
        ],
        D("121327.38"),
    )
    visitor.becomes(founder).opens("/")
    assert _in_order(money.reads_the_statement(visitor, MARCH)) == money.Statement(
        D("0.00"),
        [
            ("Sale inside", D("576.88")),
            ("Sale inside", D("1578.00")),
            ("Sale inside", D("3550.00")),
            ("Sale inside", D("4967.74")),
        ],
        D("10672.62"),
    )


def _in_order(statement):
    """What is paid on one day has no order of its own."""
    return replace(statement, lines=sorted(statement.lines))


def _skills_are_invested_in(visitor, *, lead, founder, others):
    visitor.becomes(founder).opens("/")
    learning.offers_a_course(
        visitor, {"Title": "Reading the tide", "Topic": "Navigation",
                  "Taught by our micro-enterprise": HIRING},
        {"First day": "2026-04-20", "Last day": "2026-04-21", "Price per seat": "905.55",
         "Seats": "8"},
    )  # fmt: skip
    visitor.becomes(lead).opens("/")
    learning.invests(
        visitor, "Reading the tide", [others[0].person, others[1].person],
        because="Pilots plan the tide themselves.", worth="3000",
    )  # fmt: skip
    visitor.reads("1,811.10")


def _five_people_rate(visitor, *, raters, founder):
    for rater, score in zip(raters, (5, 4, 4, 3, 5), strict=True):
        ratings.rates(visitor.becomes(rater), "Data analyst", score)
    visitor.becomes(founder).opens("/")
    clock.moves_to(visitor, date(2026, 4, 14))
    visitor.chooses_from_the_menu("Our ME")
    visitor.reads("not enough ratings")
    clock.moves_to(visitor, date(2026, 4, 15))
    visitor.chooses_from_the_menu("Our ME")
    visitor.reads("80", "5 of 15 invited")


def _a_seat_is_given_back(visitor, *, lead, others):
    visitor.becomes(lead).opens("/")
    clock.moves_to(visitor, date(2026, 4, 8))
    learning.cancels_the_seat(visitor, "Reading the tide", others[0].person)
    visitor.is_told("452.78 of its price came free.")
    visitor.reads("1,358.32", within=visitor.part("The investment"))


def _april_adds_up_too(visitor, *, lead, founder):
    """The course starts and is paid; what was earned in March is free by now."""
    visitor.becomes(lead).opens("/")
    clock.moves_to(visitor, date(2026, 4, 20))
    assert money.reads_the_statement(visitor, APRIL, fund="Learning") == money.Statement(
        D("10000.00"), [("Learning", D("-452.77")), ("Learning", D("-905.55"))], D("8641.68")
    )
    visitor.becomes(founder).opens("/")
    assert money.reads_the_statement(visitor, APRIL) == money.Statement(
        D("10672.62"),
        [("Learning sold", D("452.77")), ("Learning sold", D("905.55"))],
        D("12030.94"),
    )
    assert money.available(visitor) == D("12030.94")


def _nothing_is_lost_and_nothing_broken(files):
    """All that was granted lies in the wallets of the MEs, and all proofs hold."""
    balances = {str(each.owner): each.balance for each in Wallet.objects.filter(fund="operating")}
    assert balances == {
        files.team: D("121327.38"), "Harbour Shop": D("78000.00"), "Gate House": D("30000.00"),
        HIRING: D("12030.94"),
    }  # fmt: skip
    granted = D("250000.00")
    assert sum(each.balance for each in Wallet.objects.exclude(owner=None)) == granted
    treasury = system_wallet("treasury")
    assert sum(each.amount for each in Transfer.objects.filter(payer=treasury)) == granted
    for command in ("check_money", "verify_contracts"):
        out = StringIO()
        call_command(command, "--json", stdout=out)
        assert json.loads(out.getvalue())["broken"] == []
