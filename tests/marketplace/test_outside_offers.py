"""Offers from outside: read from price lists as they really are, or recorded by hand."""

import json
from datetime import date
from decimal import Decimal
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from accounts import spreadsheets
from accounts.constraints import name_of
from accounts.errors import Forbidden, Invalid
from accounts.models import AuditEvent
from marketplace import price_lists
from marketplace.actions import import_outside_offers, record_outside_offer
from marketplace.models import Category, OutsideOffer, OutsideSupplier
from marketplace.price_layouts import layout_of
from tests import make
from tests.database import at_once
from tests.make import TODAY
from tests.real_data import real_data

FILES = Path(__file__).resolve().parent.parent / "files"
SCHEDULE = FILES / "rates_like_schedule70.csv"


def run(*arguments):
    """The command's exit status and its one JSON object."""
    out = StringIO()
    status = 0
    try:
        call_command("import_outside_offers", *map(str, arguments), "--json", stdout=out)
    except CommandError as stop:
        status = stop.returncode
    return status, json.loads(out.getvalue())


def figures(answer):
    return [answer[key] for key in ("read", "created", "updated", "unchanged")]


def read(*rows, head="name,supplier,price,unit,priced_on,valid_until_on", **layout):
    return price_lists.read("\n".join([head, *rows]).encode(), **layout)


@pytest.mark.django_db
def test_a_list_of_hourly_rates_is_read_with_its_strange_days_prices_and_names():
    make.org()
    status, answer = run(SCHEDULE, "--on", TODAY)
    assert (status, figures(answer)) == (1, [13, 4, 0, 1])
    offers = {offer.name: offer for offer in OutsideOffer.objects.select_related("supplier")}
    desk, analyst = offers["Help Desk Engineer"], offers["Data Analyst (two lines)"]
    assert (desk.unit, desk.price, desk.priced_on) == ("hour", Decimal("65.20"), date(2014, 4, 24))
    assert (analyst.price, analyst.valid_until_on) == (Decimal("1013.38"), date(2029, 4, 2))
    assert analyst.priced_on == TODAY, "a list that does not say since when is of today"
    assert str(analyst.supplier) == "East Bay Data"
    series = OutsideOffer.objects.filter(name="Network Engineer Level II").order_by("price")
    assert [str(offer.price) for offer in series] == ["110.50", "115.50"]


@pytest.mark.django_db
def test_what_cannot_be_a_price_is_refused_with_row_field_value_and_remedy():
    make.org()
    _, answer = run(SCHEDULE, "--on", TODAY)
    refused = {each["row"]: each for each in answer["refused"]}
    assert {row: each["field"] for row, each in refused.items()} == {
        7: "price", 8: "price", 9: "valid_until_on", 10: "price", 11: "price", 12: "price",
        13: "name", 14: "priced_on",
    }  # fmt: skip
    assert refused[7]["value"] == "N/A"
    assert refused[8]["message"] == "'0.75%' is no price; write it like 1,234.50."
    assert "ends on 2020-12-11 before it starts on 2020-12-12" in refused[9]["message"]
    assert "formula" in refused[13]["message"]
    assert "write it like 10/31/2026" in refused[14]["message"]


@pytest.mark.django_db
def test_the_same_list_again_changes_nothing_even_on_another_day():
    make.org()
    run(SCHEDULE, "--on", TODAY)
    before = list(OutsideOffer.objects.order_by("pk").values())
    _, answer = run(SCHEDULE, "--on", date(2026, 6, 1))
    assert figures(answer) == [13, 0, 0, 5]
    assert list(OutsideOffer.objects.order_by("pk").values()) == before


@pytest.mark.django_db
def test_a_newer_list_updates_the_prices_that_changed_and_only_those():
    make.org()
    run(SCHEDULE, "--on", TODAY)
    newer = price_lists.read(SCHEDULE.read_bytes().replace(b"$65.20", b"$66.00"))
    done = import_outside_offers(newer, by=None, on=date(2026, 6, 1))
    assert (done.created, done.updated, done.unchanged) == (0, 1, 4)
    desk = OutsideOffer.objects.get(name="Help Desk Engineer")
    assert (desk.price, desk.recorded_on) == (Decimal("66.00"), date(2026, 6, 1))


