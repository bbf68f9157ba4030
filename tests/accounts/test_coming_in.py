"""A person is invited, chooses a password, signs in, and is kept out once they have left."""

import re
from datetime import UTC, date, datetime, timedelta

import pytest
from django.contrib.auth import SESSION_KEY
from django.core import mail as outbox
from django.test import Client, override_settings

from accounts import hris, mail
from accounts.actions import logins
from accounts.errors import Forbidden, Invalid, Refused
from accounts.models import AuditEvent, Person, SentMail, User
from tests import make

PASSWORD = "quiet harbour seven"
LINKS = logins.Links(lambda token: f"http://testserver/invitation/{token}/", "http://x/login/")
DEMO = override_settings(DEMO=True, EMAIL_BACKEND="accounts.mail.DemoMailBackend")

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _founded(time_machine):
    time_machine.move_to(datetime(2026, 2, 20, 9, tzinfo=UTC))
    make.org()


@pytest.fixture
def admin():
    return make.hr_admin()


@pytest.fixture
def ann():
    return make.person("Ann Osei", email="Ann@Harbour.example", hr_unit="Pilotage")


@pytest.fixture
def invite(admin, django_capture_on_commit_callbacks):
    """Invite through the rule, and return the path of the link that arrived."""

    def act(person):
        with django_capture_on_commit_callbacks(execute=True):
            logins.invite(person, links=LINKS, by=admin, on=make.TODAY)
        return link_in(outbox.outbox[-1].body)

    return act


def link_in(body):
    return re.search(r"http://testserver(/invitation/\S+)", body)[1]


def choose(client, path, password=PASSWORD, again=None):
    return client.post(path, {"password": password, "again": again or password})


def sign_in(client, email, password=PASSWORD):
    return client.post("/accounts/login/", {"login": email, "password": password})


def is_signed_in(client):
    return SESSION_KEY in client.session


def test_an_invited_person_chooses_a_password_and_is_signed_in(client, ann, invite):
    path = invite(ann)
    user = User.objects.get(person=ann)
    assert (user.email, user.has_usable_password()) == ("ann@harbour.example", False)
    letter = outbox.outbox[-1]
    assert letter.to == ["ann@harbour.example"]
    assert "Hello Ann Osei," in letter.body
    assert "Welcome, Ann Osei" in client.get(path).content.decode()
    answer = choose(client, path)
    assert (answer.status_code, answer.url) == (302, "/")
    assert is_signed_in(client)
    other = Client()
    assert sign_in(other, "ANN@harbour.example").status_code == 302
    assert is_signed_in(other)


def test_a_used_link_says_to_sign_in(client, ann, invite):
    path = invite(ann)
    choose(client, path)
    answer = Client().get(path)
    assert answer.status_code == 410
    assert "a password is chosen already" in answer.content.decode()
    assert "set a new one on the sign-in page" in answer.content.decode()


def test_an_expired_link_says_whom_to_ask(client, ann, invite, time_machine):
    path = invite(ann)
    time_machine.shift(timedelta(days=7, seconds=1))
    assert "This invitation has expired. Ask" in " ".join(
        re.sub(r"<[^>]+>", "", choose(client, path).content.decode()).split()
    )
    assert not User.objects.get(person=ann).has_usable_password()


def test_inviting_again_sends_a_new_link_and_ends_the_old(client, ann, invite, time_machine):
    first = invite(ann)
    time_machine.shift(timedelta(minutes=1))
    second = invite(ann)
    assert "A newer invitation was sent" in client.get(first).content.decode()
    assert choose(client, second).status_code == 302


def test_half_a_link_is_told_apart_from_a_wrong_one(client, ann, invite):
    path = invite(ann)
    assert "not complete. Copy all of it" in client.get(path[:-6] + "/").content.decode()


def test_a_password_that_is_easy_to_guess_is_refused_beside_its_field(client, ann, invite):
    path = invite(ann)
    assert "too common" in choose(client, path, "password").content.decode()
    assert "another password than above" in choose(client, path, again="other").content.decode()
    assert not User.objects.get(person=ann).has_usable_password()


def test_whoever_has_left_or_has_no_address_or_a_login_is_not_invited(admin, ann):
    gone = make.person("Gone", email="g@x.example", left_on=date(2026, 1, 31))
    silent = make.person("Silent")
    busy = make.user(make.person("Busy", email="b@x.example"), password=PASSWORD).person
    taken = make.person("Twin", email=busy.user.email)
    for person, sentence in [
        (gone, "Gone left on 31 January 2026 and cannot be invited"),
        (silent, "Silent has no e-mail address"),
        (busy, "Busy has a log-in already"),
        (taken, "is somebody else's log-in"),
    ]:
        with pytest.raises(Refused, match=sentence):
            logins.invite(person, links=LINKS, by=admin, on=make.TODAY)
    with pytest.raises(Forbidden, match="Only an HR admin invites"):
        logins.invite(ann, links=LINKS, by=make.user(), on=make.TODAY)
    assert not User.objects.filter(person__in=[ann, gone, silent]).exists()


