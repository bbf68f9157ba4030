"""What waits for an ME, for home; and what each list says of the day."""

from datetime import date

import pytest

from contracts.actions import agreements
from contracts.models import Contract
from contracts.queries.agreements import in_states, visible_to, waiting_for
from tests import make
from tests.make import TODAY

pytestmark = pytest.mark.django_db


def test_home_is_told_of_offers_ends_drafts_and_of_what_ends_soon(django_assert_num_queries):
    shop, depot = make.me("Shop"), make.me("Depot")
    running = make.active(shop, depot)
    offer = make.offered(depot, of=make.offering(shop, name="Legal advice"))
    make.offered(shop, depot)
    draft = make.draft(shop, depot)
    make.draft(depot, of=make.offering(shop), drafted_by="buyer")
    agreements.propose_end(
        running, last_day_on=date(2026, 5, 1), party=depot, by=make.lead_of(depot),
        on=date(2026, 3, 2),
    )  # fmt: skip
    with django_assert_num_queries(4):
        today = waiting_for(shop, on=TODAY)
    assert [(each, each.title) for each in today.to_sign] == [(offer, "Legal advice")]
    assert today.drafts == [draft]
    assert not today.ending_soon
    in_december = waiting_for(shop, on=date(2026, 12, 1))
    assert in_december.ending_soon == [running]
    assert not in_december.to_sign
    [end] = waiting_for(shop, on=date(2026, 3, 10)).ends_to_confirm
    assert (end.contract, end.answer_until_on) == (running, date(2026, 3, 16))
    assert not waiting_for(shop, on=date(2026, 3, 17)).ends_to_confirm
    assert not waiting_for(make.me(), on=TODAY)


def test_the_state_of_a_list_is_the_state_of_each_contract():
    for maker in (make.draft, make.offered, make.agreed, make.active, make.ended):
        maker()
    for day in ("2026-02-20", "2026-02-28", "2026-03-01", "2026-12-31", "2027-01-01"):
        on = date.fromisoformat(day)
        for state in Contract.State.values:
            listed = {*Contract.objects.filter(in_states(state, on=on))}
            from_dates = {each for each in Contract.objects.all() if state_of(each, on) == state}
            assert listed == from_dates, (state, day)


def state_of(contract, on):
    return agreements.lifecycle.state_on(contract, on=on)


def test_a_stranger_knows_running_contracts_only_and_only_while_they_run():
    running, coming = make.active(), make.agreed()
    stranger = make.lead(make.me())

    def known(on):
        return {*visible_to(stranger, on=date.fromisoformat(on))}

    assert known("2026-02-28") == set()
    assert known("2026-03-01") == {running, coming}
    assert known("2027-01-01") == set()
    auditor = make.office(is_auditor=True)
    assert visible_to(auditor, on=TODAY).count() == 2
