"""People come in from HR data: joiners, movers, leavers, returners, and rows that are wrong."""

import contextlib
import io
import json
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import Workbook

from accounts import hris, spreadsheets
from accounts.errors import Forbidden, Invalid, Refused
from accounts.hris import mapping, records, uploads
from accounts.models import (
    AuditEvent,
    HeadCount,
    Membership,
    MicroEnterprise,
    PeopleImport,
    Person,
    User,
)
from accounts.queries import head_count_of
from tests import make
from tests.real_data import real_data

FILES = Path(__file__).parent.parent / "files"
SPRING, AUTUMN = date(2011, 3, 31), date(2011, 9, 30)
JANUARY, FEBRUARY = date(2026, 1, 5), date(2026, 2, 2)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _founded():
    make.org()


def load(text, *, on=JANUARY, by=None, preset="generic", name="people.csv", **changes):
    """Import a text or bytes as a file and return the plan that was carried out."""
    data = text if isinstance(text, bytes) else text.encode()
    chosen = replace(mapping.find(preset), **changes)
    return uploads.import_file(data, name=name, mapping=chosen, on=on, today=make.TODAY, by=by)


def people(*rows):
    return "\n".join(["external_id,name,email,unit,title,fte,manager", *rows]) + "\n"


ANN = "A1,Ann Osei,ann@harbour.example,Pilotage,Pilot,1,"
BO = "B2,Bo Lind,bo@harbour.example,Pilotage,Launch crew,0.8,A1"


def run(*arguments):
    """The command's JSON and its exit status."""
    out, err = io.StringIO(), io.StringIO()
    try:
        call_command("import_people", *map(str, arguments), "--json", stdout=out, stderr=err)
    except CommandError as error:
        return json.loads(out.getvalue()), error.returncode
    return json.loads(out.getvalue()), 0


def counts(told):
    return {name: value for name, value in told.items() if name != "refused"}


def test_a_joiner_is_a_member_of_the_proposed_me_of_the_unit_without_rights():
    told, status = run(FILES / "people.csv", "--on", "2026-01-05")
    assert status == 0
    assert told == {
        "read": 3, "joiners": 3, "movers": 0, "leavers": 0, "returners": 0, "unchanged": 0,
        "refused": [],
    }  # fmt: skip
    me = MicroEnterprise.objects.get(hr_unit="Pilotage")
    assert (me.name, me.state, me.kind, me.formed_on) == (
        "Pilotage",
        "proposed",
        "service",
        JANUARY,
    )
    seat = Membership.objects.get(person__external_id="B2")
    assert seat.micro_enterprise == me
    assert seat.is_imported
    assert not seat.is_accepted
    assert (seat.may_sign, seat.is_lead, seat.share_points) == (False, False, 0)
    assert (seat.starts_on, seat.ends_on, seat.role.name) == (JANUARY, None, "Launch crew")
    assert not seat.role.links.exists()
    assert (seat.person.fte, seat.person.manager_external_id) == (Decimal("0.80"), "A1")


def test_the_same_file_again_changes_nothing():
    run(FILES / "people.csv", "--on", "2026-01-05")
    before = list(Membership.objects.values()), list(Person.objects.values())
    told, _ = run(FILES / "people.csv", "--on", "2026-02-02")
    assert counts(told)["unchanged"] == 3
    assert (list(Membership.objects.values()), list(Person.objects.values())) == before


def test_a_dry_run_tells_and_changes_nothing():
    told, status = run(FILES / "people.csv", "--dry-run")
    assert (told["joiners"], status) == (3, 0)
    assert not Person.objects.exists()
    assert not MicroEnterprise.objects.exists()
    assert not PeopleImport.objects.exists()


def test_a_movers_old_membership_ends_the_day_before_and_the_new_one_starts_on_the_day():
    load(people(ANN, BO))
    done = load(people(ANN, BO.replace("Pilotage", "Gate and Lock")), on=FEBRUARY)
    assert done.counts()["movers"] == 1
    assert done.changes[0].before == {"hr_unit": "Pilotage"}
    assert done.changes[0].after == {"hr_unit": "Gate and Lock"}
    old, new = Membership.objects.filter(person__external_id="B2").order_by("starts_on")
    assert (old.micro_enterprise.hr_unit, old.ends_on) == ("Pilotage", date(2026, 2, 1))
    assert (new.micro_enterprise.hr_unit, new.starts_on) == ("Gate and Lock", FEBRUARY)


