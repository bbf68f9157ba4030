"""Service levels in the browser, by file and by API."""

import json
from datetime import date
from decimal import Decimal
from io import BytesIO, StringIO

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from openpyxl import Workbook

from contracts.models import Contract, Measurement
from contracts.terms import terms_of
from tests import make
from tests.make import APRIL, MARCH

pytestmark = pytest.mark.django_db
D = Decimal
HEAD = "contract,level,month,measured,met,maintenance,buyer_caused,exclusion_reason,note"
NAME = "Tickets answered in time"


@pytest.fixture(autouse=True)
def _day(time_machine):
    time_machine.move_to("2026-04-02T10:00:00Z", tick=False)


def text_of(answer):
    return " ".join(answer.content.decode().split())


def running(**rest):
    contract = make.levelled(**rest)
    Contract.objects.filter(pk=contract.pk).update(state="active")
    return contract


def test_the_contract_prints_its_levels_in_words_with_an_example_in_money(client):
    contract = running(levels=(make.level(bonus_above=D(99), bonus=D(3)),))
    client.force_login(make.lead_of(contract.buyer))
    page = text_of(client.get(f"/contracts/{contract.pk}/"))
    assert "95 % of all tickets: answered within four working hours; measured by the" in page
    assert "Below 95 % a credit of 5 %, below 90 % of 10 %, below 80 % of 15 %" in page
    assert "Not counted: planned maintenance and what the buyer caused." in page
    assert "at 92.5 % a month of 12,000.00 EUR costs 11,400.00, 600.00 less." in page
    assert "A bonus of 3 % above 99 %." in page
    assert "At most 15 % of the month’s fee, which is 1,800.00 EUR" in page


def test_figures_are_entered_and_the_page_shows_months_by_levels_in_words(client):
    contract = running()
    level = contract.current.levels.get()
    client.force_login(make.lead_of(contract.provider))
    page = text_of(client.get(f"/contracts/{contract.pk}/?month=2026-03"))
    assert "not measured" in page
    address = f"/contracts/{contract.pk}/levels/{level.pk}/2026-03/"
    assert address in page
    form = text_of(client.get(address))
    assert "Tickets in all" in form
    figures = {"measured": 14, "met": 11, "maintenance": 2, "buyer_caused": ""}
    answer = client.post(address, figures)
    assert "Say why 2 are excluded" in text_of(answer)
    answer = client.post(address, figures | {"exclusion_reason": "8 March"}, follow=True)
    assert "11 of 12 in March 2026" in text_of(answer)
    page = text_of(client.get(f"/contracts/{contract.pk}/?month=2026-03"))
    assert "91.7 % missed" in page
    assert "11 of 12 tickets; 2 more excluded: 8 March" in page
    assert "confirmed by silence after 3 April 2026" in page


def test_the_other_side_confirms_or_contests_on_the_page(client):
    contract = running()
    measurement = make.measured(contract, 11, 12)
    client.force_login(make.lead_of(contract.buyer))
    base = f"/contracts/{contract.pk}/measurements/{measurement.pk}/"
    assert "Contest 11 of 12" in text_of(client.get(f"{base}contest/"))
    client.post(f"{base}contest/", {"reason": "Two more were late"})
    page = text_of(client.get(f"/contracts/{contract.pk}/?month=2026-03"))
    assert "Two more were late" in page
    client.post(f"{base}confirm/")
    assert Measurement.objects.get().state == "confirmed"


def test_a_chronic_failure_is_told_on_the_contract(client, time_machine):
    contract = running()
    for month in (MARCH, APRIL, date(2026, 5, 1)):
        make.measured(contract, 70, 100, month=month)
    time_machine.move_to("2026-06-05T10:00:00Z", tick=False)
    client.force_login(make.lead_of(contract.buyer))
    page = text_of(client.get(f"/contracts/{contract.pk}/"))
    assert "was missed in March 2026, April 2026, May 2026: the buyer may end it" in page


def sent(**changes):
    """A draft as the form posts it, with one level."""
    level = {
        "name": "Uptime", "unit": "hours", "promise": "up", "measurer": "buyer",
        "no_credit_from": "99", "first_from": "98", "first_credit": "5", "second_from": "",
        "second_credit": "", "last_credit": "10", "excludes_maintenance": "on",
        "bonus_above": "", "bonus": "",
    }  # fmt: skip
    measure = {
        "name": "Hires", "unit": "%", "direction": "higher", "target": "90", "floor": "70",
        "measurer": "provider", "method": "counted", "weight": "1",
    }  # fmt: skip
    rows = {f"level-0-{name}": value for name, value in level.items()}
    rows |= {f"measure-0-{name}": value for name, value in measure.items()}
    for prefix in ("level", "measure"):
        rows |= {f"{prefix}-TOTAL_FORMS": "1", f"{prefix}-INITIAL_FORMS": "0"}
    days = {"starts_on": "2026-05-01", "ends_on": "2026-12-31"}
    return rows | days | {"price": "100.00", "credit_cap": "12"} | changes


