"""The rules of the market change from tomorrow on, each with a version and a reason."""

from datetime import date, timedelta
from functools import partial

import pytest
from django.db import IntegrityError, transaction

from accounts import actions, policy
from accounts.constraints import name_of
from accounts.errors import Forbidden, Invalid, Refused
from accounts.models import AuditEvent, Policy
from tests import make
from tests.database import at_once
from tests.make import APRIL, TODAY

KEY = "offer_lapses_after_days"
TOMORROW = TODAY + timedelta(days=1)
pytestmark = pytest.mark.django_db


@pytest.fixture
def hr(db):
    make.org()
    return make.hr_admin()


def put(value, *, by, key=KEY, valid_from_on=TOMORROW, reason="Quicker answers."):
    return actions.set_policy(
        key, value, valid_from_on=valid_from_on, reason=reason, by=by, on=TODAY
    )


def test_a_change_holds_from_its_day_and_names_its_version(hr):
    put(10, by=hr)
    put(7, by=hr, valid_from_on=APRIL)
    assert [policy.in_force(on=day)[KEY] for day in (TODAY, TOMORROW, APRIL)] == [14, 10, 7]
    assert [policy.in_force(on=day).version for day in (TODAY, TOMORROW, APRIL)] == [0, 1, 2]
    assert AuditEvent.objects.filter(action="policy.set").count() == 2


def test_a_coming_change_is_replaced_by_a_later_word_for_the_same_day(hr):
    put(10, by=hr, valid_from_on=APRIL)
    put(14, by=hr, valid_from_on=APRIL, reason="We keep it.")
    assert policy.in_force(on=APRIL)[KEY] == 14


@pytest.mark.parametrize("day", [TODAY, date(2026, 1, 1)])
def test_nobody_changes_a_running_day(hr, day):
    with pytest.raises(Invalid, match="holds from 21 February 2026 at the earliest") as refused:
        put(10, by=hr, valid_from_on=day)
    assert refused.value.field == "valid_from_on"


@pytest.mark.parametrize("value", [0, 367, True, "10", 1.5, None])
def test_a_number_keeps_its_type_and_its_limits(hr, value):
    with pytest.raises(Invalid, match="An unanswered offer lapses after") as refused:
        put(value, by=hr)
    assert refused.value.field == "value"


def test_a_switch_is_on_or_off(hr):
    with pytest.raises(Invalid, match="is on or off"):
        put(1, by=hr, key="settlement_posts_itself")
    put(value=False, by=hr, key="settlement_posts_itself")
    assert policy.in_force(on=TOMORROW)["settlement_posts_itself"] is False


def test_nobody_lowers_the_five_raters_that_protect_people(hr):
    with pytest.raises(Invalid, match="a whole number from 5 to 50"):
        put(4, by=hr, key="minimum_raters")


def test_a_change_has_a_reason_and_a_known_rule(hr):
    with pytest.raises(Invalid, match="Say why"):
        put(10, by=hr, reason=" ")
    with pytest.raises(Invalid, match="no rule “weather”"):
        put(10, by=hr, key="weather")


def test_only_hr_admins_change_rules(hr):
    for other in (make.user(), make.office(is_chro=True), make.office(is_auditor=True)):
        with pytest.raises(Forbidden, match="Only an HR admin changes the rules"):
            put(10, by=other)


@pytest.mark.django_db(transaction=True)
def test_of_two_changes_at_once_one_is_asked_to_read_the_other(hr):
    admins = [make.hr_admin(), make.hr_admin()]

    def attempt(admin):
        try:
            return put(10, by=admin).number
        except Refused:
            return 0

    numbers = at_once([lambda admin=admin: attempt(admin) for admin in admins])
    kept = sorted(Policy.objects.values_list("number", flat=True))
    assert sorted(each for each in numbers if each) == kept
    assert kept in ([1], [1, 2])


@pytest.mark.parametrize("deed", ["update", "delete"])
@pytest.mark.parametrize(
    ("table", "trigger"), [(Policy, "policy_never_changes"), (AuditEvent, "audit_never_changes")]
)
def test_rows_of_policies_and_of_the_audit_trail_never_change(hr, table, trigger, deed):
    put(10, by=hr)
    rows = table.objects.all()
    field = "reason" if table is Policy else "action"
    change = rows.delete if deed == "delete" else partial(rows.update, **{field: "forged"})
    with pytest.raises(IntegrityError) as broken, transaction.atomic():
        change()
    assert name_of(broken.value) == trigger


def test_a_version_is_numbered_once(hr):
    put(10, by=hr)
    with pytest.raises(IntegrityError) as broken, transaction.atomic():
        Policy.objects.create(
            key=KEY, number=1, value=3, valid_from_on=APRIL, set_at=Policy.objects.get().set_at
        )
    assert name_of(broken.value) == "policy_numbered_once"
