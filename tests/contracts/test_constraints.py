"""Every promise that the database keeps itself, tried by somebody who goes round the actions."""

from datetime import date

import pytest
from django.apps import apps
from django.db import IntegrityError, connection, transaction

from accounts.constraints import name_of
from contracts.actions import breaches, suspensions
from contracts.models import (
    Breach,
    CarriedAmount,
    Correction,
    Dispute,
    EndProposal,
    PanelSeat,
    Signature,
)
from tests import make
from tests.make import TODAY

pytestmark = pytest.mark.django_db


def changed(table, change):
    """The name of what refuses this change of every row of the table."""
    return refused(f"UPDATE contracts_{table} SET {change}")  # noqa: S608  a test's own words


def refused(statement, *parameters):
    """The name of the constraint or trigger that refuses the statement."""
    cursor = connection.cursor()
    with pytest.raises(IntegrityError) as caught, transaction.atomic():
        cursor.execute(statement, parameters)
    return name_of(caught.value)


@pytest.mark.parametrize(
    ("change", "name"),
    [
        ("buyer_id = provider_id", "contract_has_two_parties"),
        ("ends_on = starts_on - 1", "contract_ends_after_it_starts"),
        ("state = 'ended'", "ended_contract_says_why"),
        ("ended_because = 'mutual'", "ended_contract_says_why"),
        ("turn_id = NULL", "offer_waits_for_somebody"),
        ("offered_on = NULL", "offer_waits_for_somebody"),
        ("answer_until_on = NULL", "offer_waits_for_somebody"),
        ("answer_until_on = starts_on", "offer_waits_for_somebody"),
        ("over_after_on = ends_on", "looming_end_says_why"),
        ("over_because = 'cause'", "looming_end_says_why"),
        ("over_after_on = ends_on, over_because = 'cause'", "looming_end_says_why"),
        ("state = 'notice'", "notice_names_its_last_day"),
    ],
)
def test_a_contract_keeps_its_shape(change, name):
    make.offered()
    assert changed("contract", change) == name


@pytest.mark.parametrize(
    ("table", "name"),
    [
        ("contractversion", "version_never_changes"),
        ("successmeasure", "success_measure_never_changes"),
        ("signature", "signature_never_changes"),
        ("contractevent", "event_never_changes"),
    ],
)
def test_signed_rows_are_added_and_never_changed(table, name):
    make.agreed()
    for statement in ("UPDATE contracts_{} SET id = id", "DELETE FROM contracts_{}"):
        assert refused(statement.format(table)) == name


@pytest.mark.parametrize("state", ["closed", "declined", "withdrawn", "lapsed"])
def test_a_terminal_state_absorbs(state):
    contract = make.draft()
    because = "cancelled" if state == "closed" else ""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE contracts_contract SET state = %s, ended_because = %s", [state, because]
        )
    statement = "UPDATE contracts_contract SET state = 'active' WHERE id = %s"
    assert refused(statement, contract.pk) == "closed_contract_never_changes"
    assert refused("DELETE FROM contracts_contract") == "closed_contract_never_changes"


def twin_of(row, **changes):
    row.pk = None
    for name, value in changes.items():
        setattr(row, name, value)
    with pytest.raises(IntegrityError) as caught, transaction.atomic():
        row.save(force_insert=True)
    return name_of(caught.value)


def test_a_version_and_its_measures_are_numbered_and_hashed():
    contract = make.draft(plan="per_unit", expected="10", cap="12")
    measure = contract.current.measures.get()
    assert twin_of(measure) == "success_measure_numbered_once"
    assert twin_of(measure, number=2, weight=0) == "success_measure_weighs_something"
    version = contract.current
    assert twin_of(version) == "contract_version_numbered_once"
    assert twin_of(version, number=2, hash="nonsense") == "version_hash_is_sha256"
    contract.refresh_from_db()
    version = contract.current
    assert twin_of(version, number=2, price=0) == "version_has_a_price"
    contract.refresh_from_db()
    version = contract.current
    below = {"number": 2, "cap_quantity": 9}
    assert twin_of(version, **below) == "counted_version_expects_usage"
    contract.refresh_from_db()
    nothing = {"number": 2, "expected_quantity": None}
    assert twin_of(contract.current, **nothing) == "counted_version_expects_usage"
    contract.refresh_from_db()
    assert twin_of(contract.current, number=2, plan="flat") == "version_plan_is_known"
    contract.refresh_from_db()
    listed = {"number": 2, "parameters": []}
    assert twin_of(contract.current, **listed) == "version_parameters_are_named"
    contract.refresh_from_db()
    version = contract.current
    assert twin_of(version, number=2, ends_on=TODAY) == "version_ends_after_it_starts"


