"""People, micro-enterprises, memberships, roles and outcomes through the API."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import AuditEvent, Membership, MicroEnterprise, Person, Role
from tests import make

pytestmark = pytest.mark.django_db
OUTCOME = {
    "name": "Water is back sooner", "customer": "Households", "metric": "hours without water",
    "unit": "h", "baseline": "9", "target": "4", "source": "call centre",
}  # fmt: skip


def test_hr_data_comes_in_by_the_hr_systems_own_key():
    make.org()
    hris = make.api_with("people:write", "people:read")
    body = {"name": "Mari Maasikas", "email": "mari@example.com", "fte": "0.80"}
    first = hris.put("people/E-17.b/", body)
    assert (first.status_code, first.json()["external_id"]) == (201, "E-17.b")
    again = hris.put("people/E-17.b/", body | {"name": "Mari Mets"})
    assert (again.status_code, again.json()["name"], again.json()["fte"]) == (
        200, "Mari Mets", "0.80",
    )  # fmt: skip
    assert again.json()["id"] == first.json()["id"]
    assert Person.objects.filter(external_id="E-17.b").count() == 1
    assert hris.get("people/E-17.b/").json()["email"] == "mari@example.com"
    left = hris.post("people/E-17.b/leave/", {})
    assert left.json()["left_on"] == "2026-02-20"


def test_hr_data_is_open_to_hr_and_closed_to_colleagues():
    here, elsewhere = make.me(), make.me()
    fellow, stranger = make.member(here), make.member(elsewhere)
    fellow.person.email = "fellow@example.com"
    fellow.person.save()
    member = make.api_of(make.member(here))
    seen = member.get(f"people/{fellow.person.external_id}/").json()
    assert (seen["name"], seen["email"], seen["job_title"]) == (fellow.person.name, None, None)
    assert member.get(f"people/{stranger.person.external_id}/").status_code == 404
    assert member.get("people/", {"email": "fellow@example.com"}).json()["results"] == []
    hr_admin = make.api_of(make.hr_admin())
    found = hr_admin.get("people/", {"email": "fellow@example.com"}).json()["results"]
    assert [each["name"] for each in found] == [fellow.person.name]
    assert member.put("people/X1/", {"name": "X"}).status_code == 403


def test_a_person_of_the_firm_forms_an_me_and_an_hr_admin_lets_it_trade():
    make.org()
    founder, hr_admin = make.user(), make.api_of(make.hr_admin())
    forming = make.api_of(founder)
    formed = forming.post(
        "micro-enterprises/",
        {"name": "Leak Finders", "kind": "service", "purpose": "Find leaks.", "outcome": OUTCOME,
         "has_outside_customer": True},
    )  # fmt: skip
    assert formed.status_code == 201, formed.content
    me = formed.json()
    assert (me["state"], me["rights"], me["rejected_because"]) == ("proposed", [], None)
    address = f"micro-enterprises/{me['id']}"
    assert hr_admin.post(f"{address}/grant-right/", {"right": "decide"}).json()["rights"] == [
        "decide"
    ]
    early = hr_admin.post(f"{address}/activate/", {})
    assert (early.status_code, early.json()["code"]) == (409, "not_ready")
    named = hr_admin.post(f"{address}/name-lead/", {"person": str(founder.person.pk)})
    assert named.status_code == 200, named.content
    active = hr_admin.post(f"{address}/activate/", {})
    assert active.json()["state"] == "active", active.content
    assert forming.post(f"{address}/activate/", {}).status_code == 403
    settled = forming.patch(f"{address}/", {"name": "Leak Stoppers"})
    assert (settled.status_code, settled.json()["code"]) == (409, "not_proposed")
    assert forming.patch(f"{address}/", {"purpose": "Stop them."}).json()["purpose"] == "Stop them."
    taken = forming.post(
        "micro-enterprises/", {"name": "leak finders", "kind": "service", "outcome": OUTCOME}
    )
    assert (taken.status_code, taken.json()["errors"][0]["field"]) == (400, "name")


def test_a_lead_mans_the_me_ties_roles_and_ends_memberships():
    me = make.me()
    lead = make.api_of(make.lead(me))
    newcomer = make.user()
    outcome = str(me.outcomes.get().pk)
    role = lead.post(
        "roles/", {"micro_enterprise": str(me.pk), "name": "Fitter", "outcomes": [outcome]}
    ).json()
    assert role["outcomes"] == [outcome]
    added = lead.post(
        "memberships/",
        {"micro_enterprise": str(me.pk), "external_id": newcomer.person.external_id,
         "role": "Fitter", "allocation_percent": "50"},
    )  # fmt: skip
    assert added.status_code == 201, added.content
    membership = added.json()
    assert (membership["role"], membership["starts_on"]) == (role["id"], "2026-02-20")
    early = lead.patch(f"memberships/{membership['id']}/", {"may_sign": True})
    assert (early.status_code, early.json()["code"]) == (409, "not_a_partner")
    make.api_of(newcomer).post(f"memberships/{membership['id']}/accept/", {})
    rights = lead.patch(f"memberships/{membership['id']}/", {"may_sign": True, "share_points": 3})
    assert (rights.json()["may_sign"], rights.json()["share_points"]) == (True, 3)
    assert rights.json()["allocation_percent"] == "50.00"
    ended = lead.post(f"memberships/{rights.json()['id']}/end/", {"ends_on": "2026-03-31"})
    assert ended.json()["ends_on"] == "2026-03-31"
    renamed = lead.patch(f"roles/{role['id']}/", {"name": "Pipe fitter"}).json()
    assert (renamed["name"], renamed["outcomes"]) == ("Pipe fitter", [outcome])
    other = lead.post("customer-outcomes/", OUTCOME | {"micro_enterprise": str(me.pk)}).json()
    assert (other["target"], other["starts_on"]) == ("4.0000", "2026-02-20")
    over = lead.post(f"customer-outcomes/{other['id']}/end/", {"ends_on": "2026-02-20"})
    assert over.json()["ends_on"] == "2026-02-20"


def test_share_points_are_seen_by_the_person_and_the_own_lead_alone():
    me = make.me()
    holder = make.member(me, share_points=7)
    row = Membership.objects.get(person=holder.person)
    seen = {
        "the person": holder,
        "the lead": make.lead(me),
        "a fellow": make.member(me),
        "another lead": make.lead(make.me()),
        "an HR admin": make.hr_admin(),
        "an auditor": make.office(is_auditor=True),
    }
    points = {
        who: make.api_of(user).get(f"memberships/{row.pk}/").json()["share_points"]
        for who, user in seen.items()
    }
    assert {who for who, value in points.items() if value == 7} == {"the person", "the lead"}
    assert set(points.values()) == {7, None}
    client = make.api_with("people:read")
    assert client.get(f"memberships/{row.pk}/").json()["share_points"] is None


def test_a_program_gives_no_rights_and_accepts_for_nobody():
    me = make.me()
    row = Membership.objects.get(person=make.member(me).person)
    hris = make.api_with("people:write")
    given = hris.patch(f"memberships/{row.pk}/", {"share_points": 5})
    assert (given.status_code, given.json()["detail"]) == (
        403, "Signing, leading and share points are given by a person, not by a program.",
    )  # fmt: skip
    assert hris.post(f"memberships/{row.pk}/accept/", {}).status_code == 403


def test_a_refused_attempt_is_in_the_audit_trail_that_only_auditors_read():
    me = make.me()
    stranger = make.user()
    make.api_of(stranger).patch(f"micro-enterprises/{me.pk}/", {"purpose": "Mine."})
    make.api_with("market:read").get("people/")
    refusals = AuditEvent.objects.filter(was_refused=True)
    assert {each.target for each in refusals} == {
        f"/api/v1/micro-enterprises/{me.pk}/", "/api/v1/people/",
    }  # fmt: skip
    auditor = make.api_of(make.office(is_auditor=True))
    trail = auditor.get("audit-events/", {"was_refused": "true"}).json()["results"]
    assert {each["action"] for each in trail} == {"patch refused", "get refused"}
    assert make.api_of(make.hr_admin()).get("audit-events/").status_code == 403


@pytest.mark.parametrize("address", ["people", "micro-enterprises", "memberships", "roles"])
def test_a_thousand_rows_cost_as_many_queries_as_ten(address):
    api = make.api_of(make.hr_admin())
    for _ in range(10):
        make.member(make.me())
    api.get("")  # the day's first request of a token notes its use
    few = _queries_of(api, address, rows=10)
    _many()
    assert _queries_of(api, address, rows=200) == few


def _queries_of(api, address, *, rows):
    with CaptureQueriesContext(connection) as captured:
        page = api.get(f"{address}/", {"page_size": rows}).json()
    assert len(page["results"]) == rows
    return len(captured)


def _many():
    """A thousand more MEs, each with a role and a member."""
    numbers = range(1000)
    people = Person.objects.bulk_create(
        Person(external_id=f"many {n}", name=f"Person of many {n}") for n in numbers
    )
    mes = MicroEnterprise.objects.bulk_create(
        MicroEnterprise(
            name=f"ME of many {n}", kind="service", state="active", formed_on=make.TODAY,
            activated_on=make.TODAY,
        )
        for n in numbers
    )  # fmt: skip
    roles = Role.objects.bulk_create(Role(micro_enterprise=me, name="Partner") for me in mes)
    Membership.objects.bulk_create(
        Membership(person=person, micro_enterprise=me, role=role, starts_on=make.TODAY)
        for person, me, role in zip(people, mes, roles, strict=True)
    )
