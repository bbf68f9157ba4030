"""What waits for a member or a lead, as the home page asks it."""

import pytest

from accounts import queries
from tests import make
from tests.make import TODAY

pytestmark = pytest.mark.django_db


def test_terms_wait_for_the_person_until_accepted_and_not_in_an_me_that_is_over():
    who = make.member(make.me("Leak Finders"), person_accepted_at=None)
    make.member(make.me(state="rejected"), who=who, person_accepted_at=None)
    make.member(make.me(), who=who)
    waiting = queries.memberships_to_accept(who, on=TODAY)
    assert [row.micro_enterprise.name for row in waiting] == ["Leak Finders"]
    assert not queries.memberships_to_accept(make.hr_admin(), on=TODAY).exists()


def test_a_person_is_found_by_a_part_of_the_name_or_the_hr_key_and_not_after_leaving():
    me = make.me()
    anna = make.person("Anna Tamm", external_id="E17")
    make.person("Annika Left", left_on=TODAY)
    member = make.member(me, who=make.user(of=make.person("Hanna Member")))

    def found(words):
        return [each.name for each in queries.people_found(words, outside=me, on=TODAY)]

    assert found("ann") == ["Anna Tamm"]
    assert found("e17") == ["Anna Tamm"]
    assert found(" ") == []
    assert list(queries.members_to_lead(me, on=TODAY)) == [member.person]
    assert list(queries.people_found("ANNA", on=TODAY)) == [anna, member.person]