def test_a_draft_takes_levels_cap_and_adjustment_from_its_form(client):
    buyer, of = make.me(kind="frontline"), make.offering(make.me())
    make.granted(buyer, "100000.00")
    client.force_login(make.lead(buyer))
    half = client.post(f"/contracts/new/{of.pk}/", sent(satisfied_percent="2"))
    assert "Fill in all three figures" in text_of(half)
    adjusted = {"satisfied_percent": "2", "satisfied_target": "90", "satisfied_floor": "70"}
    client.post(f"/contracts/new/{of.pk}/", sent(**adjusted))
    terms = terms_of(Contract.objects.get().current.terms)
    level = terms.levels[0]
    assert (level.name, level.measurer, level.earns_back) == ("Uptime", "buyer", False)
    assert [(tier.at_least, tier.credit) for tier in level.tiers] == [(99, 0), (98, 5), (0, 10)]
    assert (terms.credit_cap, terms.adjustment.target) == (12, 90)
    # The form of a change starts from the same figures.
    page = client.get(f"/contracts/{Contract.objects.get().pk}/edit/").content.decode()
    assert 'name="level-0-name" value="Uptime"' in page


def test_a_form_without_level_rows_leaves_the_levels_as_they_were(client):
    contract = make.draft(levels=(make.level(),), starts_on=date(2026, 5, 1))
    client.force_login(make.lead_of(contract.buyer))
    rows = {name: value for name, value in sent(price="1500.00").items() if "level-" not in name}
    client.post(f"/contracts/{contract.pk}/edit/", rows | {"hash": contract.current.hash})
    current = Contract.objects.get().current
    assert (current.price, current.levels.get().name) == (1500, NAME)


def offered_level(client, provider):
    """An offering of the ME with a level and a bonus, published in the browser."""
    category = make.category()
    words = sent(
        name="Help desk", category=category.pk, summary="We help.", plan="fixed",
        lead_time_days="1", **{"level-0-bonus_above": "99.5", "level-0-bonus": "3"},
    )  # fmt: skip
    rows = {name.replace("measure-", "measures-"): value for name, value in words.items()}
    client.force_login(make.lead(provider))
    client.post("/market/offerings/new/", rows)
    made = provider.offerings.get()
    client.post(f"/market/offerings/{made.pk}/publish/", {"publish": "1"})
    made.refresh_from_db()
    return made


def test_an_offering_promises_levels_and_a_draft_starts_from_them_without_the_bonus(client):
    provider, buyer = make.me(), make.me(kind="frontline")
    made = offered_level(client, provider)
    assert made.current.levels.get().bonus == 3
    page = text_of(client.get(f"/market/offerings/{made.pk}/"))
    assert "99 % of all hours: up; measured by the buyer." in page
    make.granted(buyer, "100000.00")
    client.force_login(make.lead(buyer))
    draft = text_of(client.get(f"/contracts/new/{made.pk}/"))
    assert "The provider asks for a bonus" in draft
    assert 'name="level-0-name" value="Uptime"' in draft
    answer = make.api_of(make.lead_of(buyer)).post(
        "contracts/",
        {"micro_enterprise": str(buyer.pk), "offering": str(made.pk), "starts_on": "2026-05-01",
         "ends_on": "2026-12-31"},
        format="json",
    )  # fmt: skip
    assert answer.status_code == 201, answer.content
    assert answer.json()["levels"][0]["bonus"] is None
    assert answer.json()["levels"][0]["tiers"][0] == {"at_least": "99.00", "credit": "0.00"}


def test_a_client_enters_by_api_and_the_same_figures_again_are_the_same(client):
    contract = running()
    level = contract.current.levels.get()
    api = make.api_with("usage:write", "contracts:read", on=date(2026, 4, 2))
    body = {"level": str(level.pk), "month": "2026-03", "measured": 12, "met": 11}
    first = api.post("measurements/", body, format="json")
    assert first.status_code == 201, first.content
    assert first.json()["attainment"] == "91.67"
    assert (first.json()["is_missed"], first.json()["state"]) == (True, "entered")
    assert api.post("measurements/", body, format="json").json()["id"] == first.json()["id"]
    wrong = api.post("measurements/", body | {"met": 13}, format="json")
    assert (wrong.status_code, wrong.json()["errors"][0]["field"]) == (400, "met")
    buyer = make.api_of(make.lead_of(contract.buyer), on=date(2026, 4, 2))
    done = buyer.post(
        f"measurements/{first.json()['id']}/contest/", {"reason": "No"}, format="json"
    )
    assert done.json()["contest_reason"] == "No"


