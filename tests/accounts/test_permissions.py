"""The table of PRODUCT 4.22, row by row: who may do what, asked of every kind of visitor."""

from datetime import date, timedelta

import pytest

from accounts import permissions as may
from accounts.models import Membership, User
from tests import make
from tests.make import TODAY

pytestmark = pytest.mark.django_db

ALL_SCOPES = frozenset(
    {
        "people:read", "people:write", "market:read", "market:write", "contracts:read",
        "contracts:write", "usage:write", "money:read", "money:write", "learning:read",
        "learning:write", "settlement:run",
    }
)  # fmt: skip
OFFICES = {"hr_admin", "chro", "auditor"}
INSIDE = {"member", "lead", "signer", "acting_lead"}
SIGNING = {"lead", "signer", "acting_lead"}
LEADING = {"lead", "acting_lead"}
FIRM = INSIDE | OFFICES | {"stranger"}


@pytest.fixture
def ours(db):
    return make.me("Leak Finders")


@pytest.fixture
def theirs(db):
    return make.me("City South")


@pytest.fixture
def cast(ours, theirs):
    """One of each kind; `stranger` leads another ME and `client` holds every scope."""
    left = make.person(left_on=date(2026, 1, 31))
    client = User.objects.create_user("hris@example.com", name="HRIS", is_client=True)
    client.token_scopes = ALL_SCOPES
    return {
        "member": make.member(ours),
        "lead": make.lead(ours),
        "signer": make.member(ours, role="Seller", may_sign=True),
        "acting_lead": make.member(ours, role="Stand-in", is_acting_lead=True),
        "hr_admin": make.hr_admin(),
        "chro": make.office(is_chro=True),
        "auditor": make.office(is_auditor=True),
        "stranger": make.lead(theirs),
        "leaver": make.member(
            ours, who=make.user(of=left, is_hr_admin=True, is_chro=True, is_auditor=True),
            ends_on=date(2026, 1, 31), may_sign=True, is_lead=True,
        ),
        "client": client,
    }  # fmt: skip


def allowed(cast, question):
    return {name for name, user in cast.items() if question(user)}


def test_offerings_outside_offers_prices_and_scores_are_every_members(cast):
    assert allowed(cast, may.is_of_the_firm) == FIRM
    assert allowed(cast, may.may_see_market) == FIRM | {"client"}


def test_negotiations_are_seen_by_the_two_parties_and_auditors(cast, ours, theirs):
    third = make.me("Third")
    cast["third"] = make.lead(third)
    seen = allowed(cast, lambda user: may.may_see_negotiation(user, ours, theirs, on=TODAY))
    assert seen == INSIDE | {"stranger", "auditor", "client"}
    assert allowed(cast, may.may_see_every_negotiation) == {"auditor", "client"}


def test_drafts_of_offerings_are_seen_by_the_provider_and_auditors(cast, ours):
    seen = allowed(cast, lambda user: may.may_see_drafts_of(user, ours, on=TODAY))
    assert seen == INSIDE | {"auditor", "client"}


def test_wallet_and_statement_are_seen_by_members_and_the_three_offices(cast, ours):
    seen = allowed(cast, lambda user: may.may_see_money(user, ours, on=TODAY))
    assert seen == INSIDE | OFFICES | {"client"}


def test_every_member_forms_an_me(cast):
    assert allowed(cast, may.may_form_me) == FIRM | {"client"}


@pytest.mark.parametrize(
    "question",
    [
        may.may_activate_me,
        may.may_invite,
        may.may_create_categories,
        may.may_set_policies,
        may.may_set_mandatory_learning,
        may.may_set_organization,
    ],
)
def test_what_only_hr_admins_do(cast, question):
    assert allowed(cast, question) == {"hr_admin"}


@pytest.mark.parametrize(
    "question",
    [
        may.may_import_people,
        may.may_set_budgets,
        may.may_run_settlement,
        may.may_run_learning_catalogue,
    ],
)
def test_what_hr_admins_do_and_a_client_by_its_scope(cast, question):
    assert allowed(cast, question) == {"hr_admin", "client"}
    cast["client"].token_scopes = frozenset()
    assert allowed(cast, question) == {"hr_admin"}