def test_a_person_moved_back_on_the_same_day_is_where_they_were():
    load(people(ANN))
    load(people(ANN.replace("Pilotage", "Gate")), on=JANUARY)
    load(people(ANN), on=JANUARY)
    seats = Membership.objects.current(on=FEBRUARY)
    assert [seat.micro_enterprise.hr_unit for seat in seats] == ["Pilotage"]


def test_a_new_title_is_a_new_role_until_the_me_has_agreed_on_one():
    load(people(ANN, BO))
    agreed = Membership.objects.get(person__external_id="A1")
    at = make.org().founded_at
    agreed.person_accepted_at = agreed.lead_accepted_at = at
    agreed.save()
    done = load(people(ANN.replace("Pilot,", "Chief,"), BO.replace("crew", "master")), on=FEBRUARY)
    assert done.counts()["movers"] == 2
    assert Person.objects.get(external_id="A1").job_title == "Chief"
    still = Membership.objects.current(on=FEBRUARY)
    assert still.get(person__external_id="A1").role.name == "Pilot"
    assert still.get(person__external_id="B2").role.name == "Launch master"


def test_an_own_membership_elsewhere_outlives_a_move():
    load(people(ANN))
    club = make.me("Club")
    ann = Person.objects.get(external_id="A1")
    make.member(club, who=make.user(ann))
    load(people(ANN.replace("Pilotage", "Gate")), on=FEBRUARY)
    seats = Membership.objects.current(on=FEBRUARY).filter(person=ann)
    assert {seat.micro_enterprise.name for seat in seats} == {"Club", "Gate"}


def test_a_leaver_keeps_name_and_history_but_no_membership_office_or_login(client):
    load(people(ANN, BO))
    bo = make.user(Person.objects.get(external_id="B2"), is_chro=True)
    client.force_login(bo)
    done = load(people(ANN), on=FEBRUARY)
    assert [(change.kind, change.key) for change in done.changes] == [("leavers", "B2")]
    bo.refresh_from_db()
    assert bo.person.left_on == FEBRUARY
    assert (bo.is_active, bo.is_chro) == (False, False)
    assert bo.person.memberships.get().ends_on == date(2026, 2, 1)
    assert "/accounts/login/" in client.get("/").url


def test_a_returner_is_the_same_person_and_old_sessions_stay_over(client):
    load(people(ANN, BO))
    bo = make.user(Person.objects.get(external_id="B2"), is_hr_admin=True)
    client.force_login(bo)
    load(people(ANN), on=FEBRUARY)
    done = load(people(ANN, BO), on=make.TODAY)
    assert done.counts()["returners"] == 1
    bo.refresh_from_db()
    assert (bo.person.left_on, bo.is_active, bo.is_hr_admin) == (None, True, False)
    assert bo.person.memberships.count() == 2
    assert "/accounts/login/" in client.get("/").url


def test_a_partial_file_makes_nobody_leave():
    load(people(ANN, BO))
    assert load(people(ANN), on=FEBRUARY, is_full=False).counts()["leavers"] == 0


def test_people_of_another_source_do_not_leave_and_are_not_taken_over():
    load(people(ANN, BO))
    other = people("C3,Chen Wu,,Works,Engineer,1,", ANN)
    done = load(other, on=FEBRUARY, source="works")
    assert (done.counts()["leavers"], done.counts()["joiners"]) == (0, 1)
    assert done.refused[0].row == 3
    assert "belongs to Ann Osei, whom the source 'hr' knows" in done.refused[0].message


def test_a_row_that_cannot_be_read_makes_nobody_leave():
    load(people(ANN, BO))
    done = load(people(ANN, BO.replace("0.8", "eight")), on=FEBRUARY)
    assert done.counts()["leavers"] == 0
    assert [(r.row, r.field, r.value) for r in done.refused] == [(3, "fte", "eight")]
    assert (
        "'eight' is no full-time equivalent from 0 to 2. Write a number" in done.refused[0].message
    )