@pytest.mark.django_db
def test_a_dry_run_says_the_same_and_writes_nothing():
    make.org()
    _, trial = run(SCHEDULE, "--on", TODAY, "--dry-run")
    rows = (OutsideOffer, OutsideSupplier, Category, AuditEvent)
    assert [model.objects.count() for model in rows] == [0, 0, 0, 0]
    _, real = run(SCHEDULE, "--on", TODAY)
    assert trial == real


@pytest.mark.django_db
def test_the_year_in_force_counts_and_without_one_the_base_year():
    make.org()
    status, answer = run(FILES / "rates_like_hourly_sample.csv", "--on", TODAY)
    assert (status, figures(answer)) == (0, [2, 2, 0, 0])
    prices = dict(OutsideOffer.objects.values_list("name", "price"))
    assert prices == {"Project Manager": Decimal("1013.38"), "Translator": Decimal("96.00")}
    assert set(OutsideOffer.objects.values_list("unit", flat=True)) == {"hour"}


@pytest.mark.django_db
def test_the_real_schedule_comes_in_whole_and_a_second_time_changes_nothing():
    make.org()
    path = real_data("gsa-schedule70-prices/s70_data.csv")
    _, answer = run(path, "--map", "gsa-schedule70", "--category", "IT services", "--on", TODAY)
    assert figures(answer) == [4157, 4110, 0, 19]
    assert {each["field"] for each in answer["refused"]} == {"price", "valid_until_on"}
    assert OutsideOffer.objects.count() == 4110
    _, again = run(path, "--on", TODAY)
    assert figures(again) == [4157, 0, 0, 4129]


@pytest.mark.django_db
def test_the_real_hourly_sample_comes_in_with_its_thousands_separators():
    make.org()
    path = real_data("gsa-schedule70-prices/hourly_prices_sample.csv")
    status, answer = run(path, "--map", "gsa-hourly-sample", "--on", TODAY)
    assert (status, figures(answer)) == (0, [100, 100, 0, 0])
    assert OutsideOffer.objects.filter(price__gt=1000).exists()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("content", "field", "says"),
    [
        (b"", "file", "is empty"),
        (b"name,supplier,price,unit\n", "file", "nothing below it"),
        (b"PK\x03\x04rest", "file", "no Excel|not an Excel"),
        (b"\x00\x01\x02", "file", "not a CSV"),
        (b"a,b\n1,2\n", "name", "no column .name. for the name"),
        (b"name,supplier,price\nTester,East,1\n", "unit", "for the unit"),
        (b'name,supplier,price,unit\n"a,a,1,h\n', "file", "not a CSV"),
        (b"x" * (spreadsheets.MAX_BYTES + 1), "file", "a file may have"),
    ],
)
def test_a_faulty_file_changes_nothing_and_says_why(tmp_path, content, field, says):
    make.org()
    path = tmp_path / "list.csv"
    path.write_bytes(content)
    status, answer = run(path, "--category", "Testing")
    assert (status, figures(answer)) == (1, [0, 0, 0, 0])
    [refused] = answer["refused"]
    assert refused["field"] == field
    with pytest.raises(Invalid, match=says):
        price_lists.read(content)
    assert not Category.objects.exists()


@pytest.mark.django_db
def test_wrong_arguments_are_told_apart_from_a_faulty_file(tmp_path):
    make.org()
    with pytest.raises(CommandError, match="Name one") as missing:
        call_command("import_outside_offers", "nowhere.csv")
    with pytest.raises(CommandError, match="no preset") as unknown:
        call_command("import_outside_offers", SCHEDULE, "--map", "gsa-71")
    assert (missing.value.returncode, unknown.value.returncode) == (2, 2)


