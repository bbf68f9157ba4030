"""Usage and success results: entered by one side, confirmed, contested or left by the other."""

from datetime import date
from decimal import Decimal
from functools import partial

import pytest
from django.db import IntegrityError, connection, transaction

from accounts.constraints import name_of
from accounts.errors import Forbidden, Refused, Unknown
from contracts.actions import delivery, endings, results
from contracts.closing import closes_on, settles_in
from contracts.models import Contract, SuccessResult, Usage
from contracts.queries.delivery import delivery_section
from contracts.queries.results import results_section
from tests import make
from tests.database import at_once
from tests.make import APRIL, MARCH

DAY = date(2026, 3, 20)


@pytest.mark.parametrize(
    ("used", "since", "month"),
    [
        (date(2026, 3, 30), date(2026, 3, 30), MARCH),
        (date(2026, 3, 30), date(2026, 4, 3), MARCH),
        (date(2026, 3, 30), date(2026, 4, 4), APRIL),
        (date(2026, 3, 30), date(2026, 5, 3), APRIL),
        (date(2026, 3, 30), date(2026, 5, 4), date(2026, 5, 1)),
        (date(2025, 12, 31), date(2026, 1, 3), date(2025, 12, 1)),
        (date(2026, 4, 2), date(2026, 4, 2), APRIL),
    ],
)
def test_usage_counts_in_the_first_month_that_closes_after_it_stands(used, since, month):
    assert settles_in(used, stands_since=since) == month
    assert since <= closes_on(month)


@pytest.mark.django_db
def test_usage_is_entered_once_per_key():
    contract = make.hires()
    first = make.used(contract, "2.5", key="A-1")
    assert make.used(contract, "2.5", key="A-1") == first
    with pytest.raises(Refused, match="The key A-1 was already used for another entry"):
        make.used(contract, "3", key="A-1")
    assert Usage.objects.get().quantity == Decimal("2.500")


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("quantity", "used_on", "says"),
    [
        ("0", DAY, "0 is no quantity"),
        ("-1", DAY, "-1 is no quantity"),
        ("NaN", DAY, "NaN is no quantity"),
        ("Infinity", DAY, "Infinity is no quantity"),
        ("1e30", DAY, "is no quantity"),
        ("1.0001", DAY, "more than three decimals"),
        ("1", date(2026, 3, 21), "21 March 2026 lies in the future"),
        ("1", date(2026, 2, 28), "28 February 2026 is no day of it"),
    ],
)
def test_usage_that_cannot_be_is_refused_in_words(quantity, used_on, says):
    contract = make.hires()
    with pytest.raises(Refused, match=says) as reason:
        make.used(contract, quantity, used_on=used_on, on=DAY)
    assert reason.value.field in {"quantity", "used_on"}
    assert not Usage.objects.exists()


@pytest.mark.django_db
def test_after_the_last_day_nothing_is_delivered_any_more():
    contract = make.hires()
    contract = Contract.objects.get(pk=contract.pk)
    buyer, provider = make.lead_of(contract.buyer), make.lead_of(contract.provider)
    day, last = date(2026, 3, 5), date(2026, 3, 10)
    endings.propose_end(contract, last_day_on=last, party=contract.buyer, by=buyer, on=day)
    endings.confirm_end(contract, last_day_on=last, party=contract.provider, by=provider, on=day)
    make.used(contract, "1", used_on=last, on=DAY)
    with pytest.raises(Refused, match="to 10 March 2026; 11 March 2026 is no day of it"):
        make.used(contract, "1", used_on=date(2026, 3, 11), on=DAY)


@pytest.mark.django_db
def test_a_fixed_price_has_nothing_to_count():
    with pytest.raises(Refused, match="fixed price, so there is nothing to count"):
        make.used(make.agreed(), "1")