@pytest.mark.parametrize(
    ("row", "field", "sentence"),
    [
        (",Nobody,,Pilotage,,1,", "external_id", "external_id is empty"),
        ("X9,,,Pilotage,,1,", "name", "name is empty"),
        ("X9,Xia,,,,1,", "unit", "unit is empty"),
        ("X9,Xia,not an address,Pilotage,,1,", "email", "'not an address' is no e-mail address"),
        ("X9,Xia,,Pilotage,,NaN,", "fte", "'NaN' is no full-time equivalent"),
        ("X9,Xia,,Pilotage,,-1,", "fte", "'-1' is no full-time equivalent"),
        ("X9,Xia,,Pilotage,,1e30,", "fte", "'1e30' is no full-time equivalent"),
        (f"X9,Xia,,{'P' * 201},,1,", "unit", "unit has 201 characters; at most 200 fit"),
        (f"X9,{'X' * 251},,Pilotage,,1,", "name", "name has 251 characters; at most 250 fit"),
        ("A1,Ann again,,Pilotage,,1,", "external_id", "'A1' stands in row 2 already"),
        ("X9,Xia,,Pilotage,1", "row", "Row 3 has 5 cells, the header has 7"),
    ],
)
def test_a_wrong_row_is_named_and_the_rest_is_taken(row, field, sentence):
    done = load(people(ANN, row, BO))
    assert (done.counts()["joiners"], done.counts()["read"]) == (2, 3)
    assert [(r.row, r.field) for r in done.refused] == [(3, field)]
    assert sentence in done.refused[0].message


@pytest.mark.parametrize(
    ("data", "name", "sentence"),
    [
        (b"", "a.csv", "a.csv is empty. Save the list as CSV"),
        (b"\n\n ,,\n", "a.csv", "a.csv is empty"),
        (people().encode(), "a.csv", "has a header row and nothing below it"),
        (b"id,who\n1,Ann\n", "a.csv", "lacks the columns 'external_id', 'name', 'unit'"),
        (b"\x89PNG\r\n\x1a\n\x00\x00", "a.png", "a.png is not a CSV file"),
        (people(ANN).encode("utf-16"), "a.csv", "is not a CSV file"),
        (b"PK\x03\x04 torn", "a.xlsx", "a.xlsx is not an Excel workbook"),
        (b"\xd0\xcf\x11\xe0old", "a.xls", "is an old Excel file"),
        (people("A1,\x81\x8d,,P,,1,").encode("latin-1"), "a.csv", "line 2 has a character that"),
        (people('A1,"Ann,,P,,1,').encode(), "a.csv", "row 2 cannot be read"),
        (b"external_id,name,unit,Name \n1,A,B,C\n", "a.csv", "names the column 'Name' twice"),
        (people("A1,=cmd(),,P,,1,").encode(), "a.csv", "Row 2, name: '=cmd()' is a formula"),
        (people(ANN, "X,+1+HYPERLINK(1),,P,,1,").encode(), "a.csv", "Row 3, name: "),
        (b"x" * 60_000_000, "big.csv", "big.csv has 60 MB; a file may have 25 MB"),
    ],
)  # fmt: skip
def test_a_faulty_file_changes_nothing_and_says_what_to_do(data, name, sentence):
    load(people(ANN, BO))
    with pytest.raises(Invalid) as refused:
        load(data, name=name, on=FEBRUARY)
    assert sentence in str(refused.value)
    assert Person.objects.filter(left_on=None).count() == 2


def test_the_command_answers_a_faulty_file_in_its_own_shape(tmp_path):
    wrong = tmp_path / "wrong.csv"
    wrong.write_text("id\n1\n")
    told, status = run(wrong)
    assert status == 1
    assert told["read"] == 0
    assert "lacks the columns" in told["refused"][0]["message"]
    assert run(tmp_path / "none.csv")[0]["refused"][0]["message"].startswith("There is no file")
    _, status = run(FILES / "people.csv", "--map", "nonsense")
    assert status == 1


def test_an_installation_without_an_organisation_is_told_to_found_one_first():
    make.org().delete()
    told, status = run(FILES / "people.csv", "--on", "2026-01-05")
    assert status == 1
    assert "There is no organisation yet" in told["refused"][0]["message"]