@pytest.mark.django_db
def test_a_mapping_in_toml_reads_a_list_of_another_shape(tmp_path):
    make.org()
    mapping = tmp_path / "lab.toml"
    mapping.write_text(
        'source = "Lab list"\ncategory = "Laboratory"\nunit = "sample"\ndays = "day first"\n'
        "decimal_comma = true\n[columns]\nname = 'Leistung'\nsupplier = 'Labor'\n"
        "price = ['Preis neu', 'Preis']\npriced_on = 'Ab'\n"
    )
    file = tmp_path / "lab.csv"
    file.write_bytes("Leistung;Labor;Preis;Preis neu;Ab\nWasser;Käthe;1.250,50;;31.1.2026".encode())
    assert run(file, "--map", mapping, "--on", TODAY) == (
        0, {"read": 1, "created": 1, "updated": 0, "unchanged": 0, "refused": []},
    )  # fmt: skip
    offer = OutsideOffer.objects.get()
    assert (offer.price, offer.priced_on) == (Decimal("1250.50"), date(2026, 1, 31))
    assert (str(offer.category), str(offer.supplier)) == ("Laboratory", "Käthe")


@pytest.mark.parametrize(
    ("toml", "says"),
    [
        ("source = ", "no TOML"),
        ("colour = 1\n[columns]\nname='a'\nsupplier='b'\nprice='c'", "does not know colour"),
        ("[columns]\nname='a'", "must name the columns"),
        ("days='moon'\n[columns]\nname='a'\nsupplier='b'\nprice='c'", "write one of month first"),
    ],
)
def test_a_faulty_mapping_says_what_it_lacks(toml, says):
    with pytest.raises(Invalid, match=says):
        layout_of(toml)


@pytest.mark.parametrize(
    ("text", "price"),
    [
        ("73.3", "73.30"), ("$98.24 ", "98.24"), ("1,013.38", "1013.38"), ("0.01", "0.01"),
        ("EUR 12", "12.00"), ("12 €", "12.00"), ("9999999999999999.99", "9999999999999999.99"),
    ],
)  # fmt: skip
def test_a_price_is_read_exactly(text, price):
    assert str(price_lists.price_of(text)) == price


@pytest.mark.parametrize(
    "text",
    [
        "",
        "0",
        "-1",
        "NaN",
        "Infinity",
        "1e30",
        "0x10",
        "1.005",
        "10,00,0",
        "1 000",
        "99999999999999999",
    ],
)
def test_what_is_no_price_is_refused(text):
    with pytest.raises(ValueError, match=r"no price|parts of a cent"):
        price_lists.price_of(text)


def test_a_row_with_too_many_cells_or_an_endless_name_of_a_supplier_is_refused():
    got = read("a,b,1,hour,,,surplus", f"a,{'b' * 161},1,hour,,", "a,b,1,hour,,")
    assert [(each.row, each.field) for each in got.refused] == [(2, "row"), (3, "supplier")]
    assert len(got.prices) == 1


@pytest.mark.django_db
def test_a_price_that_starts_in_the_future_is_refused_until_its_day_comes():
    make.org()
    listed = read("a,b,1,hour,2026-03-01,")
    done = import_outside_offers(listed, category="Testing", by=None, on=TODAY)
    assert [each.field for each in done.refused] == ["priced_on"]
    done = import_outside_offers(listed, category="Testing", by=None, on=date(2026, 3, 1))
    assert (done.created, done.refused) == (1, [])


@pytest.mark.django_db
def test_leads_signers_and_hr_admins_record_outside_offers_and_nobody_else():
    shop = make.me()
    listed = read("a,b,1,hour,,")
    make.category("Testing")
    import_outside_offers(listed, category="Testing", by=make.lead(shop), on=TODAY)
    import_outside_offers(listed, category="Testing", by=make.hr_admin(), on=TODAY)
    for other in (make.member(shop), make.user(), make.office(is_chro=True)):
        with pytest.raises(Forbidden, match="leads or may sign"):
            import_outside_offers(listed, category="Testing", by=other, on=TODAY)


