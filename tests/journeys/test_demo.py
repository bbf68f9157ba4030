"""The demo company, built once for all of these tests; what a test changes is rolled back."""

import json
import logging
import time
from datetime import date
from decimal import Decimal
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import transaction

from accounts import clock
from accounts.errors import Refused
from accounts.models import Membership, MicroEnterprise, Organization, Person, User
from config import demo
from contracts.models import Contract
from ledger.models import Allocation, SettlementRun, Wallet
from marketplace.models import Category, OutsideOffer, OutsideSupplier, ServiceOffering

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def _company(django_db_setup, django_db_blocker):
    """One transaction around all of these tests: each of them rolls back to the built demo."""
    with django_db_blocker.unblock(), transaction.atomic():
        began = time.monotonic()
        demo.build()
        logging.getLogger(__name__).info("Built in %.1f s", time.monotonic() - began)
        yield
        transaction.set_rollback(True)


@pytest.fixture(autouse=True)
def _demo(_company, settings):
    settings.DEMO = True


def told(command, *arguments):
    out = StringIO()
    call_command(command, *arguments, "--json", stdout=out)
    return json.loads(out.getvalue())


def test_the_story_ends_on_a_wednesday_in_october():
    assert clock.today() == demo.TODAY == date(2026, 10, 14)
    organization = Organization.objects.get()
    assert (organization.name, organization.currency) == ("Norrin Home", "EUR")
    assert organization.founded_at.date() == date(2026, 3, 1)


def test_a_small_company_trades():
    mes = MicroEnterprise.objects.all()
    assert mes.filter(state="active").count() == 13
    assert {"active", "incubating", "proposed"} == set(mes.values_list("state", flat=True))
    assert set(mes.values_list("kind", flat=True)) == set(MicroEnterprise.Kind.values)
    assert Person.objects.present().count() == 92
    assert ServiceOffering.objects.on_sale().count() == 25
    assert Category.objects.count() == 8
    assert (OutsideOffer.objects.count(), OutsideSupplier.objects.count()) == (40, 12)


def test_the_recruiting_budget_went_to_the_teams_that_used_it():
    shares = Allocation.objects.filter(rule__kind="department_to_customers")
    assert {str(each.micro_enterprise): each.amount for each in shares} == {
        "Tallinn Installations": Decimal("132000.00"),
        "Riga Installations": Decimal("78000.00"),
        "Tartu and South": Decimal("30000.00"),
    }


def test_six_months_are_settled_and_locked():
    runs = SettlementRun.objects.order_by("month")
    assert [f"{run.month:%m} {run.state}" for run in runs] == [
        f"{month:02} locked" for month in range(3, 10)
    ]


def test_contracts_stand_in_every_state():
    states = set(Contract.objects.values_list("state", flat=True))
    assert states == set(Contract.State.values) - {"suspended", "notice"}


def test_nothing_in_it_is_untrue():
    assert told("check_money")["broken"] == []
    assert told("verify_contracts")["broken"] == []
    assert sum(wallet.available >= 0 for wallet in Wallet.objects.filter(system="")) > 20


def test_everybody_has_a_lead_and_only_newcomers_wait_for_their_terms():
    for me in MicroEnterprise.objects.all():
        current = Membership.objects.current(on=demo.TODAY).filter(micro_enterprise=me)
        assert current.filter(is_lead=True).count() == 1, me


def test_seven_people_may_be_signed_in_as(client):
    logins = told("demo_logins")
    assert [each["roles"] for each in logins] == [
        ["member", "lead"], ["member"], ["member", "lead"], ["member", "lead"],
        ["member", "hr_admin"], ["chro"], ["auditor"],
    ]  # fmt: skip
    for each in logins:
        assert client.login(email=each["email"], password=each["password"]), each["email"]
        assert client.get("/").status_code == 200
        answer = client.get(
            "/api/v1/micro-enterprises/", headers={"Authorization": f"Bearer {each['token']}"}
        )
        assert answer.status_code == 200, answer.content


def test_demo_logins_are_a_matter_of_the_demo(settings):
    settings.DEMO = False
    with pytest.raises(CommandError, match="Only a demo has demo log-ins"):
        call_command("demo_logins")


def test_the_demo_is_never_added_to_a_company_that_is_there():
    with pytest.raises(Refused, match="There is an organisation already"):
        demo.build()


def test_moving_the_day_plays_the_end_of_october():
    moved = told("advance_clock", "2026-11-10")
    assert [job for job in moved["jobs"] if "error" in job] == []
    assert SettlementRun.objects.get(month=date(2026, 10, 1)).state == "locked"
    assert told("check_money")["broken"] == []
    assert told("verify_contracts")["broken"] == []


def test_nobodys_password_is_hashed_twice():
    assert User.objects.exclude(password="").values("password").distinct().count() == 1