def test_a_file_from_a_windows_machine_is_read_and_flagged():
    text = people("A1;Änn Öséi;;Pilotage;Pilot;0,8;").replace(",name", ";name")
    text = text.replace("external_id;name,email,unit,title,fte,manager",
                        "external_id;name;email;unit;title;fte;manager")  # fmt: skip
    done = load(text.encode("cp1252"))
    assert Person.objects.get().name == "Änn Öséi"
    assert Person.objects.get().fte == Decimal("0.80")
    assert "read as Windows-1252" in done.notes[0].message


def test_a_byte_order_mark_and_other_spellings_of_columns_are_no_obstacle():
    text = people(ANN).replace("external_id,name", "External_ID, Name ")
    assert load(text.encode("utf-8-sig")).counts()["joiners"] == 1


def workbook(*rows):
    book = Workbook()
    for row in rows:
        book.active.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def test_a_workbook_is_read_like_a_csv_file_and_its_formulas_are_refused():
    header = ["external_id", "name", "email", "unit", "title", "fte", "manager"]
    data = workbook(header, [12, "Ann Osei", None, "Pilotage", "Pilot", 0.8, None])
    load(data, name="people.xlsx")
    assert Person.objects.get().external_id == "12"
    assert Person.objects.get().fte == Decimal("0.80")
    with pytest.raises(Invalid, match=r"Row 2, fte: '=1/2' is a formula"):
        load(workbook(header, [12, "Ann", None, "Pilotage", "", "=1/2", None]), name="people.xlsx")


def torn(data, at):
    return data[:at] + b"torn" + data[at + 4 :]


@pytest.mark.parametrize("at", range(100, 4000, 300))
def test_a_torn_workbook_is_refused_or_read_and_never_a_fault(at):
    whole = workbook(["external_id", "name", "unit"], ["A1", "Ann", "Pilotage"])
    with contextlib.suppress(Refused):
        load(torn(whole, min(at, len(whole) - 8)), name="people.xlsx")


@settings(max_examples=200, deadline=None)
@given(st.one_of(st.binary(max_size=300), st.text(max_size=300).map(str.encode)))
def test_whatever_the_bytes_a_file_is_a_table_or_a_sentence(data):
    with contextlib.suppress(Invalid):
        table = spreadsheets.read(data, name="a.csv")
        reading = records.understand(table, mapping.find("generic"), name="a.csv")
        assert reading.read == len(reading.people) + len(reading.refused)


def test_a_column_that_a_file_lacks_leaves_what_is_known():
    load(people(ANN))
    done = load("external_id,name,unit\nA1,Ann Osei,Pilotage\n", on=FEBRUARY)
    assert done.counts()["unchanged"] == 1
    assert Person.objects.get().email == "ann@harbour.example"


def test_only_an_hr_admin_imports_and_it_is_in_the_audit_trail():
    with pytest.raises(Forbidden, match="Only an HR admin imports people"):
        load(people(ANN), by=make.user())
    admin = make.hr_admin()
    load(people(ANN), by=admin)
    event = AuditEvent.objects.get(action="people.import")
    assert (event.actor, event.details["counts"]["joiners"]) == (admin, 1)
    assert "Ann" not in json.dumps(event.details)


def test_nobody_makes_themselves_leave():
    admin = make.hr_admin()
    load(people(ANN, f"{admin.person.external_id},Me Myself,,People,,1,"), by=admin)
    done = load(people(ANN), by=admin, on=FEBRUARY)
    assert done.counts()["leavers"] == 0
    assert "You are missing in this file" in done.refused[0].message


def test_a_day_that_has_not_come_can_be_looked_at_but_not_applied():
    with pytest.raises(Invalid, match="21 February 2026 has not come yet"):
        load(people(ANN), on=date(2026, 2, 21))


def test_a_lead_who_leaves_is_told_so_that_another_can_be_named():
    load(people(ANN, BO))
    seat = Membership.objects.get(person__external_id="B2")
    seat.person_accepted_at = seat.lead_accepted_at = make.org().founded_at
    seat.is_lead = True
    seat.save()
    done = load(people(ANN), on=FEBRUARY)
    assert "Bo Lind leads Pilotage. Name an acting lead there." in [n.message for n in done.notes]


