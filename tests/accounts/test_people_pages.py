"""What an HR admin sees and does on the pages of people."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.core import mail as outbox
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from accounts.constraints import name_of
from accounts.models import (
    FoundingCode,
    HeadCount,
    Membership,
    MicroEnterprise,
    PeopleImport,
    Person,
    User,
)
from tests import make

FILES = Path(__file__).parent.parent / "files"
ANN = "A1,Ann Osei,ann@harbour.example,Pilotage,Pilot,1,"
BO = "B2,Bo Lind,bo@harbour.example,Pilotage,Launch crew,0.8,A1"

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def admin(client, time_machine):
    time_machine.move_to(datetime(2026, 2, 20, 9, tzinfo=UTC))
    make.org()
    admin = make.hr_admin()
    client.force_login(admin)
    return admin


def shown(client, path, **told):
    return client.get(path, told, follow=True).content.decode()


def text(client, path, **told):
    return " ".join(shown(client, path, **told).split())


def people_file(*rows, name="people.csv"):
    lines = ["external_id,name,email,unit,title,fte,manager", *rows]
    return SimpleUploadedFile(name, ("\n".join(lines) + "\n").encode())


def upload(client, file, **told):
    form = {"file": file, "preset": "generic", "on": "2026-02-20"} | told
    return client.post("/hr/people/import/", form)


class TestTheList:
    """/hr/people/"""

    def test_an_empty_firm_is_told_the_next_step(self, client):
        Person.objects.filter(user=None).update(name="")
        page = shown(client, "/hr/people/", q="nobody at all")
        assert "Nobody fits" in page

    def test_people_are_found_by_words_unit_and_state_of_their_login(self, client, admin):
        make.person("Ann Osei", external_id="A1", hr_unit="Pilotage", email="ann@x.example")
        make.user(make.person("Bo Lind", hr_unit="Gate"), password="quiet harbour seven")
        make.user(make.person("Chen Wu", hr_unit="Gate"))
        make.person("Dee Gone", left_on=make.TODAY)
        for told, names in [
            ({}, {"Ann Osei", "Bo Lind", "Chen Wu", admin.person.name}),
            ({"q": "osei ann"}, {"Ann Osei"}),
            ({"q": "a1"}, {"Ann Osei"}),
            ({"unit": "gate"}, {"Bo Lind", "Chen Wu"}),
            ({"login": "none"}, {"Ann Osei"}),
            ({"login": "open"}, {"Bo Lind"}),
            ({"login": "invited", "unit": "Gate"}, {"Chen Wu"}),
            ({"state": "left"}, {"Dee Gone"}),
        ]:
            rows = client.get("/hr/people/", told).context["rows"]
            assert {row["person"].name for row in rows} == names

    @pytest.mark.parametrize("count", [10, 1000])
    def test_the_list_costs_the_same_whatever_its_length(self, client, count):
        Person.objects.bulk_create(
            Person(external_id=f"N{n}", name=f"Name {n:04}") for n in range(count)
        )
        with CaptureQueriesContext(connection) as queries:
            assert client.get("/hr/people/", {"page": 1}).status_code == 200
        assert len(queries) == 11

    def test_members_do_not_see_it_and_auditors_only_look(self, client):
        ann = make.person("Ann Osei", email="a@x.example")
        client.force_login(make.user())
        assert client.get("/hr/people/").status_code == 403
        assert client.get(f"/hr/people/{ann.pk}/").status_code == 404
        assert client.get("/hr/people/import/").status_code == 403
        client.force_login(make.office(is_auditor=True))
        assert "Import people" not in shown(client, "/hr/people/")
        page = shown(client, f"/hr/people/{ann.pk}/")
        assert "Invite to a log-in" not in page
        assert "Change HR data" not in page
        assert client.post(f"/hr/people/{ann.pk}/invite/").status_code == 403
        assert client.post(f"/hr/people/{ann.pk}/leave/").status_code == 403

    def test_everybody_in_view_without_a_login_is_invited_at_once(
        self, client, django_capture_on_commit_callbacks
    ):
        make.person("Ann", email="ann@x.example", hr_unit="Pilotage")
        make.person("Bo", email="bo@x.example", hr_unit="Gate")
        make.person("Chen", hr_unit="Pilotage")
        page = text(client, "/hr/people/", login="none", unit="Pilotage")
        assert "Invite 1 with an address" in page
        with django_capture_on_commit_callbacks(execute=True):
            answer = client.post(
                "/hr/people/invite/", {"login": "none", "unit": "Pilotage"}, follow=True
            )
        assert "1 people were invited" in answer.content.decode()
        assert [letter.to for letter in outbox.outbox] == [["ann@x.example"]]


class TestOnePerson:
    """/hr/people/ID/"""

    def test_the_page_tells_hr_data_memberships_and_the_login(self, client):
        upload_and_apply(client, people_file(ANN))
        ann = Person.objects.get(external_id="A1")
        page = text(client, f"/hr/people/{ann.pk}/")
        assert "Nobody was invited yet" in page
        assert "An invitation goes to ann@harbour.example" in page
        assert "Terms not accepted by both sides yet. Role not tied to an outcome yet" in page

    def test_an_invitation_and_its_state(self, client, django_capture_on_commit_callbacks):
        ann = make.person("Ann Osei", email="ann@x.example")
        with django_capture_on_commit_callbacks(execute=True):
            answer = client.post(f"/hr/people/{ann.pk}/invite/", follow=True).content.decode()
        assert "An invitation is on its way to ann@x.example" in answer
        assert "The invitation works until 27 February 2026" in answer
        assert "Invite again" in answer

    def test_whoever_has_left_shows_it_and_offers_no_invitation(self, client):
        ann = make.person("Ann Osei", email="ann@x.example")
        answer = client.post(f"/hr/people/{ann.pk}/leave/", follow=True).content.decode()
        assert "Ann Osei has left" in answer
        assert "Left on 20 February 2026" in answer
        answer = client.post(f"/hr/people/{ann.pk}/invite/", follow=True).content.decode()
        assert "left on 20 February 2026 and cannot be invited" in answer

    def test_a_login_is_closed_and_opened_and_given_an_office(self, client):
        user = make.user(make.person("Ann Osei"), password="quiet harbour seven")
        at = f"/hr/people/{user.person.pk}/"
        assert "is closed" in client.post(f"{at}close/", follow=True).content.decode()
        assert "may sign in again" in client.post(f"{at}open/", follow=True).content.decode()
        told = {"offices": ["is_chro"]}
        assert "are set" in client.post(f"{at}offices/", told, follow=True).content.decode()
        user.refresh_from_db()
        assert (user.is_active, user.is_chro) == (True, True)

    def test_a_person_is_added_by_hand_and_changed(self, client):
        told = {"external_id": "X1", "name": "Xia", "email": "x@x.example", "unit": "Gate",
                "title": "Keeper", "fte": "0.6"}  # fmt: skip
        answer = client.post("/hr/people/new/", told, follow=True).content.decode()
        assert "Xia was added" in answer
        xia = Person.objects.get(external_id="X1")
        assert MicroEnterprise.objects.get(hr_unit="Gate").state == "proposed"
        client.post(f"/hr/people/{xia.pk}/edit/", told | {"unit": "Lock", "title": ""})
        xia.refresh_from_db()
        assert (xia.hr_unit, xia.job_title) == ("Lock", "")
        today = Membership.objects.filter(person=xia, ends_on=None)
        assert [seat.micro_enterprise.hr_unit for seat in today] == ["Lock"]

    def test_a_wrong_field_of_the_form_is_named(self, client):
        told = {"external_id": "X1", "name": "Xia", "fte": "9"}
        page = client.post("/hr/people/new/", told).content.decode()
        assert "less than or equal to 2" in page
        assert not Person.objects.filter(external_id="X1").exists()


def upload_and_apply(client, file, **told):
    preview = upload(client, file, **told).url
    return client.post(f"{preview}apply/", follow=True).content.decode()


class TestAFile:
    """/hr/people/import/"""

    def test_a_file_is_previewed_and_applied_as_it_was_previewed(self, client):
        answer = upload(client, people_file(ANN, BO, "C3,Chen,,Gate,,much,"))
        page = text(client, answer.url)
        assert "Nothing is written yet" in page
        assert "Joiners 2" in page
        assert "Not taken 1" in page
        assert "2 changes." in page
        assert "1 micro-enterprises will be proposed" in page
        refused = text(client, answer.url, show="refused")
        assert "Row 4" in refused
        assert "is no full-time equivalent from 0 to 2" in refused
        assert not Person.objects.filter(external_id="A1").exists()
        done = client.post(f"{answer.url}apply/", follow=True).content.decode()
        assert "people.csv is imported" in done
        assert Person.objects.filter(external_id__in=["A1", "B2"]).count() == 2
        again = client.post(f"{answer.url}apply/", follow=True).content.decode()
        assert "nothing was done twice" in again
        assert "people.csv" in shown(client, "/hr/people/import/")

    def test_rows_come_in_pages(self, client):
        rows = [f"R{n},Person {n:03},,Pilotage,,1," for n in range(120)]
        at = upload(client, people_file(*rows)).url
        assert "1 to 50 of 120" in text(client, at, show="joiners")
        assert "Person 119" in text(client, at, show="joiners", page=3)

    def test_a_stale_preview_changes_nothing_and_can_be_looked_at_again(self, client):
        at = upload(client, people_file(ANN, BO)).url
        upload_and_apply(client, people_file(ANN))
        answer = client.post(f"{at}apply/", follow=True).content.decode()
        assert "changed since this preview was made, so nothing was imported" in answer
        assert not Person.objects.filter(external_id="B2").exists()
        client.post(f"{at}again/")
        client.post(f"{at}apply/")
        assert Person.objects.filter(external_id="B2").exists()

    def test_a_preview_is_its_uploaders_only(self, client):
        at = upload(client, people_file(ANN)).url
        client.force_login(make.hr_admin())
        assert client.get(at).status_code == 404
        assert client.post(f"{at}apply/").status_code == 404
        assert not Person.objects.filter(external_id="A1").exists()

    @pytest.mark.parametrize(
        ("file", "told", "sentence"),
        [
            (SimpleUploadedFile("a.csv", b"id\n1\n"), {}, "Row 1 of a.csv lacks the columns"),
            (SimpleUploadedFile("a.png", b"\x89PNG\x00\x01"), {}, "a.png is not a CSV file"),
            (SimpleUploadedFile("a.csv", b""), {}, "The submitted file is empty"),
            (SimpleUploadedFile("a.csv", b"x" * 26_000_000), {}, "a file may have 25 MB"),
            (SimpleUploadedFile("a.csv", b"x"), {"on": "31.2.2026"}, "Write a day like 2026-11-04"),
            (
                SimpleUploadedFile("a.csv", b"x"),
                {"mapping": SimpleUploadedFile("m.toml", b"colums = 1")},
                "The mapping&#x27;s colums is 1",
            ),
        ],
    )
    def test_a_faulty_file_is_answered_beside_its_field(self, client, file, told, sentence):
        file.seek(0)
        answer = upload(client, file, **told)
        assert answer.status_code in (200, 400)
        assert sentence in answer.content.decode()
        assert not PeopleImport.objects.exists()

    def test_many_leavers_make_the_page_ask_twice(self, client):
        upload_and_apply(client, people_file(ANN, BO, "C3,Chen,,Gate,,1,"))
        page = text(client, upload(client, people_file(ANN)).url)
        assert "2 of 3 leave. Is this the full list?" in page.replace("</p> <p>", " ")
        partial = upload(client, people_file(ANN), is_partial="on").url
        assert "Nobody leaves: the file is partial" in text(client, partial)

    def test_head_counts_come_in_on_the_same_page(self, client):
        data = (FILES / "organogram-2011-03-31-junior.csv").read_bytes()
        file = SimpleUploadedFile("junior.csv", data)
        done = upload_and_apply(client, file, preset="organogram-junior", on="2011-03-31")
        assert "junior.csv is imported" in done
        assert HeadCount.objects.count() == 4

    def test_names_do_not_stay_behind_in_an_applied_import(self, client):
        upload_and_apply(client, people_file(ANN))
        kept = PeopleImport.objects.get()
        assert (kept.rows, kept.changes) == ([], [])


PERSON = {"external_id": "P", "name": "Name"}
COUNT = {"hr_unit": "Unit", "job_title": "Post", "fte": 1, "counted_on": make.TODAY, "source": "s"}
CODE = {"code_hash": "x", "made_at": datetime(2026, 1, 1, tzinfo=UTC)}


@pytest.mark.parametrize(
    ("act", "constraint"),
    [
        (lambda: [make.person(external_id="P"), make.person(external_id="P")], "person_known_once"),
        (lambda: make.person(external_id=""), "person_has_an_external_id"),
        (lambda: make.person(fte=-1), "fte_not_negative"),
        (lambda: make.person().delete(), "person_is_never_deleted"),
        (lambda: [HeadCount.objects.create(**COUNT) for _ in "ab"], "posts_counted_once_a_day"),
        (lambda: HeadCount.objects.create(**COUNT | {"fte": -1}), "head_count_not_negative"),
        (
            lambda: [make.user(email=each) for each in ("a@x.example", "A@x.example")],
            "one_login_per_email",
        ),
        (lambda: make.user(is_client=True), "client_is_nobody"),
        (lambda: [FoundingCode.objects.create(**CODE) for _ in "ab"], "one_founding_code"),
        (lambda: FoundingCode.objects.create(**CODE, singleton=False), "founding_code_is_the_one"),
        (lambda: an_import(applied_at=make.org().founded_at), "import_is_applied_after_its_upload"),
        (
            lambda: an_import(applied_at=datetime(2026, 2, 21, tzinfo=UTC), rows=[{"read": 1}]),
            "applied_import_keeps_no_rows",
        ),
    ],
)
def test_the_database_itself_refuses(act, constraint):
    with pytest.raises(IntegrityError) as refused, transaction.atomic():
        act()
    assert name_of(refused.value) == constraint


def an_import(**fields):
    return PeopleImport.objects.create(
        uploaded_at=datetime(2026, 2, 20, tzinfo=UTC), file_name="a.csv", source="hr",
        kind="people", is_full=True, effective_on=make.TODAY, digest="x", **fields,
    )  # fmt: skip


def test_a_login_belongs_to_one_person_at_most():
    someone = make.person()
    make.user(someone)
    with pytest.raises(IntegrityError), transaction.atomic():
        make.user(someone)
    assert User.objects.filter(person=someone).count() == 1