@pytest.mark.parametrize(
    "question", [may.may_suspend_for_integrity, may.may_choose_panel, may.may_record_override]
)
def test_what_only_the_chro_does(cast, question):
    assert allowed(cast, question) == {"chro"}


def test_an_hr_admin_holds_no_office_over_themselves(cast):
    hr, other = cast["hr_admin"], cast["member"]
    assert may.may_appoint(hr, other)
    assert not may.may_appoint(hr, hr)
    assert may.may_close_login(hr, other)
    assert not may.may_close_login(hr, hr)
    assert not may.may_appoint(other, hr)


def test_a_lead_changes_the_me_and_a_client_with_its_scope_keeps_it_in_step(cast, ours):
    changes = allowed(cast, lambda user: may.may_change_me(user, ours, on=TODAY))
    assert changes == LEADING | {"client"}


def test_nobody_changes_or_accepts_for_the_own_person(cast, ours):
    rows = Membership.objects.current(on=TODAY).filter(micro_enterprise=ours)
    for name in LEADING:
        own = rows.get(person=cast[name].person)
        others = allowed(cast, lambda user, row=own: may.may_change_membership(user, row, on=TODAY))
        assert others == (LEADING | {"client"}) - {name}
        accepts = allowed(cast, lambda user, row=own: may.may_accept_for_me(user, row, on=TODAY))
        assert accepts == LEADING - {name}


def test_share_points_are_for_the_person_and_the_own_lead(cast, ours):
    row = Membership.objects.get(person=cast["member"].person)
    seen = allowed(cast, lambda user: may.may_see_share_points(user, row, on=TODAY))
    assert seen == LEADING | {"member"}


def test_words_of_a_proposed_me_are_for_its_former_and_hr_admins_too(cast, ours):
    asked = make.proposed("Pipe Fitters", by=cast["member"])
    words = allowed(cast, lambda user: may.may_describe_me(user, asked, on=TODAY))
    assert words == {"member", "hr_admin", "client"}
    words = allowed(cast, lambda user: may.may_describe_me(user, ours, on=TODAY))
    assert words == LEADING | {"client"}


def test_outside_offers_are_recorded_by_signers_of_any_me_and_hr_admins(cast):
    records = allowed(cast, lambda user: may.may_record_outside_offers(user, on=TODAY))
    assert records == SIGNING | {"stranger", "hr_admin", "client"}


def test_offerings_are_published_by_lead_or_signer_of_the_provider(cast, ours):
    publishes = allowed(cast, lambda user: may.may_publish_for(user, ours, on=TODAY))
    assert publishes == SIGNING | {"client"}


def test_signing_is_for_lead_or_signer_of_the_acting_me_and_never_for_an_office(cast, ours):
    assert allowed(cast, lambda user: may.may_sign_for(user, ours, on=TODAY)) == SIGNING


def test_a_client_drafts_a_contract_and_never_signs_one(cast, ours):
    drafts = allowed(cast, lambda user: may.may_draft_contract(user, ours, on=TODAY))
    assert drafts == SIGNING | {"client"}


def test_without_the_right_to_decide_nobody_signs(cast, ours):
    ours.rights.update(ends_on=TODAY - timedelta(days=1))
    assert allowed(cast, lambda user: may.may_sign_for(user, ours, on=TODAY)) == set()


def test_delivery_is_entered_by_the_provider_and_confirmed_by_the_buyer(cast, ours, theirs):
    enters = allowed(cast, lambda user: may.may_enter_delivery(user, ours, on=TODAY))
    assert enters == INSIDE | {"client"}
    confirms = allowed(cast, lambda user: may.may_confirm_delivery(user, theirs, on=TODAY))
    assert confirms == {"stranger"}