def test_a_login_follows_its_persons_address_and_no_two_people_share_one():
    load(people(ANN, BO))
    ann = make.user(Person.objects.get(external_id="A1"), email="ann@harbour.example")
    make.user(Person.objects.get(external_id="B2"), email="bo@harbour.example")
    load(people(ANN.replace("ann@", "ann.osei@"), BO), on=FEBRUARY)
    ann.refresh_from_db()
    assert ann.email == "ann.osei@harbour.example"
    done = load(people(ANN.replace("ann@", "bo@"), BO), on=FEBRUARY)
    assert "bo@harbour.example is the log-in of the person 'B2'" in done.refused[0].message


@pytest.fixture
def founder():
    """Somebody who signs in since before HR data came."""
    return User.objects.create_user("ann@harbour.example", name="Ann", is_hr_admin=True)


def test_whoever_signed_in_before_hr_data_came_is_the_person_with_that_address(founder):
    done = load(people(ANN.replace("ann@", "Ann@"), BO), by=founder)
    assert [change.after.get("login") for change in done.changes] == ["ann@harbour.example", None]
    founder.refresh_from_db()
    assert founder.person == Person.objects.get(external_id="A1")
    assert founder.is_hr_admin
    assert founder.person.memberships.get().micro_enterprise.name == "Pilotage"
    trace = AuditEvent.objects.get(action="login.connect")
    assert (trace.actor, trace.target) == (founder, f"user {founder.pk}")
    again = load(people(ANN.replace("ann@", "Ann@"), BO), on=FEBRUARY, by=founder)
    assert again.counts()["unchanged"] == 2
    assert AuditEvent.objects.filter(action="login.connect").count() == 1


def test_a_person_who_is_known_already_gets_the_log_in_with_the_next_file():
    load(people(ANN, BO))
    founder = User.objects.create_user("ann@harbour.example")
    assert load(people(ANN, BO)).changes[0].after == {"login": "ann@harbour.example"}
    founder.refresh_from_db()
    assert founder.person.external_id == "A1"
    assert Membership.objects.get(person=founder.person).starts_on == JANUARY


def test_of_two_people_with_one_address_the_first_gets_the_log_in(founder):
    load(people(BO.replace("bo@", "ann@"), ANN))
    founder.refresh_from_db()
    assert founder.person.external_id == "B2"


def test_a_client_a_closed_log_in_and_somebody_with_another_log_in_are_not_connected():
    load(people(ANN, BO))
    make.user(Person.objects.get(external_id="B2"), email="other@harbour.example")
    free = [
        User.objects.create_user("ann@harbour.example", is_client=True),
        User.objects.create_user("bo@harbour.example"),
        User.objects.create_user("cy@harbour.example", is_active=False),
    ]
    load(people(ANN, BO, "C3,Cy Sun,cy@harbour.example,Gate,Guard,1,"), on=FEBRUARY)
    for user in free:
        user.refresh_from_db()
        assert user.person is None
    assert not AuditEvent.objects.filter(action="login.connect").exists()


def test_a_dry_run_tells_who_gets_the_log_in_and_connects_nobody(founder):
    data = people(ANN).encode()
    done = uploads.import_file(
        data, name="people.csv", mapping=mapping.find("generic"), on=JANUARY, today=make.TODAY,
        by=founder, is_dry_run=True,
    )  # fmt: skip
    assert done.changes[0].after["login"] == "ann@harbour.example"
    founder.refresh_from_db()
    assert founder.person is None


def test_a_unit_with_a_long_or_taken_name_gets_an_me_all_the_same():
    make.me("Pilotage")
    long = "Harbour " * 24
    load(people(ANN, f"C3,Chen,,{long},,1,"))
    names = set(MicroEnterprise.objects.filter(state="proposed").values_list("name", flat=True))
    assert "Pilotage (2)" in names
    assert any(name.endswith("…") and len(name) <= 120 for name in names)


def test_a_renamed_me_keeps_its_unit():
    load(people(ANN))
    MicroEnterprise.objects.update(name="Pilots & Co")
    load(people(ANN, BO.replace("Pilotage", "PILOTAGE ")), on=FEBRUARY)
    assert MicroEnterprise.objects.count() == 1
    assert Membership.objects.filter(micro_enterprise__name="Pilots & Co").count() == 2