@pytest.mark.django_db
def test_members_of_the_provider_enter_and_members_of_the_buyer_answer():
    contract = make.hires()
    buyer, provider = make.member(contract.buyer), make.member(contract.provider)
    enter = partial(
        delivery.report_usage, contract, quantity=Decimal(1), used_on=DAY, key="k", on=DAY
    )
    with pytest.raises(Forbidden, match=f"Only members of {contract.provider} enter"):
        enter(by=buyer)
    usage = enter(by=provider)
    with pytest.raises(Forbidden, match=f"Only members of {contract.buyer} confirm or contest"):
        delivery.confirm_usage(usage, by=provider, on=DAY)
    assert delivery.confirm_usage(usage, by=buyer, on=DAY).state == "confirmed"
    stranger = make.user(make.person(left_on=date(2026, 2, 1)))
    with pytest.raises(Unknown):
        delivery.confirm_usage(usage, by=stranger, on=DAY)


@pytest.mark.django_db
def test_a_contest_needs_a_reason_and_comes_before_the_month_closes():
    usage = make.used(make.hires(), "1")
    with pytest.raises(Refused, match="Say what is wrong"):
        make.contested(usage, reason="  ")
    with pytest.raises(Refused, match="could be contested until 3 April 2026"):
        make.contested(usage, on=date(2026, 4, 4))
    assert make.contested(usage, on=date(2026, 4, 3)).state == "contested"
    assert make.confirmed(usage, on=date(2026, 4, 9)).contest_reason


@pytest.mark.django_db
def test_what_a_settlement_counted_is_neither_contested_nor_withdrawn():
    usage = make.used(make.hires(), "1", on=date(2026, 4, 1))
    make.settled(to="computed", on=date(2026, 4, 2))
    usage.refresh_from_db()
    assert usage.counted_in == MARCH
    with pytest.raises(Refused, match="counts as confirmed"):
        make.contested(usage, on=date(2026, 4, 2))
    with pytest.raises(Refused, match="counted in March 2026 already"):
        delivery.withdraw_usage(usage, by=make.lead_of(usage.contract.provider), on=APRIL)


@pytest.mark.django_db
def test_silence_confirms_usage_by_date_and_a_late_entry_says_which_month_settles_it():
    contract = make.hires()
    make.used(contract, "1")
    make.used(contract, "2", on=date(2026, 4, 4))
    section = partial(delivery_section, contract, user=make.lead_of(contract.buyer), month=MARCH)
    labels = [row.label for row in section(on=date(2026, 4, 4)).rows]
    assert labels == ["Reported", "Confirmed by silence"]
    rows = section(on=date(2026, 5, 4)).rows
    assert [(row.label, row.note) for row in rows] == [
        ("Confirmed by silence", "settles with April 2026"),
        ("Confirmed by silence", ""),
    ]
    assert section(on=DAY).total == 3


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("statement", "name"),
    [
        ("UPDATE contracts_usage SET quantity = 0", "usage_delivers_something"),
        ("UPDATE contracts_usage SET item = 'days'", "usage_item_is_known"),
        ("UPDATE contracts_usage SET origin_month = '2026-03-02'", "usage_month_is_a_first"),
        ("UPDATE contracts_usage SET key = 'same'", "usage_entered_once_per_key"),
        ("UPDATE contracts_successresult SET month = '2026-03-02'", "result_month_is_a_first"),
        (
            (
                "INSERT INTO contracts_successresult (measure_id, contract_id, month, value, note,"
                " state, contest_reason, entered_on, entered_by_id)"
                " SELECT measure_id, contract_id, month, 1, '', 'entered', '', entered_on,"
                " entered_by_id FROM contracts_successresult"
            ),
            "one_result_a_month",
        ),
    ],
)
def test_the_database_itself_keeps_deliveries(statement, name):
    contract = make.hires()
    make.used(contract, "1")
    make.used(contract, "1")
    entered(contract, "80")
    with pytest.raises(IntegrityError) as refused, transaction.atomic():
        connection.cursor().execute(statement)
    assert name_of(refused.value) == name