@pytest.mark.django_db
def test_only_an_hr_admin_makes_a_category_by_importing():
    shop = make.me()
    listed = read("a,b,1,hour,,")
    with pytest.raises(Invalid, match="There is no category Gardening"):
        import_outside_offers(listed, category="Gardening", by=make.lead(shop), on=TODAY)
    with pytest.raises(Invalid, match="which category"):
        import_outside_offers(listed, by=make.hr_admin(), on=TODAY)
    import_outside_offers(listed, category="Gardening", by=make.hr_admin(), on=TODAY)
    assert Category.objects.get().slug == "gardening"


@pytest.mark.django_db
def test_an_import_costs_the_same_number_of_queries_for_ten_rows_and_for_a_thousand():
    make.org()
    make.category("Testing")

    def queries(count):
        rows = [f"Work {number},Firm {number % 7} of {count},10,hour,," for number in range(count)]
        with CaptureQueriesContext(connection) as captured:
            import_outside_offers(read(*rows), category="Testing", by=None, on=TODAY)
        return len(captured)

    assert queries(10) == queries(900)


@pytest.mark.django_db(transaction=True)
def test_the_same_list_imported_by_two_at_once_is_recorded_once():
    make.org()
    make.category("Testing")
    listed = read(*(f"Work {number},Firm {number % 7},10,hour,," for number in range(50)))

    def go():
        return import_outside_offers(listed, category="Testing", by=None, on=TODAY)

    at_once([go, go])
    assert (OutsideOffer.objects.count(), OutsideSupplier.objects.count()) == (50, 7)


def by_hand(by, **fields):
    defaults = {
        "supplier": "Hydrolab", "category": make.category(), "name": "Water panel",
        "unit": "Per Sample", "price": Decimal("61.50"), "priced_on": TODAY,
    }  # fmt: skip
    return record_outside_offer(**defaults | fields, by=by, on=TODAY)


@pytest.mark.django_db
def test_an_offer_recorded_by_hand_twice_is_one_offer_with_the_newer_price():
    lead = make.lead(make.me())
    offer, is_new = by_hand(lead)
    again, is_new_again = by_hand(lead, price=Decimal("60.00"), supplier="HYDROLAB")
    assert (is_new, is_new_again, offer.pk) == (True, False, again.pk)
    assert (again.unit, again.price, again.recorded_by) == ("sample", Decimal("60.00"), lead)
    assert OutsideSupplier.objects.count() == 1
    events = AuditEvent.objects.filter(action="outside_offer.record")
    assert [event.details["price"] for event in events.order_by("pk")] == ["61.50", "60.00"]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"price": Decimal("NaN")}, "NaN is no price"),
        ({"price": Decimal("1e30")}, "is no price"),
        ({"price": Decimal(-1)}, "-1 is no price"),
        ({"priced_on": date(2026, 2, 21)}, "still to come"),
        ({"valid_until_on": date(2026, 2, 19)}, "ends on 2026-02-19 before it starts"),
    ],
)
def test_an_impossible_offer_by_hand_is_refused(fields, says):
    lead = make.lead(make.me())
    with pytest.raises(Invalid, match=says):
        by_hand(lead, **fields)


@pytest.mark.django_db
def test_a_member_without_the_right_to_sign_records_nothing():
    with pytest.raises(Forbidden, match="leads or may sign"):
        by_hand(make.member(make.me()))


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("fields", "constraint"),
    [
        ({"price": "0"}, "outside_offer_has_a_price"),
        ({"valid_until_on": date(2025, 12, 31)}, "outside_offer_was_once_valid"),
        ({"reference": "same"}, "outside_offer_recorded_once"),
    ],
)
def test_the_database_refuses_an_offer_that_cannot_be(fields, constraint):
    make.org()
    make.outside_offer(reference="same")
    with pytest.raises(IntegrityError) as refused, transaction.atomic():
        make.outside_offer(**fields)
    assert name_of(refused.value) == constraint


@pytest.mark.django_db
def test_not_a_number_is_no_price_for_the_database_either():
    make.org()
    offer = make.outside_offer()
    sql = "UPDATE marketplace_outsideoffer SET price = 'NaN' WHERE id = %s"
    with pytest.raises(IntegrityError) as refused, transaction.atomic():
        connection.cursor().execute(sql, [offer.pk])
    assert name_of(refused.value) == "outside_offer_has_a_price"
