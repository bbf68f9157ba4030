"""docs/budgets.md in a browser, step by step: every step of the guide has its step here.

What the guide prints in bold must be pressed, filled in or read in that step, so that neither can
change without the other.
"""

import re
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command

from accounts import clock
from accounts.models import MicroEnterprise, Person
from ledger.models import Budget
from tests import make
from tests.journeys.steps import micro_enterprises, people
from tests.journeys.steps.visitor import Visitor

pytestmark = pytest.mark.django_db(transaction=True)

ROOT = Path(__file__).parents[2]
GUIDE = ROOT / "docs" / "budgets.md"
FILE = ROOT / "tests" / "files" / "people_of_a_port.csv"
PASSWORD = "a long walk by the sea"
ANN, BO = "ann.osei@port.example", "bo.lind@port.example"
PILOTAGE = "Pilotage"
OUTCOME = {
    "What changes?": "Ships wait less", "For which customer?": "Shipping lines",
    "Measured by": "hours at anchor", "Unit": "h", "Today it is": "9", "It shall become": "4",
    "Where is it read?": "the harbour log",
}  # fmt: skip
# Said about a case that this walk does not meet.
ELSEWHERE = {"second HR admin"}


class Follower(Visitor):
    """A visitor who remembers every word that was pressed, filled in, chosen or read."""

    def __init__(self, page, url, sign_in=None):
        super().__init__(page, url, sign_in)
        self.words = set()

    def follows(self, name, **options):
        self.words.add(name)
        super().follows(name, **options)

    def chooses_from_the_menu(self, name):
        self.words.add(name)
        super().chooses_from_the_menu(name)

    def presses(self, name, **options):
        self.words.add(name)
        super().presses(name, **options)

    def fills(self, words, **options):
        self.words |= words.keys()
        super().fills(words, **options)

    def reads(self, *texts, **options):
        self.words |= set(texts)
        super().reads(*texts, **options)


@pytest.fixture
def follower(page, live_server, sign_in):
    page.set_default_timeout(20_000)
    return Follower(page, live_server.url, sign_in)


def steps_of_the_guide():
    """Its numbered headings, each with the words in bold below it."""
    text = GUIDE.read_text()
    found = re.findall(r"^## (\d+)\. (.+)\n((?:(?!^#).*\n)*)", text, re.MULTILINE)
    assert [int(number) for number, _, _ in found] == list(range(1, len(found) + 1))
    return {
        title: {re.sub(r"\s+", " ", bold) for bold in re.findall(r"\*\*([^*]+)\*\*", body)}
        for _, title, body in found
    }


def changes_to(visitor, email):
    people.signs_out(visitor)
    people.signs_in(visitor, email, PASSWORD)


def publishes(visitor, total):
    visitor.reads("If you publish this", "Holds from", total)
    visitor.presses_and_confirms("Publish budget")
    visitor.is_told("is published and in force.")


def adds(visitor, rule, words):
    visitor.words.add("Add a rule")
    visitor.main.get_by_text("Add a rule", exact=True).click()
    visitor.words.add(rule)
    heading = visitor.page.get_by_role("heading", name=rule, exact=True)
    visitor.main.locator(".task").filter(has=heading).get_by_role("link").click()
    visitor.fills(words)
    visitor.presses("Add rule")
    visitor.is_told("has changed.")


def founds(visitor, context):
    printed = StringIO()
    call_command("prepare", stdout=printed)
    today = clock.today()
    people.founds(visitor, printed.getvalue().split()[-1], {
        "Name of the organisation": "Port of Tallinn", "Currency": "EUR – Euro",
        "Time zone": context["zone"], "The fiscal year starts in": f"{today:%B}",
        "Your name": "Ann", "Your work email": ANN, "A password": PASSWORD,
    })  # fmt: skip


def imports(visitor, context):
    visitor.opens("/")
    columns = "People: external_id, name, email, unit, title, fte, manager"
    assert people.imports(visitor, FILE, columns=columns) == 6


def lets_one_trade(visitor, context):
    link = people.is_invited_by_mail(visitor, "Bo Lind", context["mails"])
    micro_enterprises.opens(visitor, PILOTAGE)
    micro_enterprises.describes(
        visitor, kind="Frontline: its customers are outside the firm",
        purpose="Ships come in and go out again on time.", has_outside_customer=True,
    )  # fmt: skip
    micro_enterprises.names_the_lead(visitor, Person.objects.get(external_id="P-201"))
    micro_enterprises.grants_the_right_to_decide(visitor, "up to 50,000.00 a contract")
    people.signs_out(visitor)
    people.chooses_a_password(visitor, link, PASSWORD)
    micro_enterprises.opens(visitor, PILOTAGE)
    micro_enterprises.accepts_the_terms(visitor)
    micro_enterprises.adds_an_outcome(visitor, OUTCOME)
    changes_to(visitor, ANN)
    micro_enterprises.opens(visitor, PILOTAGE)
    micro_enterprises.activates(visitor)