@pytest.mark.django_db(transaction=True)
def test_eight_entries_with_one_key_are_one():
    contract = make.hires()
    made = at_once([partial(make.used, contract, "2", key="once")] * 8)
    assert len({usage.pk for usage in made}) == Usage.objects.count() == 1


# Success results.


def entered(contract, value, *, month=MARCH, on=DAY, by=None, measure=0):
    found = contract.current.measures.all()[measure]
    by = by or make.lead_of(contract.provider if found.measurer == "provider" else contract.buyer)
    return results.enter_result(found, month=month, value=Decimal(value), by=by, on=on)


@pytest.mark.django_db
def test_a_value_is_entered_by_its_measurer_and_answered_by_the_other_side():
    contract = make.agreed()
    buyer, provider = make.lead_of(contract.buyer), make.lead_of(contract.provider)
    with pytest.raises(Forbidden, match=f"Only members of {contract.provider}"):
        entered(contract, "80", by=buyer)
    result = entered(contract, "80")
    with pytest.raises(Forbidden, match=f"Only members of {contract.buyer}"):
        results.confirm_result(result, by=provider, on=DAY)
    with pytest.raises(Refused, match="Say what is wrong with the value"):
        results.contest_result(result, reason="", by=buyer, on=DAY)
    contested = results.contest_result(result, reason="We counted 70", by=buyer, on=DAY)
    assert contested.state == "contested"
    again = entered(contract, "70", on=date(2026, 3, 23))
    assert (again.pk, again.value, again.state) == (result.pk, 70, "entered")
    assert results.confirm_result(again, by=buyer, on=date(2026, 3, 24)).state == "confirmed"
    with pytest.raises(Refused, match="The value 70 of March 2026 is confirmed"):
        entered(contract, "71", on=date(2026, 3, 25))


@pytest.mark.django_db
def test_five_working_days_of_silence_confirm_a_value_by_date():
    contract = make.agreed()
    result = entered(contract, "80", on=date(2026, 3, 20))  # a Friday
    buyer = make.lead_of(contract.buyer)
    section = partial(results_section, contract, user=buyer, month=MARCH)
    assert section(on=date(2026, 3, 27)).rows[0].label == "Entered"
    assert section(on=date(2026, 3, 28)).rows[0].label == "Confirmed by silence"
    with pytest.raises(Refused, match="is confirmed"):
        results.contest_result(result, reason="Late", by=buyer, on=date(2026, 3, 28))


@pytest.mark.django_db
def test_the_success_of_a_month_with_weights_50_30_20_is_65_percent_and_says_what_is_missing():
    measures = tuple(
        make.measure(f"Measure {weight}", weight=weight) for weight in (50, 30, 20)
    )  # target 90, floor 70
    contract = make.agreed(measures=measures)
    section = partial(results_section, contract, user=make.lead_of(contract.buyer), on=DAY)
    entered(contract, "95", measure=0)
    entered(contract, "80", measure=1)
    assert (section(month=MARCH).unmeasured_count, section(month=MARCH).success) == (
        1, Decimal("0.8125"),
    )  # fmt: skip
    entered(contract, "60", measure=2)
    assert section(month=MARCH).success == Decimal("0.65")
    assert section(month=APRIL) is None


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("month", "value", "says"),
    [
        (APRIL, "1", "April 2026 has not begun"),
        (date(2026, 2, 1), "1", "had no active day in February 2026"),
        (MARCH, "NaN", "NaN is no value"),
        (MARCH, "1e12", "is no value"),
        (MARCH, "1.00001", "more than four decimals"),
    ],
)
def test_a_value_that_cannot_be_is_refused_in_words(month, value, says):
    contract = make.agreed()
    with pytest.raises(Refused, match=says):
        entered(contract, value, month=month)
    assert not SuccessResult.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_eight_values_at_once_are_one_result():
    contract = make.agreed()
    make.lead_of(contract.provider)
    at_once([partial(entered, contract, "80")] * 8)
    assert SuccessResult.objects.count() == 1
