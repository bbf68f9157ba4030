"""What a lead, a member and an HR admin do in the browser with an ME."""

from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import AuditEvent, Membership, MicroEnterprise
from tests import make
from tests.make import TODAY

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _today(time_machine):
    time_machine.move_to("2026-02-20T10:00Z")


def text_of(answer):
    return " ".join(answer.content.decode().split())


def url(name, *keys):
    return reverse(f"accounts:{name}", args=keys)


def sent(**changes):
    return {
        "name": "Leak Finders", "kind": "service", "purpose": "Find leaks first.",
        "outcome": "Water is back sooner", "customer": "Households", "unit": "h",
        "metric": "hours without water", "baseline": "9", "target": "4", "source": "call centre",
        "role": "Finder", "accepts": "on",
    } | changes  # fmt: skip


def of(user, me):
    return Membership.objects.current(on=TODAY).get(person=user.person, micro_enterprise=me)


def test_a_member_forms_an_me_on_one_page(client):
    make.org()
    founder = make.user()
    client.force_login(founder)
    assert "Read the partnership terms" in text_of(client.get("/mes/new/"))
    answer = client.post("/mes/new/", sent(), follow=True)
    me = MicroEnterprise.objects.get()
    assert answer.redirect_chain == [(f"/mes/{me.pk}/", 302)]
    assert "Leak Finders is proposed." in text_of(answer)
    assert of(founder, me).role.name == "Finder"


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"accepts": ""}, "Read and accept the partnership terms"),
        ({"target": "9"}, "nothing would change for the customer"),
        ({"baseline": "NaN"}, "Enter a number"),
        ({"target": "1e30"}, "no more than"),
        ({"name": "leak watch"}, "A micro-enterprise with the name “leak watch” exists already"),
    ],
)
def test_a_form_that_cannot_be_keeps_what_was_typed_and_says_what_to_mend(client, changes, words):
    make.me("Leak Watch")
    client.force_login(make.user())
    answer = client.post("/mes/new/", sent(**changes))
    assert answer.status_code == 400
    assert words in text_of(answer)
    assert "Find leaks first." in text_of(answer)
    assert MicroEnterprise.objects.count() == 1


def test_a_lead_searches_a_person_and_takes_them_in(client):
    me = make.me()
    lead, anna = make.lead(me), make.user(of=make.person("Anna Tamm", external_id="E17"))
    client.force_login(lead)
    assert "Whom do you take in?" in text_of(client.get(url("add_member", me.pk)))
    assert "Nobody found" in text_of(client.get(url("add_member", me.pk), {"person": "zzz"}))
    found = text_of(client.get(url("add_member", me.pk), {"person": "tamm"}))
    assert "Anna Tamm (no unit, E17)" in found
    data = {"person": anna.person.pk, "role": "+", "new_role": "Plumber",
            "allocation_percent": "60", "starts_on": "2026-02-20"}  # fmt: skip
    answer = client.post(url("add_member", me.pk) + "?person=tamm", data, follow=True)
    assert "Anna Tamm is a member from 20 February 2026." in text_of(answer)
    assert (of(anna, me).role.name, of(anna, me).allocation_percent) == ("Plumber", 60)
    again = client.post(url("add_member", me.pk) + "?person=tamm", data)
    assert again.status_code == 400


def test_a_person_who_is_shared_beyond_all_of_their_time_is_pointed_out(client):
    me, anna = make.me(), make.member(make.me())
    client.force_login(make.lead(me))
    data = {"person": anna.person.pk, "role": "Lead", "allocation_percent": "50",
            "starts_on": "2026-02-20"}  # fmt: skip
    answer = client.post(
        url("add_member", me.pk) + f"?person={anna.person.name}", data, follow=True
    )
    assert f"{anna.person} is now at 150 %" in text_of(answer)


