"""Partners: who is in an ME, in which role, with which rights and since when."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction

from accounts import actions, permissions
from accounts.constraints import name_of
from accounts.errors import Forbidden, Invalid, Refused
from accounts.models import AuditEvent, Membership
from tests import make
from tests.database import at_once
from tests.make import TODAY

TOMORROW = TODAY + timedelta(days=1)
pytestmark = pytest.mark.django_db


def add(me, *, by, who=None, role="Plumber", starts_on=TODAY, percent=80):
    return actions.add_member(
        me, person=who or make.person(), role=role, allocation_percent=Decimal(percent),
        starts_on=starts_on, by=by, on=TODAY,
    )  # fmt: skip


def change(membership, *, by, on=TODAY, **wanted):
    kept = {
        "role": membership.role, "allocation_percent": membership.allocation_percent,
        "may_sign": membership.may_sign, "is_lead": membership.is_lead,
        "share_points": membership.share_points,
    }  # fmt: skip
    return actions.change_membership(membership, **kept | wanted, by=by, on=on)


def of(user, me, *, on=TODAY):
    return Membership.objects.current(on=on).get(person=user.person, micro_enterprise=me)


def test_a_lead_adds_a_person_who_then_accepts_the_terms():
    me, who = make.me(), make.user()
    membership = add(me, by=make.lead(me), who=who.person)
    assert membership.lead_accepted_at is not None
    assert not membership.is_accepted
    assert actions.accept_terms(membership, by=who, on=TODAY).is_accepted
    assert permissions.is_member(who, me, on=TODAY)


def test_members_and_leads_of_other_mes_add_nobody():
    me = make.me()
    for stranger in (make.member(me), make.lead(make.me()), make.hr_admin()):
        with pytest.raises(Forbidden, match="Only the lead of"):
            add(me, by=stranger)


def test_a_lead_never_changes_the_own_membership():
    me = make.me()
    lead = make.lead(me)
    with pytest.raises(Forbidden, match="nobody changes their own"):
        change(of(lead, me), by=lead, share_points=100)
    with pytest.raises(Forbidden, match="nobody changes their own"):
        actions.end_membership(of(lead, me), ends_on=TODAY, by=lead, on=TODAY)
    with pytest.raises(Forbidden, match="nobody adds themselves"):
        add(me, by=lead, who=lead.person)


def test_a_person_is_in_an_me_once_on_each_day():
    me = make.me()
    lead, member = make.lead(me), make.member(me)
    with pytest.raises(Invalid, match=r"is a member of .* already") as refused:
        add(me, by=lead, who=member.person, starts_on=date(2026, 6, 1))
    assert refused.value.field == "person"
    actions.end_membership(of(member, me), ends_on=date(2026, 5, 31), by=lead, on=TODAY)
    assert add(me, by=lead, who=member.person, starts_on=date(2026, 6, 1)).pk
    with pytest.raises(IntegrityError) as broken, transaction.atomic():
        make.member(me, who=member, starts_on=date(2026, 5, 31), ends_on=date(2026, 5, 31))
    assert name_of(broken.value) == "one_membership_per_person_me_and_day"


@pytest.mark.django_db(transaction=True)
def test_two_leads_who_add_the_same_person_at_once_make_one_membership():
    me, who = make.me(), make.person()
    leads = [make.lead(me), make.lead(me)]

    def attempt(lead):
        try:
            return bool(add(me, by=lead, who=who))
        except Invalid:
            return False

    assert sorted(at_once([lambda lead=lead: attempt(lead) for lead in leads])) == [False, True]
    assert me.memberships.filter(person=who).count() == 1
    assert AuditEvent.objects.filter(action="membership.add").count() == 1


def test_a_membership_starts_today_at_the_earliest_and_never_for_a_leaver():
    me = make.me()
    lead = make.lead(me)
    with pytest.raises(Invalid, match="starts today at the earliest"):
        add(me, by=lead, starts_on=TODAY - timedelta(days=1))
    with pytest.raises(Invalid, match="has left the firm"):
        add(me, by=lead, who=make.person(left_on=date(2026, 1, 31)))


def test_a_future_end_works_by_the_date_and_needs_no_job():
    me = make.me()
    lead, member = make.lead(me), make.member(me)
    actions.end_membership(of(member, me), ends_on=TOMORROW, by=lead, on=TODAY)
    assert permissions.is_member(member, me, on=TOMORROW)
    assert not permissions.is_member(member, me, on=TOMORROW + timedelta(days=1))
    with pytest.raises(Invalid, match="cannot be before 20 February 2026"):
        actions.end_membership(of(member, me), ends_on=date(2026, 1, 5), by=lead, on=TODAY)


def test_rights_and_points_wait_for_what_is_missing_and_the_refusal_names_it():
    me = make.me()
    lead, who = make.lead(me), make.user()
    membership = add(me, by=lead, who=who.person)
    with pytest.raises(Refused) as refused:
        change(membership, by=lead, share_points=50)
    assert str(refused.value) == (
        f"{who.person} cannot sign, lead or hold share points yet: {who.person}’s acceptance "
        "of the partnership terms and a tie between the role “Plumber” and a live customer outcome "
        "are missing."
    )
    actions.accept_terms(membership, by=who, on=TODAY)
    with pytest.raises(Refused, match=r"a tie between the role “Plumber” .* is missing"):
        change(membership, by=lead, may_sign=True)
    actions.change_role(
        membership.role, name="Plumber", description="", outcomes=list(me.outcomes.all()),
        by=lead, on=TODAY,
    )  # fmt: skip
    changed = change(membership, by=lead, may_sign=True, share_points=50)
    assert (changed.may_sign, changed.share_points) == (True, 50)
    assert permissions.may_sign_for(who, me, on=TODAY)


@pytest.mark.parametrize("side", ["person_accepted_at", "lead_accepted_at"])
@pytest.mark.parametrize("right", [{"may_sign": True}, {"is_lead": True}, {"share_points": 1}])
def test_the_database_gives_no_right_before_both_sides_accepted(side, right):
    with pytest.raises(IntegrityError) as broken, transaction.atomic():
        make.member(make.me(), **right, **{side: None})
    assert name_of(broken.value) == "rights_need_both_acceptances"


def test_a_change_holds_from_its_day_on_and_every_past_day_keeps_its_own():
    me = make.me()
    lead, member = make.lead(me), make.member(me)
    changed = change(of(member, me), by=lead, on=TOMORROW, allocation_percent=Decimal(40))
    assert of(member, me, on=TODAY).allocation_percent == 100
    assert of(member, me, on=TOMORROW) == changed
    assert changed.allocation_percent == 40
    said = AuditEvent.objects.get(action="membership.change").details["changes"]
    assert said == {"allocation_percent": ["100.00", "40"]}
    stale = Membership.objects.get(person=member.person, ends_on=TODAY)
    with pytest.raises(Refused, match="or goes on under newer terms"):
        change(stale, by=lead, on=TOMORROW, share_points=5)


def test_saving_without_a_change_adds_no_row_and_no_event():
    me = make.me()
    lead, member = make.lead(me), make.member(me)
    change(of(member, me), by=lead)
    assert me.memberships.filter(person=member.person).count() == 1
    assert not AuditEvent.objects.filter(action="membership.change").exists()


def test_a_lead_makes_another_partner_lead():
    me = make.me()
    lead, member = make.lead(me), make.member(me)
    change(of(member, me), by=lead, is_lead=True)
    assert permissions.is_lead(member, me, on=TODAY)


def test_an_imported_person_is_a_member_at_once_and_a_partner_after_both_accepted():
    me = make.me()
    lead = make.lead(me)
    who = make.member(me, is_imported=True, person_accepted_at=None, lead_accepted_at=None)
    assert permissions.is_member(who, me, on=TODAY)
    actions.accept_terms(of(who, me), by=lead, on=TODAY)
    actions.accept_terms(of(who, me), by=lead, on=TODAY)
    assert not of(who, me).is_accepted
    actions.accept_terms(of(who, me), by=who, on=TODAY)
    assert of(who, me).is_accepted
    assert AuditEvent.objects.filter(action="membership.accept").count() == 2


def test_nobody_accepts_for_somebody_else():
    me = make.me()
    make.lead(me)
    who = make.member(me, person_accepted_at=None, lead_accepted_at=None)
    for other in (make.member(me), make.lead(make.me()), make.hr_admin()):
        with pytest.raises(Forbidden, match=r"accepted by .* and by the lead of"):
            actions.accept_terms(of(who, me), by=other, on=TODAY)


def test_an_hr_admin_stands_for_an_me_that_has_no_other_lead():
    me, hr = make.me(), make.hr_admin()
    who = make.member(me, lead_accepted_at=None)
    assert actions.accept_terms(of(who, me), by=hr, on=TODAY).is_accepted


def test_a_lead_accepts_for_all_imported_people_at_once_but_not_for_themselves():
    me = make.me()
    lead = make.lead(me)
    for _ in range(3):
        make.member(me, lead_accepted_at=None)
    assert actions.accept_all_terms(me, by=lead, on=TODAY) == 3
    assert actions.accept_all_terms(me, by=lead, on=TODAY) == 0
    with pytest.raises(Forbidden, match="Only the lead accepts"):
        actions.accept_all_terms(me, by=make.member(me), on=TODAY)


@pytest.mark.parametrize("percent", ["0", "100.01", "-5"])
def test_the_share_of_a_person_is_above_zero_and_at_most_all_of_it(percent):
    with pytest.raises(IntegrityError) as broken, transaction.atomic():
        make.member(make.me(), allocation_percent=Decimal(percent))
    assert name_of(broken.value) == "allocation_is_a_share_of_the_person"


def test_a_membership_does_not_end_before_it_starts():
    with pytest.raises(IntegrityError) as broken, transaction.atomic():
        make.member(make.me(), ends_on=date(2025, 12, 31))
    # The range of days is impossible before the check is asked.
    assert name_of(broken.value) in {None, "membership_ends_after_it_starts"}
