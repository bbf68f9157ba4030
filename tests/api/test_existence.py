"""An id in a body that is not one's own to know answers like one that names nothing."""

import json
from datetime import date

import pytest

from contracts.models import SuccessMeasure
from learning_market import actions
from tests import make
from tests.make.learning import course, run

pytestmark = pytest.mark.django_db

NOTHING = 987654321


@pytest.fixture
def world(time_machine):
    time_machine.move_to("2026-02-20T09:00Z")
    make.org()
    shop, lab, yard = make.me("Shop", kind="frontline"), make.me("Lab"), make.me("Yard")
    for me in (shop, lab):
        make.granted(me, "90000.00")
    make.granted(shop, "9000.00", fund="learning")
    hidden = make.offered(shop, lab)
    return shop, lab, make.lead(yard), hidden


def answer_to(api, address, body, field, key):
    """The status, and the words with the id itself left out."""
    answer = api.post(address, body | {field: str(key)})
    words = json.dumps(answer.json())
    return answer.status_code, words.replace(f"id {key}.", "id ID.").replace(f'"{key}"', '"ID"')


def alike(api, address, body, field, key):
    status, words = answer_to(api, address, body, field, key)
    assert (status, words) == answer_to(api, address, body, field, NOTHING)
    assert (status, "There is nothing with the id ID." in words) == (400, True)


def test_a_contract_that_strangers_negotiate_is_like_none(world):
    *_, stranger, hidden = world
    api = make.api_of(stranger)
    used = {"quantity": "1", "used_on": "2026-02-19", "key": "k"}
    alike(api, "usage/", used, "contract", hidden.pk)
    alike(api, "ratings/", {"month": "2026-01", "score": 4}, "contract", hidden.pk)
    measure = SuccessMeasure.objects.filter(version__contract=hidden).first()
    alike(api, "success-results/", {"month": "2026-01", "value": "80"}, "measure", measure.pk)


def test_a_measure_that_was_only_negotiated_is_the_parties_alone(world, time_machine):
    shop, lab, stranger, _ = world
    running = make.active(shop, lab)
    old = make.offered(shop, lab).current.measures.first()
    known = running.current.measures.first()
    time_machine.move_to("2026-03-10T09:00Z")
    api = make.api_of(stranger)
    told = {"month": "2026-03", "value": "80"}
    assert answer_to(api, "success-results/", told, "measure", known.pk)[0] == 403
    alike(api, "success-results/", told, "measure", old.pk)


def test_a_seat_of_others_is_like_none(world):
    shop, _, stranger, _ = world
    lead, of = make.lead(shop), run(course(), starts_on=date(2026, 6, 10))
    own_me = stranger.person.memberships.get().micro_enterprise
    make.granted(own_me, "9000.00", fund="learning")
    bought = [
        actions.invest(of, me=me, people=[by.person], expected_return="Skill", by=by, on=make.TODAY)
        for me, by in ((shop, lead), (own_me, stranger))
    ]
    theirs, own = bought[0].seats.get(), bought[1]
    alike(make.api_of(stranger), f"learning-purchases/{own.pk}/cancel/", {}, "seat", theirs.pk)


def test_a_draft_of_an_offering_is_like_none(world):
    _, lab, stranger, _ = world
    offering = make.offering(lab)
    type(offering).objects.filter(pk=offering.pk).update(state="draft")
    own_me = stranger.person.memberships.get().micro_enterprise
    body = {"micro_enterprise": str(own_me.pk), "starts_on": "2026-03-01", "ends_on": "2026-04-30"}
    alike(make.api_of(stranger), "contracts/", body, "offering", offering.pk)