def test_a_party_signs_a_version_once_and_nobody_signs_both_sides():
    contract = make.offered()
    signature = Signature.objects.get()
    assert twin_of(signature) == "party_signs_once"
    assert twin_of(signature, party=contract.provider) == "nobody_signs_both_sides"


def test_an_event_has_one_place_in_its_chain():
    assert twin_of(make.draft().events.get()) == "contract_event_numbered_once"


def test_one_key_drafts_once():
    contract = make.draft()
    contract.draft_key = "1/form"
    contract.save()
    assert twin_of(contract) == "drafted_once_per_key"


def test_one_end_is_open_at_a_time_and_lies_not_in_the_past():
    contract = make.agreed()
    end = EndProposal.objects.create(
        contract=contract, proposed_for=contract.buyer, proposed_by=make.lead_of(contract.buyer),
        proposed_on=TODAY, last_day_on=TODAY, answer_until_on=TODAY,
    )  # fmt: skip
    assert twin_of(end) == "one_open_end_per_contract"
    EndProposal.objects.update(state="replaced")
    assert twin_of(end, last_day_on=make.org().founded_at.date()) == "end_lies_not_in_the_past"


@pytest.mark.parametrize(
    ("change", "name"),
    [
        ("quantity = 0", "purchase_orders_something"),
        ("amount = 0", "purchase_costs_something"),
        ("received_amount = amount + 1", "received_at_most_what_was_ordered"),
        ("received_amount = 0", "received_at_most_what_was_ordered"),
        ("state = 'received'", "received_purchase_names_its_amount"),
        ("ordered_on = NULL", "ordered_purchase_names_its_day"),
        ("ordered_by_id = NULL", "ordered_purchase_names_its_day"),
        ("state = 'cancelled'", "cancelled_purchase_names_its_day"),
    ],
)
def test_an_order_outside_keeps_its_shape(change, name):
    make.ordered_outside()
    assert changed("outsidepurchase", change) == name


def test_one_key_orders_once():
    order = make.ordered_outside(key="form")
    assert twin_of(order) == "ordered_once_per_key"


@pytest.mark.parametrize(
    ("table", "change", "name"),
    [
        ("suspension", "last_on = first_on - 2", "suspension_ends_after_it_begins"),
        ("proposal", "kind = 'amend'", "changed_terms_have_a_version"),
        ("proposal", "version_id = 1", "changed_terms_have_a_version"),
    ],
)
def test_a_suspension_and_what_asks_for_its_end_keep_their_shape(table, change, name):
    contract = make.suspended()
    party = contract.buyer
    suspensions.resume(contract, party=party, by=make.lead_of(party), on=date(2026, 3, 12))
    assert changed(table, change) == name


@pytest.mark.parametrize(
    ("change", "name"),
    [
        ("cure_until_on = delivered_on", "breach_leaves_time_to_cure"),
        ("text = ''", "breach_says_what_is_broken"),
    ],
)
def test_a_breach_keeps_its_shape_and_each_party_has_one_open(change, name):
    contract = make.active()
    party = contract.buyer
    words = "The samples of March came a week late; send those of April in time."
    by = make.lead_of(party)
    breaches.report_breach(contract, text=words, party=party, by=by, on=date(2026, 3, 10))
    assert changed("breach", change) == name
    twin = Breach.objects.get()
    twin.pk = None
    with pytest.raises(IntegrityError) as caught, transaction.atomic():
        twin.save(force_insert=True)
    assert name_of(caught.value) == "one_open_breach_per_party"


