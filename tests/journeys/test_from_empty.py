"""From an empty database to a first signed contract, in the browser alone.

The fiscal year starts in the month of the visit, so that the figures are the same on any day.
"""

from datetime import timedelta
from decimal import Decimal
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command

from accounts import clock
from accounts.models import AuditEvent, Membership, MicroEnterprise, Organization, Person, User
from contracts.models import Contract
from ledger.months import following
from tests import make
from tests.journeys.steps import budgets, contracts, market, micro_enterprises, money, people

pytestmark = pytest.mark.django_db(transaction=True)

FILE = Path(__file__).parent.parent / "files" / "people_of_a_port.csv"
PASSWORD = "a long walk by the sea"
ANN, BO, CHEN = (f"{each}@port.example" for each in ("ann.osei", "bo.lind", "chen.wu"))
PILOTAGE, CHARTS = "Pilotage", "Chart Room"
DEPTHS = "Depths of the fairway"
OUTCOME = {
    "What changes?": "Ships wait less", "For which customer?": "Shipping lines",
    "Measured by": "hours at anchor", "Unit": "h", "Today it is": "9", "It shall become": "4",
    "Where is it read?": "the harbour log",
}  # fmt: skip
D = Decimal


def test_an_empty_installation_reaches_its_first_signed_contract(visitor, calm_zone, mailoutbox):
    _the_firm_is_founded(visitor, calm_zone)
    _its_people_come_in(visitor)
    _two_are_invited(visitor, mailoutbox)
    _a_unit_becomes_an_me(visitor)
    _a_new_me_is_formed(visitor)
    _it_may_sell_and_the_other_may_buy(visitor)
    _a_contract_is_offered(visitor)
    _the_other_side_signs(visitor)
    _nothing_else_happened()


def _changes_to(visitor, email):
    people.signs_out(visitor)
    people.signs_in(visitor, email, PASSWORD)


def _the_firm_is_founded(visitor, zone):
    assert not Organization.objects.exists()
    printed = StringIO()
    call_command("prepare", stdout=printed)  # what ./run --empty runs and prints
    code = printed.getvalue().split()[-1]
    today = clock.today()
    people.founds(visitor, code, {
        "Name of the organisation": "Port of Tallinn", "Currency": "EUR – Euro",
        "Time zone": zone, "The fiscal year starts in": f"{today:%B}",
        "Holidays": f"{today.year + 1}-12-25 Christmas Day", "Your name": "Ann",
        "Your work email": ANN.title(), "A password": PASSWORD,
    })  # fmt: skip
    visitor.opens("/")
    visitor.reads("Welcome, Ann")


def _its_people_come_in(visitor):
    """One row is wrong and says so; the founder is among them, and is told before it is done."""
    joined = people.imports(
        visitor, FILE, columns="People: external_id, name, email, unit, title, fte, manager",
        sees=("Gets the log-in ann.osei@port.example",),
    )  # fmt: skip
    assert joined == 6
    assert not Person.objects.filter(external_id="P-302").exists()
    visitor.reads("3 micro-enterprises proposed.")
    visitor.opens("/")
    visitor.reads("People Office", "Become a partner of People Office")
    ann = User.objects.get()
    assert (ann.person.external_id, ann.is_hr_admin) == ("P-100", True)
    trace = AuditEvent.objects.get(action="login.connect")
    assert (trace.actor, trace.target) == (ann, f"user {ann.pk}")


def _two_are_invited(visitor, outbox):
    for name, email in (("Bo Lind", BO), ("Chen Wu", CHEN)):
        link = people.is_invited_by_mail(visitor, name, outbox)
        assert outbox[-1].to == [email]
        people.signs_out(visitor)
        people.chooses_a_password(visitor, link, PASSWORD)
        _changes_to(visitor, ANN)


def _a_unit_becomes_an_me(visitor):
    """The guards name what is missing until a unit of the file may trade."""
    micro_enterprises.opens(visitor, PILOTAGE)
    micro_enterprises.describes(
        visitor, kind="Frontline: its customers are outside the firm",
        purpose="Ships come in and go out again on time.", has_outside_customer=True,
    )  # fmt: skip
    micro_enterprises.names_the_lead(visitor, Person.objects.get(external_id="P-201"))
    micro_enterprises.grants_the_right_to_decide(visitor, "up to 50,000.00 a contract")
    visitor.reads("An HR admin names the lead; the person then accepts the partnership terms.")
    assert not visitor.main.get_by_role("button", name="Activate").count()
    _changes_to(visitor, BO)
    micro_enterprises.opens(visitor, PILOTAGE)
    micro_enterprises.accepts_the_terms(visitor)
    micro_enterprises.adds_an_outcome(visitor, OUTCOME)
    _changes_to(visitor, ANN)
    micro_enterprises.opens(visitor, PILOTAGE)
    micro_enterprises.activates(visitor)