def test_the_founders_login_gets_its_person_when_hr_data_has_come(admin, ann):
    founder = User.objects.create_user("ann@harbour.example", PASSWORD, name="Ann")
    user = logins.invite(ann, links=LINKS, by=admin, on=make.TODAY)
    assert (user, user.person) == (founder, ann)
    assert not outbox.outbox


def test_a_forgotten_password_is_set_anew_by_mail(client, ann):
    make.user(ann, email="ann@harbour.example", password="something old 1")
    client.post("/accounts/password/reset/", {"email": "ann@harbour.example"})
    letter = outbox.outbox[-1]
    assert letter.subject == "Choose a new password"
    path = re.search(r"http://testserver(/accounts/password/reset/key/\S+)", letter.body)[1]
    form = client.get(path, follow=True)
    client.post(form.redirect_chain[-1][0], {"password1": PASSWORD, "password2": PASSWORD})
    assert sign_in(Client(), "ann@harbour.example").status_code == 302
    assert "used up" in Client().get(path, follow=True).content.decode()


def test_nobody_signs_in_by_a_closed_login_and_its_sessions_never_come_back(client, admin, ann):
    user = make.user(ann, password=PASSWORD)
    sign_in(client, user.email)
    logins.close_login(user, by=admin, on=make.TODAY)
    assert "/accounts/login/" in client.get("/").url
    assert not is_signed_in_after(sign_in, user)
    logins.open_login(user, by=admin, on=make.TODAY)
    assert "/accounts/login/" in client.get("/").url
    assert is_signed_in_after(sign_in, user)


def is_signed_in_after(act, user):
    other = Client()
    act(other, user.email)
    return is_signed_in(other)


def test_a_leaver_is_signed_out_at_once_and_a_returner_signs_in_again(client, admin, ann):
    user = make.user(ann, password=PASSWORD)
    sign_in(client, user.email)
    hris.leave(ann, by=admin, on=make.TODAY)
    assert "/accounts/login/" in client.get("/").url
    assert not is_signed_in_after(sign_in, user)
    with pytest.raises(Refused, match="Ann Osei has left, so the log-in stays closed"):
        logins.open_login(user, by=admin, on=make.TODAY)
    hris.upsert_person(ann.external_id, name="Ann Osei", by=admin, on=make.TODAY)
    assert "/accounts/login/" in client.get("/").url
    assert is_signed_in_after(sign_in, user)
    assert Person.objects.filter(name="Ann Osei").count() == 1


def test_nobody_closes_their_own_login_leaves_by_themselves_or_appoints_themselves(admin):
    with pytest.raises(Forbidden, match="nobody their own"):
        logins.close_login(admin, by=admin, on=make.TODAY)
    with pytest.raises(Refused, match="cannot make yourself leave"):
        hris.leave(admin.person, by=admin, on=make.TODAY)
    with pytest.raises(Forbidden, match="nobody their own"):
        logins.appoint(admin, offices=[], by=admin, on=make.TODAY)


def test_an_office_is_given_and_taken_with_a_trace(admin, ann):
    user = make.user(ann)
    logins.appoint(user, offices=["is_chro", "is_auditor"], by=admin, on=make.TODAY)
    logins.appoint(user, offices=["is_chro"], by=admin, on=make.TODAY)
    user.refresh_from_db()
    assert (user.is_chro, user.is_auditor, user.is_hr_admin) == (True, False, False)
    assert AuditEvent.objects.filter(action="login.appoint").count() == 2
    with pytest.raises(Invalid, match="no office 'is_staff'"):
        logins.appoint(user, offices=["is_staff"], by=admin, on=make.TODAY)


def test_mail_goes_to_whoever_is_here_and_only_after_the_deed_stands(
    ann, django_capture_on_commit_callbacks
):
    gone = make.user(make.person(left_on=make.TODAY))
    with django_capture_on_commit_callbacks(execute=True) as waiting:
        mail.send("invitation", to=ann, subject="Two\nlines", by="Bo")
        mail.send("invitation", to=gone, subject="Never")
        assert not outbox.outbox
    assert len(waiting) == 1
    assert outbox.outbox[0].subject == "Two lines"


@DEMO
def test_the_demo_keeps_its_mails_for_their_readers(client, ann, admin, invite):
    with pytest.raises(IndexError):
        invite(ann)
    kept = SentMail.objects.get()
    assert (kept.to, kept.subject) == (
        "ann@harbour.example",
        f"{admin.person.name} invites you to Rendan",
    )
    client.force_login(admin)
    assert kept.subject in client.get("/demo/mails/").content.decode()
    body = client.get(f"/demo/mails/{kept.pk}/").content.decode()
    assert re.search(r'<a href="http://testserver/invitation/[^"]+"', body)
    client.force_login(make.user())
    assert "No mail yet" in client.get("/demo/mails/").content.decode()
    assert client.get(f"/demo/mails/{kept.pk}/").status_code == 404
    client.force_login(User.objects.get(person=ann))
    assert client.get(f"/demo/mails/{kept.pk}/").status_code == 200


@override_settings(DEMO=False)
def test_outside_the_demo_there_are_no_such_pages(client, admin):
    client.force_login(admin)
    assert client.get("/demo/mails/").status_code == 404