def test_learning_is_proposed_by_every_member_for_the_own_me(cast, ours):
    proposes = allowed(cast, lambda user: may.may_propose_learning(user, ours, on=TODAY))
    assert proposes == INSIDE | {"client"}


def test_a_grant_to_the_hr_admins_own_me_needs_a_second_one(cast, ours, theirs):
    hr = make.member(ours, who=cast["hr_admin"])
    assert may.needs_second_hr_admin(hr, ours, on=TODAY)
    assert not may.needs_second_hr_admin(hr, theirs, on=TODAY)


def test_an_hr_admin_who_is_a_member_signs_no_more_than_a_member_does(cast, ours):
    hr = make.member(ours, who=cast["hr_admin"])
    assert not may.may_sign_for(hr, ours, on=TODAY)


def test_the_audit_trail_is_for_auditors_alone(cast):
    assert allowed(cast, may.may_read_audit) == {"auditor"}


def test_the_offices_read_what_they_answer_for(cast):
    for question in (may.may_see_policies, may.may_see_insights):
        assert allowed(cast, question) == OFFICES
    assert allowed(cast, may.may_see_settlement) == OFFICES | {"client"}


def test_an_auditor_writes_nothing(cast, ours):
    auditor = cast["auditor"]
    row = Membership.objects.get(person=cast["member"].person)
    writes = (
        may.may_activate_me(auditor), may.may_import_people(auditor),
        may.may_set_budgets(auditor), may.may_run_settlement(auditor),
        may.may_set_policies(auditor), may.may_run_learning_catalogue(auditor),
        may.may_record_outside_offers(auditor, on=TODAY),
        may.may_publish_for(auditor, ours, on=TODAY), may.may_sign_for(auditor, ours, on=TODAY),
        may.may_draft_contract(auditor, ours, on=TODAY), may.may_change_me(auditor, ours, on=TODAY),
        may.may_change_membership(auditor, row, on=TODAY),
        may.may_accept_for_me(auditor, row, on=TODAY),
        may.may_enter_delivery(auditor, ours, on=TODAY),
        may.may_confirm_delivery(auditor, ours, on=TODAY),
        may.may_propose_learning(auditor, ours, on=TODAY),
    )  # fmt: skip
    assert not any(writes)


def test_a_client_without_scopes_may_nothing(cast, ours):
    client = cast["client"]
    client.token_scopes = frozenset()
    assert not may.may_see_money(client, ours, on=TODAY)
    assert not may.may_see_market(client)
    assert not may.may_form_me(client)
    assert not may.may_change_me(client, ours, on=TODAY)
    assert not may.may_draft_contract(client, ours, on=TODAY)


def test_a_leaver_is_nobody_whatever_offices_the_row_still_names(cast, ours):
    leaver = cast["leaver"]
    assert not may.is_of_the_firm(leaver)
    assert not may.may_see_all_money(leaver)
    assert not may.mes_of(leaver, on=TODAY).exists()


def test_a_closed_log_in_is_nobody_even_while_the_person_is_a_member(cast, ours):
    member = cast["member"]
    member.is_active = False
    assert not may.is_member(member, ours, on=TODAY)
    assert not may.is_of_the_firm(member)


def test_rights_begin_and_end_with_the_day(cast, ours):
    signer = cast["signer"]
    Membership.objects.filter(person=signer.person).update(ends_on=TODAY)
    assert may.may_sign_for(signer, ours, on=TODAY)
    assert not may.may_sign_for(signer, ours, on=TODAY + timedelta(days=1))
    assert not may.may_sign_for(signer, ours, on=date(2025, 12, 31))


def test_no_question_asks_for_a_reporting_line(cast, ours):
    chief, worker = cast["stranger"].person, cast["member"].person
    worker.manager_external_id = chief.external_id
    worker.save()
    row = Membership.objects.get(person=worker)
    assert not may.may_change_membership(cast["stranger"], row, on=TODAY)
    assert not may.may_see_share_points(cast["stranger"], row, on=TODAY)
    assert not may.may_see_money(cast["stranger"], ours, on=TODAY)