def test_people_of_a_dissolved_me_are_known_but_seated_nowhere():
    make.me("Pilotage", state="dissolved", hr_unit="Pilotage")
    load(people(ANN))
    assert Person.objects.get(external_id="A1").memberships.count() == 0


def test_a_firms_own_mapping_reads_its_own_columns(tmp_path):
    told = tmp_path / "ours.toml"
    told.write_text(
        'source = "payroll"\nempty = ["-"]\n[columns]\nexternal_id = "No."\n'
        'name = "{First} {Last}"\nunit = "Team"\n[vacant]\nFirst = ["Open"]\n'
    )
    file = tmp_path / "payroll.csv"
    file.write_text("No.,First,Last,Team\n1,Ann,Osei,Pilotage\n2,Bo,Lind,-\n3,open,post,Gate\n")
    told, status = run(file, "--map", told, "--on", "2026-01-05")
    assert (told["joiners"], status) == (2, 1)
    assert "First is 'open': the post is vacant" in told["refused"][0]["message"]
    bo = Person.objects.get(external_id="2")
    assert (bo.name, bo.hr_unit, bo.source) == ("Bo Lind", "", "payroll")
    assert not bo.memberships.exists()


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("nonsense", "The mapping is not TOML"),
        ("colums = 1", "The mapping's colums is 1, which does not fit: the keys are"),
        ('kind = "pets"', "kind is 'pets', which does not fit: it is people or head_counts"),
        ('source = ""', "source is '', which does not fit"),
        ('full = "yes"', "full is 'yes', which does not fit: it is true or false"),
        ("[columns]", "columns is {}, which does not fit"),
        ('[columns]\npet = "Pet"', "columns.pet is 'Pet', which does not fit: the fields are"),
        ('[columns]\nname = "Name"', "columns.external_id is missing: it must be named"),
        ('required = ["unit"]\n[columns]\nname = "N"\nexternal_id = "I"', "required is 'unit'"),
        ('vacant = 1\n[columns]\nname = "N"\nexternal_id = "I"', "vacant is 1"),
        ('empty = "-"\n[columns]\nname = "N"\nexternal_id = "I"', "empty is '-'"),
    ],
)
def test_a_wrong_mapping_names_its_key_its_value_and_what_it_may_be(text, sentence):
    with pytest.raises(Invalid) as refused:
        mapping.parse(text)
    assert sentence in str(refused.value)


def test_half_a_year_of_an_organogram_gives_joiners_movers_and_leavers():
    first, status = run(
        FILES / "organogram-2011-03-31-senior.csv", "--map", "organogram-senior", "--on", SPRING
    )
    assert (counts(first), status) == (
        {"read": 7, "joiners": 6, "movers": 0, "leavers": 0, "returners": 0, "unchanged": 0}, 1
    )  # fmt: skip
    assert first["refused"][0]["row"] == 7
    assert "the post is vacant" in first["refused"][0]["message"]
    assert Person.objects.get(external_id="7").name == "Director, Pilotage, post 7"
    assert Person.objects.get(external_id="1").manager_external_id == ""
    second, _ = run(
        FILES / "organogram-2011-09-30-senior.csv", "--map", "organogram-senior", "--on", AUTUMN
    )
    assert counts(second) == {
        "read": 8, "joiners": 2, "movers": 1, "leavers": 1, "returners": 0, "unchanged": 4
    }  # fmt: skip
    assert "'13' stands in row 7 already" in second["refused"][0]["message"]
    assert MicroEnterprise.objects.filter(hr_unit__iexact="human resources").count() == 1
    assert Person.objects.get(external_id="8").left_on == AUTUMN
    assert not any(person.memberships.count() == 0 for person in Person.objects.all())


