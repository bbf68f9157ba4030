"""Every role is tied to a customer outcome, or is listed as one that is not."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction

from accounts import actions
from accounts.constraints import name_of
from accounts.errors import Forbidden, Invalid, Refused, Unknown
from accounts.models import AuditEvent, CustomerOutcome, OutcomeLink
from tests import make
from tests.make import TODAY

TOMORROW = TODAY + timedelta(days=1)
pytestmark = pytest.mark.django_db


@pytest.fixture
def me(db):
    return make.me("Leak Finders")


@pytest.fixture
def lead(me):
    return make.lead(me)


def add_role(me, *, by, name="Plumber", outcomes=()):
    return actions.add_role(me, name=name, description="", outcomes=outcomes, by=by, on=TODAY)


def tie(role, outcomes, *, by, on=TODAY):
    return actions.change_role(
        role, name=role.name, description="", outcomes=outcomes, by=by, on=on
    )


def tied(role, *, on=TODAY):
    return [each.outcome for each in OutcomeLink.objects.live(on=on).filter(role=role)]


def test_a_role_is_tied_to_the_outcomes_it_serves(me, lead):
    first = me.outcomes.get()
    second = actions.add_outcome(me, make.outcome_terms(name="No second visit"), by=lead, on=TODAY)
    role = add_role(me, by=lead, outcomes=[first])
    tie(role, [second], by=lead, on=TOMORROW)
    assert tied(role, on=TODAY) == [first]
    assert tied(role, on=TOMORROW) == [second]
    assert role.links.count() == 2


def test_a_tie_that_was_a_slip_never_held_and_can_be_made_again(me, lead):
    outcome = me.outcomes.get()
    role = add_role(me, by=lead, outcomes=[outcome])
    tie(role, [], by=lead)
    assert tied(role) == []
    tie(role, [outcome], by=lead)
    assert tied(role) == [outcome]
    assert role.links.count() == 2


def test_a_role_is_tied_once_to_an_outcome(me, lead):
    outcome = me.outcomes.get()
    role = add_role(me, by=lead, outcomes=[outcome])
    with pytest.raises(IntegrityError) as broken, transaction.atomic():
        OutcomeLink.objects.create(role=role, outcome=outcome, starts_on=TODAY)
    assert name_of(broken.value) == "role_tied_once_to_an_outcome"
    with pytest.raises(IntegrityError) as broken, transaction.atomic():
        role.links.update(ends_on=TODAY - timedelta(days=2))
    assert name_of(broken.value) == "tie_ends_after_it_starts"


def test_a_role_is_never_tied_to_the_outcome_of_another_me(me, lead):
    with pytest.raises(Unknown):
        add_role(me, by=lead, outcomes=[make.me().outcomes.get()])


def test_the_last_tie_stays_while_rights_hang_on_it(me, lead):
    signer = make.member(me, role="Seller", may_sign=True)
    role = me.roles.get(name="Seller")
    with pytest.raises(Refused) as refused:
        tie(role, [], by=lead)
    assert str(refused.value) == (
        f"{signer.person} may sign or holds share points in the role “Seller”, "
        "which must stay tied to a live outcome."
    )
    assert tied(role)


def test_a_role_is_named_once_in_its_me(me, lead):
    add_role(me, by=lead)
    with pytest.raises(Invalid, match="has a role “Plumber” already"):
        add_role(me, by=lead)
    other = make.me()
    assert add_role(other, by=make.lead(other)).pk


def test_only_the_lead_changes_roles_and_outcomes(me, lead):
    outcome, role = me.outcomes.get(), add_role(me, by=lead)
    for stranger in (make.member(me), make.lead(make.me()), make.hr_admin()):
        with pytest.raises(Forbidden, match="Only the lead of Leak Finders"):
            add_role(me, by=stranger, name="Seller")
        with pytest.raises(Forbidden):
            tie(role, [outcome], by=stranger)
        with pytest.raises(Forbidden):
            actions.add_outcome(me, make.outcome_terms(), by=stranger, on=TODAY)
        with pytest.raises(Forbidden):
            actions.change_outcome(outcome, make.outcome_terms(), by=stranger, on=TODAY)
        with pytest.raises(Forbidden):
            actions.end_outcome(outcome, ends_on=TODAY, by=stranger, on=TODAY)


def test_the_last_live_outcome_of_an_me_that_trades_does_not_end(me, lead):
    last = me.outcomes.get()
    with pytest.raises(Refused) as refused:
        actions.end_outcome(last, ends_on=TODAY, by=lead, on=TODAY)
    assert str(refused.value) == (
        "“Water is back sooner” is the last live outcome of Leak Finders, "
        "which exists for its customers."
    )
    next_one = actions.add_outcome(
        me, make.outcome_terms(name="No second visit"), by=lead, on=TODAY
    )
    actions.end_outcome(last, ends_on=TODAY, by=lead, on=TODAY)
    assert list(me.outcomes.live(on=TOMORROW)) == [next_one]
    with pytest.raises(Refused, match="last live outcome"):
        actions.end_outcome(next_one, ends_on=TOMORROW, by=lead, on=TODAY)


def test_an_outcome_that_ended_ties_no_role(me, lead):
    first = me.outcomes.get()
    role = add_role(me, by=lead, outcomes=[first])
    actions.add_outcome(me, make.outcome_terms(name="No second visit"), by=lead, on=TODAY)
    actions.end_outcome(first, ends_on=TODAY, by=lead, on=TODAY)
    assert tied(role, on=TODAY) == [first]
    assert tied(role, on=TOMORROW) == []


def test_a_corrected_outcome_says_in_the_audit_trail_what_it_said_before(me, lead):
    outcome = me.outcomes.get()
    actions.change_outcome(outcome, make.outcome_terms(target=Decimal(3)), by=lead, on=TODAY)
    said = AuditEvent.objects.get(action="outcome.change").details["changes"]
    assert said == {"target": ["4.0000", "3"]}
    with pytest.raises(Invalid, match="nothing would change"):
        actions.change_outcome(outcome, make.outcome_terms(target=Decimal(9)), by=lead, on=TODAY)


def test_the_database_takes_no_outcome_that_changes_nothing_or_ends_too_early(me):
    for broken_by, name in (
        ({"target": 9}, "outcome_changes_something"),
        ({"ends_on": TODAY - timedelta(days=400)}, "outcome_ends_after_it_starts"),
    ):
        with pytest.raises(IntegrityError) as broken, transaction.atomic():
            CustomerOutcome.objects.update(**broken_by)
        assert name_of(broken.value) == name