def begins(visitor, context):
    visitor.chooses_from_the_menu("Budgets")
    visitor.follows("Plan a year")
    visitor.fills({"Operating": True, "Fiscal year": str(clock.today().year)})
    visitor.presses("Begin budget")
    visitor.reads("No rule yet")


def gives_a_fixed_amount(visitor, context):
    adds(visitor, "Fixed amounts", {"Amount for each": "5000.00"})
    visitor.reads("5,000.00 for each")


def gives_per_head(visitor, context):
    words = {"Amount per full-time post": "1000.00", "Posts on": clock.today().isoformat()}
    adds(visitor, "Per head", words)
    visitor.reads("2,800.00")


def reads_every_figure(visitor, context):
    visitor.reads("What every micro-enterprise gets")
    visitor.reads("7,800.00", within=visitor.row(PILOTAGE))
    with visitor.page.expect_download() as download:
        visitor.follows("Download XLSX")
    assert download.value.suggested_filename.endswith(".xlsx")
    visitor.follows(PILOTAGE)
    visitor.reads("1,000.00 × 2.80 posts")
    visitor.page.go_back()


def publishes_operating(visitor, context):
    publishes(visitor, "7,800.00")
    assert make.wallet(context["me"](), year=clock.today().year).balance == 7800


def publishes_learning(visitor, context):
    visitor.chooses_from_the_menu("Budgets")
    visitor.follows("Plan it learning")
    visitor.presses("Begin budget")
    adds(visitor, "Per head", {
        "Amount per full-time post": "300.00", "Posts on": clock.today().isoformat(),
        "Month by month, in equal parts on the 1st": True,
    })  # fmt: skip
    publishes(visitor, "840.00")


def sees_the_year(visitor, context):
    visitor.chooses_from_the_menu("Budgets")
    visitor.reads("7,800.00", within=visitor.row("Operating budget"))
    visitor.reads("840.00", "70.00", "770.00", within=visitor.row("Learning budget"))


def the_lead_looks(visitor, context):
    changes_to(visitor, BO)
    visitor.chooses_from_the_menu("Money")
    visitor.reads("From the year’s budgets", "7,800.00")
    visitor.follows(f"Operating budget {clock.today().year}")
    visitor.reads("The same for each", "1,000.00 × 2.80 posts")
    changes_to(visitor, ANN)


def revises(visitor, context):
    visitor.chooses_from_the_menu("Budgets")
    visitor.follows(f"Operating budget {clock.today().year}")
    visitor.presses("Revise budget")
    visitor.follows("Change Fixed amounts")
    visitor.fills({"Amount for each": "6000.00"})
    visitor.presses("Change rule")
    visitor.reads("Granted at its start", "Taken back at its start", "+1,000.00")
    publishes(visitor, "8,800.00")
    visitor.reads("History", "Version 1", "Version 2")


STEPS = {
    "Found the organisation": founds,
    "Bring in the people": imports,
    "Let the first micro-enterprise trade": lets_one_trade,
    "Begin the budget of the year": begins,
    "Give each one a fixed amount": gives_a_fixed_amount,
    "Add money per head": gives_per_head,
    "Read what every micro-enterprise gets": reads_every_figure,
    "Publish from a day": publishes_operating,
    "Give learning money month by month": publishes_learning,
    "See the year at a glance": sees_the_year,
    "What the lead sees": the_lead_looks,
    "Revise when something changes": revises,
}


def test_every_step_of_the_guide_has_its_step_here():
    assert list(steps_of_the_guide()) == list(STEPS)


def test_an_hr_admin_follows_the_guide_to_a_published_year(follower, calm_zone, mailoutbox):
    context = {
        "zone": calm_zone, "mails": mailoutbox,
        "me": lambda: MicroEnterprise.objects.get(name=PILOTAGE),
    }  # fmt: skip
    for title, bold in steps_of_the_guide().items():
        follower.words.clear()
        STEPS[title](follower, context)
        unseen = bold - follower.words - ELSEWHERE
        assert not unseen, f"The guide says {unseen} in the step “{title}”."
    year = clock.today().year
    assert make.wallet(context["me"](), year=year).balance == 8800
    assert make.wallet(context["me"](), fund="learning", year=year).balance == 70
    assert Budget.objects.filter(state="published").count() == 3
    call_command("check_money", stdout=StringIO())