def test_posts_without_names_are_head_counts_of_their_unit():
    told, status = run(
        FILES / "organogram-2011-03-31-junior.csv", "--map", "organogram-junior", "--on", SPRING
    )
    assert (told["joiners"], status) == (5, 0)
    pilotage = MicroEnterprise.objects.get(hr_unit="Pilotage")
    assert head_count_of(pilotage, on=SPRING) == Decimal("6.22")
    again, _ = run(
        FILES / "organogram-2011-03-31-junior.csv", "--map", "organogram-junior", "--on", AUTUMN
    )
    assert again["unchanged"] == 5
    later, status = run(
        FILES / "organogram-2011-09-30-junior.csv", "--map", "organogram-junior", "--on", AUTUMN
    )
    assert (counts(later), status) == (
        {"read": 5, "joiners": 1, "movers": 1, "leavers": 1, "returners": 0, "unchanged": 2}, 1
    )  # fmt: skip
    assert head_count_of(pilotage, on=SPRING) == Decimal("6.22")
    assert head_count_of(pilotage, on=AUTUMN) == Decimal("6.72")
    assert not HeadCount.objects.filter(hr_unit="PILOTAGE").exists()
    assert head_count_of(MicroEnterprise.objects.get(hr_unit="Works and Estates"), on=AUTUMN) == 0


def test_a_head_count_adds_the_members_share_of_full_time():
    load(people(ANN, BO))
    me = MicroEnterprise.objects.get()
    Membership.objects.filter(person__external_id="A1").update(allocation_percent=50)
    assert head_count_of(me, on=FEBRUARY) == Decimal("1.30")
    assert head_count_of(me, on=date(2026, 1, 4)) == 0


@pytest.mark.parametrize("rows", [10, 1000])
def test_an_import_costs_the_same_number_of_queries_whatever_its_length(rows):
    text = people(
        *[f"P{n},Person {n},p{n}@x.example,Unit {n % 7},Title {n % 5},1," for n in range(rows)]
    )
    with CaptureQueriesContext(connection) as joining:
        load(text)
    moved = text.replace("Unit 3", "Unit 4").replace("Title 2", "Title 9").replace("P1,", "Q1,")
    with CaptureQueriesContext(connection) as moving:
        load(moved, on=FEBRUARY)
    assert (len(joining), len(moving)) == (21, 26)


class TestPreview:
    """A file on the page: what was previewed is what is applied."""

    @pytest.fixture
    def admin(self):
        return make.hr_admin()

    def preview(self, text, admin, on=JANUARY):
        chosen = mapping.find("generic")
        return uploads.preview(text.encode(), name="a.csv", mapping=chosen, on=on, by=admin)

    def test_a_preview_changes_nothing_until_it_is_applied_and_then_only_once(self, admin):
        upload = self.preview(people(ANN, BO), admin)
        assert upload.counts["joiners"] == 2
        assert upload.units == ["Pilotage"]
        assert not Person.objects.filter(external_id="A1").exists()
        applied = uploads.apply(upload, by=admin, on=make.TODAY)
        assert applied.applied_at is not None
        assert applied.rows == []
        uploads.apply(upload, by=admin, on=make.TODAY)
        assert Person.objects.filter(external_id__in=["A1", "B2"]).count() == 2
        assert AuditEvent.objects.filter(action="people.import").count() == 1

    def test_a_stale_preview_is_refused_and_can_be_made_again(self, admin):
        upload = self.preview(people(ANN, BO), admin)
        load(people(ANN))
        with pytest.raises(Refused, match="changed since this preview") as refused:
            uploads.apply(upload, by=admin, on=make.TODAY)
        assert refused.value.code == "stale_preview"
        again = uploads.preview_again(upload, by=admin)
        assert (again.counts["joiners"], again.counts["unchanged"]) == (1, 1)
        uploads.apply(again, by=admin, on=make.TODAY)
        assert Person.objects.filter(external_id="B2").exists()

    def test_the_preview_says_whose_log_in_it_is_and_applying_it_connects_them(
        self, client, founder
    ):
        upload = self.preview(people(ANN, BO), founder)
        client.force_login(founder)
        page = " ".join(client.get(f"/hr/people/import/{upload.pk}/").content.decode().split())
        assert '<span class="soft">Gets the log-in</span> ann@harbour.example' in page
        assert "<h1>Welcome, Ann</h1>" in client.get("/").content.decode()
        client.post(f"/hr/people/import/{upload.pk}/apply/")
        founder.refresh_from_db()
        assert founder.person.external_id == "A1"
        home = client.get("/").content.decode()
        assert "<h1>Pilotage</h1>" in home
        assert "Become a partner of Pilotage" in home

    def test_a_log_in_that_came_since_makes_a_preview_stale(self, admin):
        upload = self.preview(people(ANN), admin)
        User.objects.create_user("ann@harbour.example")
        with pytest.raises(Refused, match="changed since this preview"):
            uploads.apply(upload, by=admin, on=make.TODAY)

    def test_what_changed_elsewhere_does_not_make_a_preview_stale(self, admin):
        upload = self.preview(people(ANN), admin)
        make.person("Somebody else")
        assert uploads.apply(upload, by=admin, on=make.TODAY).applied_at