@pytest.mark.parametrize(
    ("table", "name"),
    [
        ("suspension", "one_open_suspension_per_contract"),
        ("proposal", "one_open_proposal_of_a_kind"),
    ],
)
def test_one_of_them_is_open_at_a_time(table, name):
    contract = make.suspended()
    party = contract.buyer
    suspensions.resume(contract, party=party, by=make.lead_of(party), on=date(2026, 3, 12))
    model = apps.get_model("contracts", table)
    row = model.objects.order_by("-pk").first()
    row.pk = None
    if table == "suspension":
        row.first_on, row.last_on = date(2027, 1, 1), date(2027, 1, 2)
    with pytest.raises(IntegrityError) as caught, transaction.atomic():
        row.save(force_insert=True)
    assert name_of(caught.value) == name


_SETTLED = """
    state = 'settled', because = 'panel', percent = 50, decided_on = opened_on,
    settled_on = opened_on, buyer_amount = 1, provider_amount = 0"""


@pytest.mark.parametrize(
    ("change", "name"),
    [
        ("overage_id = 1, line_id = line_id", "dispute_is_about_one_thing"),
        ("line_id = NULL", "dispute_is_about_one_thing"),
        ("amount = 0", "dispute_is_about_money"),
        ("amount = 2000.01", "dispute_within_its_line"),
        ("held_amount = amount + 1", "dispute_holds_no_more_than_it_is_about"),
        ("held_amount = 1", "held_money_says_whose_it_was"),
        ("state = 'settled'", "settled_dispute_says_how"),
        ("percent = 101", "dispute_percent_is_a_part"),
        (_SETTLED, "every_cent_held_goes_out"),
    ],
)
def test_a_dispute_keeps_its_shape(change, name):
    contract = make.agreed(price="2000.00")
    make.settled(to="computed")
    make.disputed(contract, "100.00", key="k")
    assert changed("dispute", change) == name


def test_a_settled_dispute_and_a_decided_seat_never_change_and_a_key_disputes_once():
    contract = make.agreed(price="2000.00")
    make.settled()
    dispute = make.disputed(contract, "100.00", key="k", on=date(2026, 4, 7))
    chro = make.office(is_chro=True)
    seat = PanelSeat.objects.create(
        dispute=dispute, member=chro, chosen_by=chro, chosen_on=TODAY, percent=1, decided_on=TODAY
    )
    assert changed("panelseat", "percent = 2") == "decided_seat_never_changes"
    assert twin_of(seat) == "one_seat_per_member"
    assert twin_of(seat, member=make.user(), percent=None) == "decided_seat_names_its_day"
    assert twin_of(Dispute.objects.get()) == "disputed_once_per_key"
    make.answered(dispute, "accepted")
    assert changed("dispute", "amount = 1") == "settled_dispute_never_changes"


@pytest.mark.parametrize(
    ("change", "name"),
    [
        ("amount = 0", "correction_changes_something"),
        ("origin_month = '2026-03-02'", "correction_month_is_a_first"),
        ("state = 'confirmed'", "answered_correction_says_by_whom"),
        ("counted_in = '2026-04-01'", "only_confirmed_corrections_count"),
    ],
)
def test_a_correction_keeps_its_shape(change, name):
    contract = make.agreed(price="2000.00")
    correction = Correction.objects.create(
        contract=contract, origin_month=date(2026, 3, 1), amount=1, reason="x", key="k",
        entered_by=make.lead_of(contract.buyer), entered_on=TODAY,
    )  # fmt: skip
    assert changed("correction", change) == name
    assert twin_of(correction) == "corrected_once_per_key"


def test_a_carried_amount_is_owed_and_is_in_a_later_month_once():
    contract = make.agreed(price="2000.00")
    run = make.settled(to="computed")
    march = date(2026, 3, 1)
    row = CarriedAmount.objects.create(
        contract=contract, run=run, month=march, origin_month=march, amount=-1
    )
    assert changed("carriedamount", "amount = 1") == "carried_is_owed"
    assert changed("carriedamount", "counted_in = month") == "carried_into_a_later_month"
    assert twin_of(row) == "carried_once_per_origin"