def test_a_lead_gives_rights_and_is_told_what_is_missing(client):
    me = make.me()
    lead, member = make.lead(me), make.member(me, person_accepted_at=None)
    client.force_login(lead)
    membership = of(member, me)
    data = {"role": membership.role_id, "allocation_percent": "100", "may_sign": "on",
            "share_points": "40"}  # fmt: skip
    where = url("change_member", me.pk, membership.pk)
    assert "acceptance of the partnership terms" in text_of(client.get(where))
    refused = client.post(where, data)
    assert refused.status_code == 409
    assert f"{member.person}’s acceptance of the partnership terms is missing." in text_of(refused)
    client.force_login(member)
    client.post(url("accept_terms", me.pk, membership.pk))
    client.force_login(lead)
    assert client.post(where, data).status_code == 302
    assert (of(member, me).may_sign, of(member, me).share_points) == (True, 40)


def test_whoever_waits_for_the_terms_reads_it_on_the_page_and_accepts(client):
    me = make.me("Leak Finders")
    member = make.member(me, person_accepted_at=None)
    client.force_login(member)
    page = f"/mes/{me.pk}/"
    assert "Accept the partnership terms" in text_of(client.get(page))
    answer = client.post(url("accept_terms", me.pk, of(member, me).pk), follow=True)
    assert f"{member.person} is a partner of Leak Finders." in text_of(answer)
    assert "Accept the partnership terms" not in text_of(client.get(page))


def test_a_lead_accepts_for_all_imported_people_with_one_button(client):
    me = make.me()
    client.force_login(make.lead(me))
    for _ in range(2):
        make.member(me, lead_accepted_at=None)
    assert "Two members wait, for" not in text_of(client.get(f"/mes/{me.pk}/"))
    assert "Two members wait for your acceptance" in text_of(client.get(f"/mes/{me.pk}/"))
    answer = client.post(url("accept_all_terms", me.pk), follow=True)
    assert "accepted for 2 people" in text_of(answer)


def test_a_lead_ends_a_membership_with_a_day(client):
    me = make.me()
    lead, member = make.lead(me), make.member(me)
    client.force_login(lead)
    where = url("end_member", me.pk, of(member, me).pk)
    assert "cannot be before" in text_of(client.post(where, {"ends_on": "2026-01-01"}))
    answer = client.post(where, {"ends_on": "2026-03-31"}, follow=True)
    assert f"{member.person} is a member until 31 March 2026, inclusive." in text_of(answer)


def test_a_lead_keeps_roles_and_outcomes(client):
    me = make.me()
    client.force_login(make.lead(me))
    first = me.outcomes.get()
    client.post(url("add_role", me.pk), {"name": "Plumber", "outcomes": [first.pk]})
    role = me.roles.get(name="Plumber")
    assert role.links.live(on=TODAY).get().outcome == first
    refused = client.post(url("end_outcome", me.pk, first.pk), {"ends_on": "2026-02-20"})
    assert "is the last live outcome" in text_of(refused)
    fields = {name: value for name, value in sent(outcome="No second visit").items()
              if name not in ("name", "kind", "purpose", "role", "accepts")}  # fmt: skip
    client.post(url("add_outcome", me.pk), fields)
    assert (
        client.post(url("end_outcome", me.pk, first.pk), {"ends_on": "2026-02-20"}).status_code
        == 302
    )
    second = me.outcomes.get(name="No second visit")
    client.post(url("change_outcome", me.pk, second.pk), fields | {"target": "3"})
    second.refresh_from_db()
    assert second.target == 3
    client.post(url("change_role", me.pk, role.pk), {"name": "Fitter", "outcomes": [second.pk]})
    role.refresh_from_db()
    assert role.name == "Fitter"


def test_every_deed_of_a_lead_is_closed_to_others_and_the_attempt_is_on_record(client):
    me = make.me()
    member, stranger = make.member(me), make.lead(make.me())
    client.force_login(stranger)
    for name, *keys in (
        ("add_member",), ("change_member", of(member, me).pk), ("end_member", of(member, me).pk),
        ("add_role",), ("change_role", me.roles.get().pk), ("add_outcome",),
        ("change_outcome", me.outcomes.get().pk), ("end_outcome", me.outcomes.get().pk),
        ("describe",), ("reject",), ("rights",), ("name_lead",),
    ):  # fmt: skip
        assert client.post(url(name, me.pk, *keys), {}).status_code == 403, name
    assert AuditEvent.objects.filter(actor=stranger, was_refused=True).count() == 12


