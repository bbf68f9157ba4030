"""An empty installation is founded once, by whoever knows its code."""

import io
import json
import re
from datetime import date
from functools import partial

import pytest
from django.core.management import CommandError, call_command
from django.test import Client, override_settings

from accounts import founding
from accounts.actions import organization as actions
from accounts.errors import Forbidden, Invalid, Refused
from accounts.holidays import Day, parse
from accounts.models import AuditEvent, FoundingCode, Holiday, Organization, User
from tests import make
from tests.database import at_once

TOLD = {
    "name": "Tallinn Water", "currency": "EUR", "time_zone": "Europe/Tallinn",
    "fiscal_year_start_month": "4", "holidays": "2026-12-25 Christmas Day\n2026-02-24 Independence",
    "admin_name": "Ann Osei", "admin_email": "Ann@Water.example", "password": "quiet harbour seven",
}  # fmt: skip

pytestmark = pytest.mark.django_db


def page(client, **told):
    return client.post("/found/", TOLD | told)


def test_before_the_founding_every_page_leads_there_and_programs_get_their_answers(client):
    for path in ("/", "/market/", "/accounts/login/", "/hr/people/"):
        assert client.get(path).url == "/found/"
    assert client.get("/healthz").status_code == 200
    assert client.get("/found/").status_code == 200


def test_whoever_knows_the_code_founds_the_organisation_and_is_its_hr_admin(client):
    code = founding.new_code()
    answer = page(client, code=code.lower().replace("-", " "))
    assert answer.url == "/hr/people/import/"
    firm = Organization.objects.get()
    assert (firm.name, firm.currency, firm.time_zone) == ("Tallinn Water", "EUR", "Europe/Tallinn")
    assert firm.fiscal_year_start_month == 4
    assert Holiday.objects.count() == 2
    admin = User.objects.get()
    assert (admin.email, admin.is_hr_admin, admin.display_name) == (
        "ann@water.example",
        True,
        "Ann Osei",
    )
    assert client.get(answer.url).status_code == 200
    assert AuditEvent.objects.get().action == "organization.found"
    assert not FoundingCode.objects.exists()
    assert client.get("/found/").status_code == 404
    assert page(Client(), code=code).status_code == 404
    assert "/accounts/login/" in Client().get("/").url


def test_only_the_hash_of_the_code_is_kept_and_a_new_one_replaces_it():
    first, second = founding.new_code(), founding.new_code()
    kept = FoundingCode.objects.get()
    assert second.replace("-", "") not in str(vars(kept))
    with pytest.raises(Invalid):
        founding.check_code(first)
    founding.check_code(second)


def test_after_ten_wrong_codes_only_a_new_one_helps(client):
    code = founding.new_code()
    assert "9 attempts are left" in page(client, code="AAAA").content.decode()
    for _ in range(9):
        page(client, code="AAAA")
    assert "prints a new one" in page(client, code=code).content.decode()
    assert not Organization.objects.exists()
    assert page(client, code=founding.new_code()).status_code == 302


@pytest.mark.parametrize(
    ("told", "sentence"),
    [
        ({"holidays": "25.12.2026 Christmas"}, "Line 1: &#x27;25.12.2026&#x27; is no day"),
        ({"holidays": "2026-12-25"}, "Line 1: 2026-12-25 needs a name"),
        ({"holidays": "2026-12-25 A\n2026-12-25 B"}, "Line 2: 2026-12-25 is on a line above"),
        ({"password": "password"}, "too common"),
        ({"currency": "XXX"}, "Select a valid choice"),
        ({"time_zone": "Mars/Base"}, "Select a valid choice"),
        ({"admin_email": "nobody"}, "valid email address"),
        ({"name": ""}, "required"),
    ],
)
def test_a_wrong_field_founds_nothing_and_is_named(client, told, sentence):
    code = founding.new_code()
    assert sentence in page(client, code=code, **told).content.decode()
    assert not Organization.objects.exists()
    assert not User.objects.exists()
    assert page(client, code=code).status_code == 302


@pytest.mark.django_db(transaction=True)
def test_two_foundings_at_once_make_one_organisation():
    def found(number):
        try:
            founding.found(
                name=f"Firm {number}", currency="EUR", time_zone="UTC", fiscal_year_start_month=1,
                admin_email=f"a{number}@x.example",
            )  # fmt: skip
        except Refused as reason:
            return reason.code
        return "done"

    told = at_once([partial(found, number) for number in range(4)])
    assert sorted(told) == ["done"] + ["founded"] * 3
    assert Organization.objects.count() == 1
    assert User.objects.count() == 1