def upload(client, content, name="march.csv"):
    file = SimpleUploadedFile(name, content)
    return client.post("/contracts/measurements/import/", {"file": file})


def test_a_file_is_previewed_and_then_entered(client):
    contract = running()
    client.force_login(make.lead_of(contract.provider))
    rows = f"{HEAD}\n{contract.pk},{NAME.lower()},2026-03,14,11,2,,8 March,\n"
    preview = upload(client, rows.encode())
    assert "11 of 12 tickets; 2 more excluded: 8 March" in text_of(preview)
    assert not Measurement.objects.exists()
    answer = client.post(
        "/contracts/measurements/import/",
        {"content": preview.context["content"], "name": "march.csv"}, follow=True,
    )  # fmt: skip
    assert "1 entered, 0 unchanged." in text_of(answer)
    assert Measurement.objects.get().met == 11


def test_a_workbook_is_read_too(client):
    contract = running()
    client.force_login(make.lead_of(contract.provider))
    book = Workbook()
    book.active.append(["Contract", "Level", "Month", "Measured", "Met"])
    book.active.append([contract.pk, NAME, "2026-03", 12, 12])
    content = BytesIO()
    book.save(content)
    assert "12 of 12 tickets" in text_of(upload(client, content.getvalue(), "march.xlsx"))


def test_a_file_with_a_fault_enters_nothing_and_says_which_row(client):
    contract, foreign = running(), running()
    client.force_login(make.lead_of(contract.provider))
    rows = [
        HEAD, f"{contract.pk},{NAME},2026-03,12,11,,,,", f"{foreign.pk},{NAME},2026-03,12,11,,,,",
        f"{contract.pk},Nothing,2026-03,12,11,,,,", f"{contract.pk},{NAME},March,12,11,,,,",
        f"{contract.pk},{NAME},2026-03,12,1e3,,,,", f"{contract.pk},{NAME},2026-03,12,13,,,,",
    ]  # fmt: skip
    answer = upload(client, "\n".join(rows).encode())
    page = text_of(answer)
    assert answer.status_code == 400
    for words in (
        "You are of neither party of a contract", "promises no level named", "is no month",
        "is no count", "more than the 12 that were measured",
    ):  # fmt: skip
        assert words in page
    assert not Measurement.objects.exists()
    assert "lacks the column" in text_of(upload(client, b"contract,level\n1,2\n"))


def test_the_command_enters_a_file_and_answers_in_json(tmp_path):
    contract = running()
    file = tmp_path / "march.csv"
    file.write_text(f"{HEAD}\n{contract.pk},{NAME},2026-03,12,11,,,,\n")

    def told(*arguments):
        out = StringIO()
        call_command("import_measurements", str(file), *arguments, "--json", stdout=out)
        return json.loads(out.getvalue())

    assert told("--dry-run")["created"] == 1
    assert not Measurement.objects.exists()
    assert told() == {"read": 1, "created": 1, "updated": 0, "unchanged": 0, "refused": []}
    assert told()["unchanged"] == 1
    file.write_text(f"{HEAD}\n{contract.pk},{NAME},2026-03,12,x,,,,\n")
    with pytest.raises(CommandError, match="Nothing was entered: 1 fault"):
        told()


def test_home_asks_to_measure_then_to_answer_and_tells_of_a_chronic_failure(client, time_machine):
    contract = running()
    provider, buyer = make.lead_of(contract.provider), make.lead_of(contract.buyer)
    client.force_login(provider)
    assert "One service level of March to measure" in text_of(client.get("/"))
    assert NAME in text_of(client.get("/contracts/delivery/?month=2026-03"))
    make.measured(contract, 11, 12)
    assert "to measure" not in text_of(client.get("/"))
    client.force_login(buyer)
    assert f"{NAME}: 11 of 12" in text_of(client.get("/"))
    for month in (APRIL, date(2026, 5, 1)):
        make.measured(contract, 70, 100, month=month)
    time_machine.move_to("2026-06-05T10:00:00Z", tick=False)
    assert "fails again and again" in text_of(client.get("/"))


def test_auditors_read_which_levels_nobody_measured(client):
    kept, forgotten = running(), running()
    make.measured(kept, 11, 12)
    client.force_login(make.office(is_auditor=True))
    page = text_of(client.get("/contracts/unmeasured/"))
    assert f"/contracts/{forgotten.pk}/?month=2026-03" in page
    assert f"/contracts/{kept.pk}/?month" not in page
    assert "1 last month" in text_of(client.get("/contracts/integrity/"))
    client.force_login(make.lead_of(kept.buyer))
    assert client.get("/contracts/unmeasured/").status_code == 403