def test_a_row_of_another_me_is_not_to_be_found_under_this_one(client):
    me, other = make.me(), make.me()
    client.force_login(make.lead(me))
    foreign = of(make.member(other), other)
    for name, key in (
        ("change_member", foreign.pk), ("change_role", foreign.role_id),
        ("change_outcome", other.outcomes.get().pk),
    ):  # fmt: skip
        assert client.post(url(name, me.pk, key)).status_code == 404


def test_one_acts_for_own_mes_only(client):
    mine, foreign = make.me("Mine"), make.me("Foreign")
    client.force_login(make.member(mine))
    answer = client.post(url("act_for", mine.pk), {"next": "/mes/"})
    assert (answer.status_code, answer.url) == (302, "/mes/")
    assert client.session["acting_me"] == mine.pk
    assert client.post(url("act_for", foreign.pk)).status_code == 404
    assert client.get(url("act_for", mine.pk)).status_code == 405
    away = client.post(url("act_for", mine.pk), {"next": "https://evil.example/"})
    assert away.url == "/"


def test_an_hr_admin_names_the_lead_of_an_imported_me_and_describes_it(client):
    me = make.me("Unit 7", state="proposed", hr_unit="Unit 7", may_decide=False)
    worker = make.member(me, is_imported=True, person_accepted_at=None, lead_accepted_at=None)
    client.force_login(make.hr_admin())
    assert str(worker.person) in text_of(client.get(url("name_lead", me.pk)))
    answer = client.post(url("name_lead", me.pk), {"person": worker.person.pk}, follow=True)
    assert f"{worker.person} is named." in text_of(answer)
    words = {"name": "Leak Finders", "kind": "frontline", "purpose": "Find leaks first."}
    assert client.post(url("describe", me.pk), words).status_code == 302
    me.refresh_from_db()
    assert (me.name, me.kind) == ("Leak Finders", "frontline")
    client.force_login(worker)
    answer = client.post(url("accept_terms", me.pk, of(worker, me).pk), follow=True)
    assert f"{worker.person} leads Leak Finders." in text_of(answer)


def test_an_hr_admin_rejects_a_proposal_with_a_reason(client):
    me = make.proposed()
    client.force_login(make.hr_admin())
    assert client.post(url("reject", me.pk), {"reason": ""}).status_code == 400
    answer = client.post(url("reject", me.pk), {"reason": "Too small."}, follow=True)
    assert "Rejected: Too small." in text_of(answer)


def test_rights_are_granted_with_their_extent_and_taken_back(client):
    me = make.me(may_decide=False)
    client.force_login(make.hr_admin())
    data = {"decide": "on", "decide_extent": "up to 20,000.00", "hire": "on", "hire_extent": ""}
    answer = client.post(url("rights", me.pk), data, follow=True)
    assert "up to 20,000.00, since 20 February 2026" in text_of(answer)
    client.post(url("rights", me.pk), {"decide": "on", "decide_extent": "up to 20,000.00"})
    held = dict(me.rights.values_list("right", "ends_on"))
    assert held == {"decide": None, "hire": TODAY}


def test_the_partnership_terms_are_a_page(client):
    make.org()
    client.force_login(make.user())
    assert "partner, not a subordinate" in text_of(client.get("/mes/terms/"))


