"""What an ME costs and sells outside is recorded once, with its source, and only corrected."""

from datetime import date
from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, transaction

from accounts.constraints import name_of
from accounts.errors import Forbidden, Invalid, Refused
from accounts.models import AuditEvent
from ledger.models import CostRecord, OutsideSale, ValueVerdict
from ledger.own_figures import Cost, Sale, correct, record_cost, record_sale
from tests import make
from tests.database import at_once
from tests.make import TODAY

pytestmark = pytest.mark.django_db

JANUARY, MARCH = date(2026, 1, 1), date(2026, 3, 1)
COST = """
    INSERT INTO ledger_costrecord (micro_enterprise_id, month, kind, amount, hours, source,
                                   reference, entered_on, replaces_id)
    SELECT micro_enterprise_id, DATE '{month}', '{kind}', {amount}, {hours}, '{source}',
           '{reference}', entered_on, {replaces} FROM ledger_costrecord WHERE replaces_id IS NULL"""
SALE = """
    INSERT INTO ledger_outsidesale (micro_enterprise_id, month, amount, source, reference,
                                    entered_on, replaces_id)
    SELECT micro_enterprise_id, DATE '{month}', {amount}, '{source}', '{reference}', entered_on,
           {replaces} FROM ledger_outsidesale WHERE replaces_id IS NULL"""
ROW = {
    "month": "2026-01-01", "kind": "other", "amount": 1, "hours": 0, "source": "s",
    "reference": "new", "replaces": "NULL",
}  # fmt: skip
VERDICT = """
    INSERT INTO ledger_valueverdict (micro_enterprise_id, month, is_judged, value_added, labour,
        has_paying_customer, has_met_outcome, judged_on, policy_version, led_to)
    SELECT micro_enterprise_id, DATE '{month}', true, 0, 0, false, false, judged_on, 0, '{led_to}'
    FROM ledger_valueverdict"""


def cost(**changes):
    return COST.format(**ROW | changes)


def sale(**changes):
    return SALE.format(**ROW | changes)


ATTEMPTS = [
    ("cost_recorded_once", cost(kind="labour", reference="payroll")),
    ("cost_corrected_once", cost(replaces="id")),
    ("cost_month_is_a_first", cost(month="2026-01-02")),
    ("cost_of_a_month_that_has_begun", cost(month="2026-03-01")),
    ("only_labour_has_hours", cost(hours=1)),
    ("only_labour_has_hours", cost(kind="labour", hours=-1)),
    ("only_labour_has_hours", cost(kind="cash")),
    ("cost_not_negative", cost(amount=-1)),
    ("cost_has_a_source", cost(source="")),
    ("cost_has_a_source", cost(reference="")),
    ("cost_never_changes", "UPDATE ledger_costrecord SET amount = 1"),
    ("cost_never_changes", "DELETE FROM ledger_costrecord"),
    (
        "cost_replaced_for_good",
        "UPDATE ledger_costrecord SET replaced_on = NULL WHERE replaced_on IS NOT NULL",
    ),
    ("sale_recorded_once", sale(reference="invoices")),
    ("sale_corrected_once", sale(replaces="id")),
    ("sale_month_is_a_first", sale(month="2026-01-02")),
    ("sale_of_a_month_that_has_begun", sale(month="2026-03-01")),
    ("sale_not_negative", sale(amount=-1)),
    ("sale_has_a_source", sale(source="")),
    ("sale_never_changes", "UPDATE ledger_outsidesale SET source = 'x'"),
    ("sale_never_changes", "DELETE FROM ledger_outsidesale"),
    (
        "sale_replaced_for_good",
        "UPDATE ledger_outsidesale SET replaced_on = NULL WHERE replaced_on IS NOT NULL",
    ),
    ("one_verdict_per_me_and_month", VERDICT.format(month="2026-01-01", led_to="")),
    ("verdict_month_is_a_first", VERDICT.format(month="2026-01-02", led_to="")),
    ("verdict_leads_to_a_state", VERDICT.format(month="2026-02-01", led_to="dissolved")),
    ("verdict_never_changes", "UPDATE ledger_valueverdict SET labour = 1"),
    ("verdict_never_changes", "DELETE FROM ledger_valueverdict"),
]


@pytest.mark.parametrize(("name", "statement"), ATTEMPTS)
def test_the_database_refuses(name, statement):
    shop = make.me("Shop")
    corrected(make.labour(shop, "100.00", "8"), "90.00", hours="8")
    corrected(make.outside_sale(shop, "100.00"), "90.00")
    ValueVerdict.objects.create(
        micro_enterprise=shop, month=JANUARY, is_judged=False, value_added=0, labour=0,
        has_paying_customer=False, has_met_outcome=False, judged_on=TODAY,
    )  # fmt: skip
    with pytest.raises(IntegrityError) as refused, transaction.atomic():
        connection.cursor().execute(statement)
    assert name_of(refused.value) == name