class TestOnePerson:
    """What the API calls for one person."""

    def put(self, **told):
        told = {"name": "Ann Osei", "unit": "Pilotage", "title": "Pilot"} | told
        return hris.upsert_person("A1", by=make.hr_admin(), on=JANUARY, **told)

    def test_the_first_time_creates_and_the_second_changes_nothing(self):
        person, created = self.put(email="ann@harbour.example", fte="0.5")
        assert created
        assert (person.fte, person.hr_unit) == (Decimal("0.50"), "Pilotage")
        assert person.memberships.get().is_imported
        assert self.put(email="ann@harbour.example", fte="0.5") == (person, False)
        assert AuditEvent.objects.filter(action="person.upsert").count() == 1

    def test_a_new_unit_moves_a_person_of_a_file_too(self):
        load(people(ANN), on=date(2026, 1, 2))
        person, created = self.put(unit="Gate")
        assert not created
        assert person.source == "hr"
        seats = Membership.objects.current(on=JANUARY).filter(person=person)
        assert [seat.micro_enterprise.hr_unit for seat in seats] == ["Gate"]

    @pytest.mark.parametrize(
        ("told", "field", "sentence"),
        [
            ({"name": " "}, "name", "name is missing"),
            ({"email": "x"}, "email", "'x' is no e-mail address"),
            ({"fte": "lots"}, "fte", "'lots' is no full-time equivalent"),
            ({"title": "t" * 251}, "title", "title has 251 characters"),
        ],
    )
    def test_a_wrong_field_is_named(self, told, field, sentence):
        with pytest.raises(Invalid, match=sentence) as refused:
            self.put(**told)
        assert refused.value.field == field

    def test_a_member_may_not(self):
        with pytest.raises(Forbidden):
            hris.upsert_person("A1", name="Ann", by=make.user(), on=JANUARY)


@pytest.mark.parametrize("order", [("2011-03-31", "2011-09-30")])
def test_the_real_cabinet_office_comes_in_twice(order):
    data = real_data("organogram-cabinet-office-2011")
    told = {}
    for day in order:
        for kind in ("senior", "junior"):
            file = data / f"{day}-{kind}.csv"
            told[day, kind], _ = run(file, "--map", f"organogram-{kind}", "--on", day)
            again, _ = run(file, "--map", f"organogram-{kind}", "--on", day)
            assert again["unchanged"] == again["read"] - len(again["refused"])
    spring, autumn = (told[day, "senior"] for day in order)
    assert (spring["read"], spring["joiners"], len(spring["refused"])) == (216, 204, 12)
    assert (autumn["read"], len(autumn["refused"])) == (235, 1)
    assert min(autumn[kind] for kind in ("joiners", "movers", "leavers", "unchanged")) > 20
    present = Person.objects.filter(left_on=None)
    assert present.count() == 234
    seats = Membership.objects.current(on=AUTUMN)
    assert seats.filter(person__in=present).count() == 234
    everywhere = MicroEnterprise.objects.all()
    counted = sum(head_count_of(me, on=AUTUMN) for me in everywhere)
    fte = sum(person.fte for person in present)
    assert counted - fte == Decimal("1785.34")


def test_the_mapping_in_the_documentation_is_one():
    page = (FILES.parent.parent / "docs" / "import-people.md").read_text()
    example = mapping.parse(page.split("```toml\n")[1].split("```")[0])
    assert example.source == "payroll"
    assert set(example.columns) == set(mapping.FIELDS["people"])
    assert example.vacant == {"Status": ["vacant", "frozen"]}