class TestPolicies:
    key = "offer_lapses_after_days"

    def send(self, client, step, **changes):
        data = {"value": "10", "valid_from_on": "2026-03-15", "reason": "Quicker.", "step": step}
        return client.post(f"/hr/policies/{self.key}/", data | changes, follow=True)

    @pytest.fixture(autouse=True)
    def _org(self):
        make.org()

    def test_an_hr_admin_previews_a_change_and_then_sets_it(self, client):
        client.force_login(make.hr_admin())
        said = text_of(self.send(client, "preview"))
        assert (
            "From 15 March 2026 it reads: An unanswered offer lapses after 10 calendar days after "
            "the last offer or counter, instead of 14. "
            "The first month that is computed with it is April 2026"
        ) in said
        assert "It was never changed." in said
        said = text_of(self.send(client, "set"))
        assert "version 1 holds from 15 March 2026" in said
        assert "Quicker." in said
        assert "10 from 15 March 2026" in text_of(client.get("/hr/policies/"))

    @pytest.mark.parametrize(
        ("changes", "words"),
        [
            ({"valid_from_on": "2026-02-20"}, "holds from 21 February 2026 at the earliest"),
            ({"value": "0"}, "greater than or equal to 1"),
            ({"reason": ""}, "This field is required"),
        ],
    )
    @pytest.mark.parametrize("step", ["preview", "set"])
    def test_a_wrong_change_is_refused_beside_its_field(self, client, step, changes, words):
        client.force_login(make.hr_admin())
        answer = self.send(client, step, **changes)
        assert answer.status_code == 400
        assert words in text_of(answer)

    def test_a_switch_is_turned_off(self, client):
        client.force_login(make.hr_admin())
        self.key = "settlement_posts_itself"
        said = text_of(self.send(client, "preview", value="off"))
        assert "Settled months post by themselves: off, instead of on." in said

    def test_the_chro_and_auditors_read_the_rules_and_change_none(self, client):
        for office in ("is_chro", "is_auditor"):
            client.force_login(make.office(**{office: True}))
            assert "Change it" not in text_of(client.get(f"/hr/policies/{self.key}/"))
            assert self.send(client, "set").status_code == 403
        client.force_login(make.user())
        assert client.get("/hr/policies/").status_code == 403
        assert client.get("/hr/policies/weather/").status_code == 403

    def test_an_unknown_rule_is_not_found(self, client):
        client.force_login(make.hr_admin())
        assert client.get("/hr/policies/weather/").status_code == 404


class TestAuditTrail:
    @pytest.fixture
    def auditor(self, client):
        make.org()
        client.force_login(make.office(is_auditor=True))
        return client

    def test_only_auditors_read_it(self, client):
        make.org()
        for user in (make.user(), make.hr_admin(), make.office(is_chro=True)):
            client.force_login(user)
            assert client.get("/audit/").status_code == 403

    def test_an_auditor_filters_it_by_who_what_me_refusal_and_days(self, auditor, client):
        founder, stranger = make.user(of=make.person("Anna Tamm")), make.user()
        me = make.proposed(by=founder)
        other = client.__class__()
        other.force_login(stranger)
        other.post(url("reject", me.pk), {"reason": "No."})
        cases = {
            "": {"form", "refused"},
            "?actor=tamm": {"form"},
            "?action=micro_enterprise.": {"form"},
            "?me=leak": {"form"},
            "?refused=yes": {"refused"},
            "?refused=no": {"form"},
            "?since=2026-02-21": set(),
            "?until=2026-02-19": set(),
            "?since=2026-02-20&until=2026-02-20": {"form", "refused"},
        }
        for query, expected in cases.items():
            said = text_of(auditor.get(f"/audit/{query}"))
            found = {"form"} if "micro_enterprise.form" in said else set()
            found |= {"refused"} if "state-act" in said else set()
            assert found == expected, query

    def test_the_newest_event_comes_first_and_pages_have_fifty(self, auditor):
        AuditEvent.objects.bulk_create(
            AuditEvent(at=f"2026-01-{day:02}T{hour:02}:00Z", on=date(2026, 1, day),
                       action=f"deed.d{day:02}h{hour:02}")
            for day in range(1, 11) for hour in range(6)
        )  # fmt: skip
        said = text_of(auditor.get("/audit/"))
        assert said.index("deed.d10h05") < said.index("deed.d10h04") < said.index("deed.d09h05")
        assert "deed.d01h00" not in said
        assert "deed.d01h00" in text_of(auditor.get("/audit/?page=2"))
        assert "the timetable" in said

    def test_it_costs_the_same_for_ten_and_for_a_thousand_events(self, auditor):
        founder = make.user()

        def add(count):
            AuditEvent.objects.bulk_create(
                AuditEvent(at="2026-01-01T00:00Z", on=TODAY, action="deed", actor=founder)
                for _ in range(count)
            )

        def cost():
            with CaptureQueriesContext(connection) as queries:
                assert auditor.get("/audit/?action=deed").status_code == 200
            return len(queries)

        add(10)
        few = cost()
        add(990)
        assert cost() == few