def run(command, *arguments, stdin=None, monkeypatch=None):
    out = io.StringIO()
    if monkeypatch:
        monkeypatch.setattr("sys.stdin", io.StringIO(stdin))
    call_command(command, *arguments, stdout=out)
    return out.getvalue()


FOUND = (
    "--name", "Tallinn Water", "--currency", "eur", "--time-zone", "Europe/Tallinn",
    "--fiscal-year-start", "4", "--admin", "ann@water.example",
)  # fmt: skip


def test_the_console_founds_too_and_sets_the_first_password(client, monkeypatch):
    told = json.loads(run("found_organization", *FOUND, "--json"))
    assert told == {
        "name": "Tallinn Water", "currency": "EUR", "time_zone": "Europe/Tallinn",
        "fiscal_year_start_month": 4, "admin": "ann@water.example",
    }  # fmt: skip
    with pytest.raises(CommandError, match="founded already") as refused:
        run("found_organization", *FOUND)
    assert refused.value.returncode == 1
    answer = run(
        "set_password", "ann@water.example", "--json", stdin="quiet harbour seven\n",
        monkeypatch=monkeypatch,
    )  # fmt: skip
    assert json.loads(answer)["email"] == "ann@water.example"
    told = {"login": "ann@water.example", "password": "quiet harbour seven"}
    assert client.post("/accounts/login/", told).status_code == 302


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        (("--currency", "ZZZ"), "'ZZZ' is no currency of ISO 4217"),
        (("--time-zone", "Mars"), "'Mars' is no time zone"),
        (("--fiscal-year-start", "13"), "13 is no month"),
        (("--admin", "nobody"), "'nobody' is no e-mail address"),
        (("--name", " "), "name has 1 to 120 characters"),
    ],
)
def test_the_console_names_what_is_wrong(wrong, sentence):
    with pytest.raises(CommandError, match=sentence):
        run("found_organization", *FOUND, *wrong)
    assert not Organization.objects.exists()


def test_the_console_sets_no_weak_password_and_none_of_a_stranger(monkeypatch):
    make.org()
    user = make.user()
    for email, password, sentence in [
        (user.email, "12345", "too short"),
        ("who@x.example", "quiet harbour seven", "No log-in has the address 'who@x.example'"),
    ]:
        with pytest.raises(CommandError, match=sentence):
            run("set_password", email, stdin=password, monkeypatch=monkeypatch)


@override_settings(DEMO=False)
def test_an_installation_that_starts_empty_prints_its_code(client):
    printed = run("prepare")
    code = re.search(r"[A-Z2-9]{4}(-[A-Z2-9]{4}){3}", printed)[0]
    assert page(client, code=code).status_code == 302
    assert "code" not in run("prepare")


class TestHolidays:
    """An HR admin keeps the calendar of the organisation."""

    @pytest.fixture(autouse=True)
    def _at_work(self, client, time_machine):
        time_machine.move_to(make.TODAY)
        make.org()
        self.admin = make.hr_admin()
        client.force_login(self.admin)

    def test_days_to_come_are_added_renamed_and_removed_and_past_ones_stay(self, client):
        Holiday.objects.create(day=date(2026, 1, 1), name="New Year")
        Holiday.objects.create(day=date(2026, 5, 1), name="May Day")
        told = {"name": "Tallinn Water", "holidays": "2026-12-25 Christmas\n2026-12-26 Boxing Day"}
        answer = client.post("/hr/organization/", told, follow=True).content.decode()
        assert "2 holidays were added, 1 removed" in answer
        days = list(Holiday.objects.values_list("day", flat=True))
        assert days == [date(2026, 1, 1), date(2026, 12, 25), date(2026, 12, 26)]
        actions.set_holidays([Day(date(2026, 12, 25), "Yule")], by=self.admin, on=make.TODAY)
        assert Holiday.objects.get(day=date(2026, 12, 25)).name == "Yule"

    def test_a_day_that_is_over_is_refused_beside_the_field(self, client):
        told = {"name": "Tallinn Water", "holidays": "2026-02-19 Yesterday"}
        answer = client.post("/hr/organization/", told).content.decode()
        assert "2026-02-19 is over, and deadlines were counted without it" in answer

    def test_only_an_hr_admin_may(self, client):
        client.force_login(make.user())
        assert client.get("/hr/organization/").status_code == 403
        with pytest.raises(Forbidden):
            actions.set_holidays([], by=make.user(), on=make.TODAY)

    def test_holidays_are_read_as_people_write_them(self):
        assert parse("\n 2026-12-25,\tChristmas Day \n") == [
            Day(date(2026, 12, 25), "Christmas Day")
        ]
