"""How an ME comes into being: proposed by a member, named, granted and activated by an HR admin."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction

from accounts import actions, permissions
from accounts.constraints import name_of
from accounts.errors import Forbidden, Invalid, Refused
from accounts.models import AuditEvent, Membership, MicroEnterprise, RightsGrant
from tests import make
from tests.database import at_once
from tests.make import TODAY

TOMORROW = TODAY + timedelta(days=1)
pytestmark = pytest.mark.django_db


def ready(**fields):
    """A proposed ME that lacks nothing but its activation."""
    founder, hr = make.user(), make.hr_admin()
    me = make.proposed(by=founder, has_outside_customer=True, **fields)
    actions.name_lead(me, person=founder.person, is_acting=False, by=hr, on=TODAY)
    actions.grant_right(me, "decide", extent="up to 10,000.00", by=hr, on=TODAY)
    return me, founder, hr


def activate(me, *, by, has_live_offering=False):
    return actions.activate(me, has_live_offering=has_live_offering, by=by, on=TODAY)


def test_whoever_forms_an_me_is_its_first_member_in_a_role_tied_to_its_first_outcome():
    founder = make.user()
    me = make.proposed(by=founder)
    assert me.state == "proposed"
    first = me.memberships.get()
    assert first.person == founder.person
    assert not first.is_imported
    assert first.person_accepted_at is not None
    assert first.lead_accepted_at is None
    assert first.role.links.live(on=TODAY).get().outcome == me.outcomes.get()
    assert AuditEvent.objects.get(action="micro_enterprise.form").actor == founder


def test_a_name_is_used_once_whatever_its_case():
    make.proposed("Leak Finders")
    with pytest.raises(Invalid, match="“leak finders” exists already") as refused:
        make.proposed("leak finders")
    assert refused.value.field == "name"
    with pytest.raises(IntegrityError) as broken, transaction.atomic():
        MicroEnterprise.objects.create(name="LEAK finders", kind="service", formed_on=TODAY)
    assert name_of(broken.value) == "micro_enterprise_named_once"


def test_an_outcome_that_changes_nothing_is_none():
    with pytest.raises(Invalid, match="nothing would change for the customer") as refused:
        make.proposed(outcome=make.outcome_terms(target=Decimal(9)))
    assert refused.value.field == "target"
    assert not MicroEnterprise.objects.exists()


def test_activation_names_every_guard_that_is_missing_in_one_sentence():
    me, hr = make.proposed(), make.hr_admin()
    with pytest.raises(Refused) as refused:
        activate(me, by=hr)
    assert str(refused.value) == (
        "Leak Finders cannot be activated yet: it needs a lead who accepted the partnership terms, "
        "a published offering or a customer outside the firm and the right to decide."
    )
    me.refresh_from_db()
    assert me.state == "proposed"
    assert not AuditEvent.objects.filter(action="micro_enterprise.activate").exists()


def test_an_outcome_that_ended_is_no_live_outcome():
    me, founder, hr = ready()
    actions.end_outcome(me.outcomes.get(), ends_on=TODAY, by=founder, on=TODAY)
    with pytest.raises(Refused, match="it needs a live customer outcome"):
        actions.activate(me, has_live_offering=True, by=hr, on=TOMORROW)


def test_with_lead_outcome_customer_and_right_an_hr_admin_activates_it_once():
    me, _, hr = ready()
    activate(me, by=hr)
    activate(me, by=make.hr_admin())
    me.refresh_from_db()
    assert (me.state, me.activated_on) == ("active", TODAY)
    assert AuditEvent.objects.filter(action="micro_enterprise.activate").count() == 1


def test_a_live_offering_stands_for_an_outside_customer():
    me, founder, hr = ready()
    on = {"name": me.name, "kind": "service", "purpose": me.purpose, "legal_entity": ""}
    actions.describe(me, **on, has_outside_customer=False, by=founder, on=TODAY)
    with pytest.raises(Refused, match="a published offering or a customer outside the firm"):
        activate(me, by=hr)
    activate(me, by=hr, has_live_offering=True)


@pytest.mark.parametrize("office", ["is_chro", "is_auditor"])
def test_only_hr_admins_activate(office):
    me, founder, _ = ready()
    for other in (founder, make.office(**{office: True})):
        with pytest.raises(Forbidden, match="Only an HR admin activates"):
            activate(me, by=other)


@pytest.mark.django_db(transaction=True)
def test_two_hr_admins_who_activate_at_once_activate_it_once():
    me, _, first = ready()
    second = make.hr_admin()
    at_once([lambda: activate(me, by=first), lambda: activate(me, by=second)])
    assert AuditEvent.objects.filter(action="micro_enterprise.activate").count() == 1


def test_a_rejected_me_knows_why_and_never_starts():
    me, founder, hr = ready()
    with pytest.raises(Invalid, match="Say why it is rejected"):
        actions.reject(me, reason=" ", by=hr, on=TODAY)
    actions.reject(me, reason="Leak Watch does this already.", by=hr, on=TODAY)
    me.refresh_from_db()
    assert (me.state, me.rejected_because) == ("rejected", "Leak Watch does this already.")
    with pytest.raises(Refused, match="Leak Finders is rejected; only a proposed"):
        activate(me, by=hr)
    assert not permissions.mes_of(founder, on=TODAY).exists()
    with pytest.raises(IntegrityError) as broken, transaction.atomic():
        MicroEnterprise.objects.filter(pk=me.pk).update(rejected_because="")
    assert name_of(broken.value) == "rejected_me_knows_why"


def test_an_active_me_is_not_rejected():
    me, _, hr = ready()
    activate(me, by=hr)
    with pytest.raises(Refused, match="Leak Finders is active; only a proposed one"):
        actions.reject(me, reason="No.", by=hr, on=TODAY)


def test_once_it_trades_only_the_purpose_and_the_legal_entity_of_an_me_change():
    me, founder, hr = ready()
    activate(me, by=hr)
    kept = {"kind": "service", "has_outside_customer": True, "by": founder, "on": TODAY}
    with pytest.raises(Refused, match="its name, kind and outside customer no longer change"):
        actions.describe(me, name="Water Finders", purpose="x", legal_entity="", **kept)
    actions.describe(me, name=me.name, purpose="Find every leak.", legal_entity="TW AS", **kept)
    me.refresh_from_db()
    assert (me.purpose, me.legal_entity) == ("Find every leak.", "TW AS")
    said = AuditEvent.objects.get(action="micro_enterprise.describe").details["changes"]
    assert said["purpose"] == ["Find leaks before customers do.", "Find every leak."]


def test_hr_admins_and_the_former_name_a_proposed_me_and_strangers_do_not():
    former = make.user()
    me = make.proposed(by=former)
    words = {"kind": "frontline", "purpose": "", "legal_entity": "", "has_outside_customer": True}
    actions.describe(me, name="Leak Watch", **words, by=former, on=TODAY)
    me = actions.describe(me, name="Leak Watchers", **words, by=make.hr_admin(), on=TODAY)
    with pytest.raises(Forbidden, match="Only its lead changes the words of Leak Watchers"):
        actions.describe(me, name="Mine", **words, by=make.user(), on=TODAY)


def test_the_first_lead_leads_from_the_day_of_accepting_the_terms():
    hr, named = make.hr_admin(), make.user()
    me = make.proposed()
    membership = actions.name_lead(me, person=named.person, is_acting=False, by=hr, on=TODAY)
    assert not permissions.is_lead(named, me, on=TODAY)
    actions.accept_terms(membership, by=named, on=TOMORROW)
    assert not permissions.is_lead(named, me, on=TODAY)
    assert permissions.is_lead(named, me, on=TOMORROW)


def test_a_founder_who_is_named_lead_leads_at_once():
    me, founder, _ = ready()
    assert permissions.is_lead(founder, me, on=TODAY)
    assert permissions.may_sign_for(founder, me, on=TODAY)


def test_an_hr_admin_names_no_lead_where_one_stays_and_never_themselves():
    me, founder, hr = ready()
    with pytest.raises(Refused, match=f"{founder.person} leads Leak Finders"):
        actions.name_lead(me, person=make.person(), is_acting=False, by=hr, on=TODAY)
    other = make.proposed("Pipe Fitters")
    with pytest.raises(Forbidden, match="never themselves"):
        actions.name_lead(other, person=hr.person, is_acting=False, by=hr, on=TODAY)


def test_whoever_joins_later_is_not_named_lead_by_a_second_membership():
    hr, me = make.hr_admin(), make.me()
    coming = make.member(me, starts_on=TODAY + timedelta(days=30))
    with pytest.raises(Invalid, match="or will be from a later day"):
        actions.name_lead(me, person=coming.person, is_acting=False, by=hr, on=TODAY)


def test_only_one_person_is_asked_to_lead_at_a_time():
    hr, me = make.hr_admin(), make.proposed()
    first = actions.name_lead(me, person=make.person(), is_acting=False, by=hr, on=TODAY)
    second = actions.name_lead(me, person=make.person(), is_acting=False, by=hr, on=TODAY)
    first.refresh_from_db()
    assert (first.named_as, second.named_as) == ("", "lead")


def test_when_a_sole_lead_leaves_an_acting_lead_leads_until_a_lead_is_named():
    hr, me = make.hr_admin(), make.me()
    leaving, acting, chosen = make.lead(me), make.member(me), make.member(me)
    Membership.objects.filter(person=leaving.person).update(ends_on=TODAY)
    actions.name_lead(me, person=acting.person, is_acting=True, by=hr, on=TODAY)
    assert permissions.may_sign_for(acting, me, on=TODAY)
    actions.name_lead(me, person=chosen.person, is_acting=False, by=hr, on=TOMORROW)
    assert permissions.is_lead(acting, me, on=TODAY)
    assert not permissions.is_lead(acting, me, on=TOMORROW)
    assert permissions.is_lead(chosen, me, on=TOMORROW)
    assert not permissions.is_lead(leaving, me, on=TOMORROW)


def test_an_acting_lead_needs_both_acceptances_as_well():
    with pytest.raises(IntegrityError) as broken, transaction.atomic():
        make.member(make.me(), is_acting_lead=True, person_accepted_at=None)
    assert name_of(broken.value) == "rights_need_both_acceptances"


def test_a_new_extent_of_a_right_keeps_the_old_one_for_its_days():
    hr, me = make.hr_admin(), make.proposed()
    actions.grant_right(me, "hire", extent="two people", by=hr, on=TODAY)
    actions.grant_right(me, "hire", extent="three people", by=hr, on=TODAY)
    actions.grant_right(me, "hire", extent="five people", by=hr, on=TOMORROW)
    on_day = [RightsGrant.objects.current(on=day).get(right="hire") for day in (TODAY, TOMORROW)]
    assert [each.extent for each in on_day] == ["three people", "five people"]
    actions.end_right(me, "hire", by=hr, on=TOMORROW)
    assert not RightsGrant.objects.current(on=TOMORROW + timedelta(days=1)).exists()
    with pytest.raises(Forbidden, match="Only an HR admin grants rights"):
        actions.grant_right(me, "hire", extent="", by=make.user(), on=TODAY)


def test_a_right_is_granted_once_at_a_time():
    me, hr = make.me(), make.hr_admin()
    with pytest.raises(IntegrityError) as broken, transaction.atomic():
        me.rights.create(right="decide", starts_on=TODAY, granted_by=hr)
    assert name_of(broken.value) == "right_granted_once_at_a_time"


def test_nobody_signs_for_an_me_without_the_right_to_decide():
    me = make.me(may_decide=False)
    assert not permissions.may_sign_for(make.lead(me), me, on=TODAY)