def _a_new_me_is_formed(visitor):
    """A member proposes it; HR names the lead and says what it may decide."""
    market.adds_a_category(visitor, "Charts")
    _changes_to(visitor, CHEN)
    micro_enterprises.forms(
        visitor, CHARTS, kind="Service: its customers are other micro-enterprises",
        purpose="Nobody runs aground.", outcome=OUTCOME, role="Hydrographer",
    )  # fmt: skip
    _changes_to(visitor, ANN)
    micro_enterprises.opens(visitor, CHARTS)
    micro_enterprises.names_the_lead(visitor, Person.objects.get(external_id="P-301"))
    micro_enterprises.grants_the_right_to_decide(visitor, "whatever it sells")
    visitor.reads("Publish an offering, or say that it has a customer outside the firm.")


def _it_may_sell_and_the_other_may_buy(visitor):
    _changes_to(visitor, CHEN)
    micro_enterprises.acts_for(visitor, CHARTS)
    market.publishes_an_offering(
        visitor,
        {"Name": DEPTHS, "Category": "Charts", "Lead time": "0",
         "Summary": "A fresh chart of the fairway every month."},
        price=("Fixed price a month", {"Price a month": "1300"}),
        measure={"Measure": "Soundings in time", "Target": "95", "Floor": "80", "Unit": "%",
                 "How it is measured": "counted each month in the harbour log"},
    )  # fmt: skip
    _changes_to(visitor, ANN)
    micro_enterprises.opens(visitor, CHARTS)
    micro_enterprises.activates(visitor)
    budgets.grants(visitor, PILOTAGE, "9000", fund="Operating", name="Pilots buy what they need")
    budgets.publishes(visitor)
    visitor.reads("9,000.00", within=visitor.part("Released so far"))


def _a_contract_is_offered(visitor):
    """Three whole months at a price of the buyer's own; it is reserved once it is offered."""
    _changes_to(visitor, BO)
    assert money.available(visitor) == D("9000.00")
    market.searches(visitor, "fairway")
    market.opens_the_offer(visitor, DEPTHS)
    first = following(clock.today())
    last = following(following(following(first))) - timedelta(days=1)
    visitor.fills({"From": first.isoformat(), "To and including": last.isoformat()})
    visitor.presses("Calculate")
    visitor.reads("3,900.00", "5,100.00")
    contracts.drafts_from_the_offering(visitor, {"Price a month": "1233.33"})
    assert Contract.objects.get().state == "draft"
    assert money.available(visitor) == D("9000.00")
    contracts.opens(visitor, DEPTHS)
    contracts.signs_and_offers(visitor)
    visitor.reads("Offered")
    assert money.available(visitor) == D("5300.01")
    visitor.reads("3,699.99")


def _the_other_side_signs(visitor):
    _changes_to(visitor, CHEN)
    micro_enterprises.acts_for(visitor, CHARTS)
    visitor.opens("/")
    visitor.reads(f"{PILOTAGE} has signed and waits for your answer.")
    contracts.opens(visitor, DEPTHS)
    contracts.signs(visitor)
    visitor.reads("Agreed")
    assert money.available(visitor) == 0
    _changes_to(visitor, BO)
    assert money.available(visitor) == D("5300.01")
    visitor.reads("3,699.99")


def _nothing_else_happened():
    contract = Contract.objects.get()
    assert contract.state == "agreed"
    signers = {each.signed_by.email for each in contract.signatures.all()}
    assert signers == {BO, CHEN}
    pilotage, charts = (MicroEnterprise.objects.get(name=each) for each in (PILOTAGE, CHARTS))
    assert {pilotage.state, charts.state} == {"active"}
    bar = make.money(pilotage, on=clock.today())
    assert (bar.balance, bar.committed, bar.available) == (D("9000"), D("3699.99"), D("5300.01"))
    assert make.money(charts, on=clock.today()).balance == 0
    assert Membership.objects.filter(is_imported=True).count() == 6
    for command in ("check_money", "verify_contracts"):
        call_command(command, stdout=StringIO())