def corrected(entry, amount, *, hours="0", by=None, on=TODAY, source="payroll, corrected"):
    return correct(entry, amount=Decimal(amount), hours=Decimal(hours), source=source, by=by, on=on)


def test_a_cost_stands_once_by_its_reference_and_the_same_again_is_the_same_entry():
    shop = make.me("Shop")
    lead = make.lead(shop)
    first = make.labour(shop, "1000.00", "40", by=lead)
    assert make.labour(shop, "1000", "40.0", by=lead) == first
    assert make.other_cost(shop, "70.00", reference="payroll", by=lead) != first
    with pytest.raises(Refused, match="on record for January 2026 of Shop") as refused:
        make.labour(shop, "1000.00", "41", by=lead)
    assert refused.value.code == "recorded_before"
    event = AuditEvent.objects.get(action="cost.record", details__amount="1000.00")
    assert (event.actor, event.micro_enterprise) == (lead, shop)


def test_a_correction_takes_the_place_of_the_entry_and_both_stay_to_be_read():
    shop = make.me("Shop")
    entry = make.labour(shop, "1000.00", "40")
    made = corrected(entry, "900.00", hours="36", on=date(2026, 2, 21))
    assert made == corrected(entry, "900.00", hours="36", on=date(2026, 2, 22))
    entry.refresh_from_db()
    assert (entry.amount, entry.replaced_on) == (Decimal(1000), date(2026, 2, 21))
    assert (made.reference, made.replaces, made.hours) == ("payroll", entry, Decimal(36))
    assert list(CostRecord.objects.in_force()) == [made]
    with pytest.raises(Refused, match="was corrected already"):
        corrected(entry, "1.00")
    assert corrected(made, "900.00", hours="36") == made
    gone = corrected(made, "0.00")
    assert gone.amount == 0
    assert AuditEvent.objects.filter(action="cost.correct").count() == 2


def test_sales_outside_are_recorded_and_corrected_likewise():
    shop = make.me("Shop")
    entry = make.outside_sale(shop, "90000.00")
    made = corrected(entry, "91000.00")
    assert list(OutsideSale.objects.in_force()) == [made]
    with pytest.raises(Refused, match="invoices is on record"):
        make.outside_sale(shop, "90000.00")


@pytest.mark.parametrize(
    ("changes", "field", "message"),
    [
        ({"month": MARCH}, "month", "March 2026 has not begun"),
        ({"month": date(2026, 1, 2)}, "month", "has not begun"),
        ({"month": date(1999, 1, 1)}, "month", "too long ago"),
        ({"amount": Decimal("NaN")}, "amount", "NaN is no amount"),
        ({"amount": Decimal("Infinity")}, "amount", "is no amount"),
        ({"amount": Decimal("1e30")}, "amount", "is no amount"),
        ({"amount": Decimal(-1)}, "amount", "-1 is no amount"),
        ({"amount": Decimal("1.001")}, "amount", "more than two places"),
        ({"amount": Decimal(0)}, "amount", "says nothing"),
        ({"source": " "}, "source", "Say the source"),
        ({"reference": "x" * 81}, "reference", "Say the reference"),
        ({"kind": "cash"}, "kind", "'cash' is no kind of cost"),
        ({"kind": "other", "hours": Decimal(1)}, "hours", "Only labour has hours"),
        ({"hours": Decimal("1e9")}, "hours", "is no hours"),
    ],
)
def test_what_makes_no_sense_is_refused_by_field(changes, field, message):
    told = {
        "micro_enterprise": make.me("Shop"), "month": JANUARY, "amount": Decimal(1),
        "source": "SAP", "reference": "1",
    }  # fmt: skip
    with pytest.raises(Invalid, match=message) as refused:
        record_cost(Cost(**told | changes), by=None, on=TODAY)
    assert refused.value.field == field
    assert not CostRecord.objects.exists()


def test_a_member_without_the_right_to_sign_and_the_lead_of_another_me_record_nothing():
    shop, lab = make.me("Shop"), make.me("Lab")
    entry = make.outside_sale(shop, "5.00", by=make.hr_admin())
    make.outside_sale(shop, "5.00", reference="2", by=make.member(shop, may_sign=True))
    for user in (make.member(shop), make.lead(lab), make.office(is_chro=True)):
        with pytest.raises(Forbidden, match="may not record costs and sales of Shop"):
            record_sale(Sale(shop, JANUARY, Decimal(1), "x", "y"), by=user, on=TODAY)
        with pytest.raises(Forbidden):
            corrected(entry, "1.00", by=user)
    assert OutsideSale.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_two_who_record_the_same_at_once_make_one_entry():
    shop = make.me("Shop")
    first, second = at_once([lambda: make.outside_sale(shop, "5.00")] * 2)
    assert first == second
    assert OutsideSale.objects.count() == 1
