"""From an empty installation to a first signed contract: no demo, no console but its one code."""

import re
from datetime import date
from decimal import Decimal
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from accounts import founding
from accounts.models import Person
from tests.journeys.steps import budgets, contracts, market, micro_enterprises, money, people

pytestmark = pytest.mark.django_db(transaction=True)

PEOPLE = Path(__file__).parent.parent / "files" / "people.csv"
PASSWORD = "a long walk by the sea"
OUTCOME = {
    "What changes?": "Ships wait less", "For which customer?": "Shipping lines",
    "Measured by": "hours at anchor", "Unit": "h", "Today it is": "9", "It shall become": "4",
    "Where is it read?": "the harbour log",
}  # fmt: skip


def test_an_empty_installation_reaches_its_first_signed_contract(
    visitor, mailoutbox, calm_zone, sets_the_day
):
    people.founds(visitor, {
        "One-time code": founding.new_code(), "Name of the organisation": "Harbour Board",
        "Time zone": calm_zone, "Your name": "Hanna Roos",
        "Your work email": "hanna@harbour.example", "A password": PASSWORD,
    })  # fmt: skip
    sets_the_day(date(2026, 3, 2))
    _people_come_in(visitor)
    _two_mes_are_started(visitor, mailoutbox)
    _money_is_granted(visitor)
    _a_contract_is_signed(visitor)


def _people_come_in(visitor):
    joined = people.imports(
        visitor, PEOPLE, columns="People: external_id, name, email, unit, title, fte, manager"
    )
    assert joined == 3
    people.adds(visitor, {
        "Key in the HR system": "D4", "Name": "Dana Kask", "Work email": "dana@harbour.example",
        "HR unit": "Works and Estates", "Title": "Head of Works",
    })  # fmt: skip
    visitor.chooses_from_the_menu("People")
    visitor.presses_and_confirms("Invite 3 with an address", answer="Send invitations")
    visitor.is_told("3")


def _two_mes_are_started(visitor, mailoutbox):
    """Works sells to Pilotage; each step stands on the page of the ME for whoever is next."""
    market.adds_a_category(visitor, "Repairs")
    for unit, name, words in (
        ("Pilotage", "Ann Osei", {"kind": "Frontline: its customers are outside the firm"}),
        ("Works and Estates", "Dana Kask",
         {"kind": "Service: its customers are other micro-enterprises"}),
    ):  # fmt: skip
        micro_enterprises.opens(visitor, unit)
        micro_enterprises.describes(
            visitor, purpose="Ships come in on time.", has_outside_customer=unit == "Pilotage",
            **words,
        )  # fmt: skip
        micro_enterprises.names_the_lead(visitor, Person.objects.get(name=name))
        micro_enterprises.grants_the_right_to_decide(visitor, "up to 20,000.00 a contract")
    people.signs_out(visitor)
    for unit, email in (
        ("Pilotage", "ann@harbour.example"),
        ("Works and Estates", "dana@harbour.example"),
    ):
        people.chooses_a_password(visitor, _link_to(email, mailoutbox), PASSWORD)
        micro_enterprises.opens(visitor, unit)
        micro_enterprises.accepts_the_terms(visitor)
        micro_enterprises.adds_an_outcome(visitor, OUTCOME)
        if unit == "Works and Estates":
            market.publishes_an_offering(
                visitor,
                {"Name": "Quay repair", "Category": "Repairs", "Lead time": "3",
                 "Summary": "Two people and a boat for your quay."},
                price={"Fixed price a month": True, "Price": "1500"},
                measure={"Measure": "Quays in use", "Target": "98", "Floor": "90", "Unit": "%",
                         "How it is measured": "days in the harbour log"},
            )  # fmt: skip
        people.signs_out(visitor)


def _money_is_granted(visitor):
    people.signs_in(visitor, "hanna@harbour.example", PASSWORD)
    for unit in ("Pilotage", "Works and Estates"):
        micro_enterprises.opens(visitor, unit)
        micro_enterprises.activates(visitor)
    budgets.grants(visitor, "Pilotage", "9000", fund="Operating", name="Start 2026")
    budgets.publishes(visitor)
    people.signs_out(visitor)


def _a_contract_is_signed(visitor):
    people.signs_in(visitor, "ann@harbour.example", PASSWORD)
    market.searches(visitor, "quay")
    market.opens_the_offer(visitor, "Quay repair")
    visitor.fills({"From": "2026-03-11", "To and including": "2026-04-30"})
    visitor.presses("Calculate")
    visitor.reads("2,516.13", "6,483.87")  # 1,500 × 21 of 31 days, and 1,500
    contracts.drafts_from_the_offering(visitor, {"Joint objective": "No ship waits for a quay."})
    contracts.signs_and_offers(visitor)
    people.signs_out(visitor)
    people.signs_in(visitor, "dana@harbour.example", PASSWORD)
    contracts.opens(visitor, "Quay repair")
    contracts.signs(visitor)
    people.signs_out(visitor)
    people.signs_in(visitor, "ann@harbour.example", PASSWORD)
    assert money.available(visitor) == Decimal("6483.87")
    contracts.opens(visitor, "Quay repair")
    visitor.reads("Ann Osei", "Dana Kask", within=visitor.part("Signatures"))
    visitor.reads("2,516.13", within=visitor.part("Money"))


def _link_to(email, mailoutbox):
    """The path of the invitation in the mail that went to this address."""
    mail = next(each for each in mailoutbox if each.to == [email])
    return urlsplit(re.search(r"http\S+/invitation/\S+", mail.body)[0]).path
