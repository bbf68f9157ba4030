"""How providers write and publish on pages, and how outside offers come in there."""

import io
from decimal import Decimal
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from openpyxl import Workbook

from accounts import spreadsheets
from accounts.models import AuditEvent
from marketplace.models import OutsideOffer, ServiceOffering
from tests import make
from tests.make import TODAY

pytestmark = pytest.mark.django_db
FILES = Path(__file__).resolve().parent.parent / "files"


@pytest.fixture(autouse=True)
def _day(time_machine):
    time_machine.move_to("2026-02-20T09:00Z", tick=False)


@pytest.fixture
def lab():
    return make.me("Lab")


@pytest.fixture
def lead(client, lab):
    client.force_login(make.lead(lab))
    return client


def typed(*measures, **changes):
    """What the form of an offering sends."""
    fields = {
        "name": "Water samples", "category": make.category("Laboratory").pk,
        "summary": "Chemistry and microbiology.", "description": "**All** parameters.",
        "plan": "per_unit", "price": "58.00", "unit": "sample", "capacity": "400",
        "lead_time_days": "2",
    }  # fmt: skip
    fields |= changes
    fields |= {"measures-TOTAL_FORMS": len(measures), "measures-INITIAL_FORMS": 0}
    for at, measure in enumerate(measures):
        fields |= {f"measures-{at}-{name}": value for name, value in measure.items()}
    return fields


MEASURE = {
    "name": "Results within 48 hours", "unit": "%", "direction": "higher", "target": "95",
    "floor": "80", "method": "lab system", "measurer": "provider", "weight": "1",
}  # fmt: skip
EMPTY = {"direction": "higher", "measurer": "provider", "weight": "1"}


def said(answer):
    return [str(message) for message in answer.context["messages"]]


def test_a_lead_writes_looks_over_and_publishes_an_offering_without_script(lead):
    assert b"New offering" in lead.get("/market/offerings/new/").content
    answer = lead.post("/market/offerings/new/", typed(MEASURE, EMPTY), follow=True)
    offering = ServiceOffering.objects.get()
    assert answer.redirect_chain[-1][0] == f"/market/offerings/{offering.pk}/publish/"
    assert "Results within 48 hours: at least 95 %" in answer.content.decode()
    assert "<strong>All</strong> parameters" in answer.content.decode()
    answer = lead.post(f"/market/offerings/{offering.pk}/publish/", follow=True)
    assert said(answer)[0].startswith("Water samples is on sale.")
    assert "Water samples" in lead.get("/market/").content.decode()


def test_another_measure_is_added_without_script_and_nothing_typed_is_lost(lead):
    answer = lead.post("/market/offerings/new/", typed(MEASURE, EMPTY) | {"add": "1", "price": "x"})
    page = answer.content.decode()
    assert answer.status_code == 200
    assert 'value="Results within 48 hours"' in page
    assert 'value="x"' in page
    assert 'name="measures-1-name"' in page
    assert "to correct" not in page
    assert not ServiceOffering.objects.exists()


def test_a_draft_is_edited_and_a_measure_removed(lead):
    lead.post("/market/offerings/new/", typed(MEASURE, MEASURE | {"name": "No second run"}))
    offering = ServiceOffering.objects.get()
    address = f"/market/offerings/{offering.pk}/edit/"
    assert 'value="No second run"' in lead.get(address).content.decode()
    changed = typed(MEASURE, MEASURE | {"name": "No second run", "DELETE": "on"}, price="61.00")
    answer = lead.post(address, changed | {"stay": "1"}, follow=True)
    assert said(answer) == ["The draft is saved.\nOnly your own members see it so far."]
    draft = offering.versions.get()
    assert draft.price == Decimal("61.00")
    assert [measure.name for measure in draft.measures.all()] == ["Results within 48 hours"]


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"price": "NaN"}, "Enter a number"),
        ({"price": "0"}, "greater than or equal to 0.01"),
        ({"price": "1e30"}, "no more than"),
        ({"price": "1.005"}, "no more than 2 decimal places"),
        ({"unit": ""}, "Say what the price is per"),
        ({"name": "=1+1"}, "begins like a formula"),
        ({"name": "x" * 121}, "at most 120"),
        ({"category": "999999"}, "not one of the available choices"),
        ({"plan": "auction"}, "not one of the available choices"),
        ({"capacity": "-1"}, "greater than or equal to 1"),
        ({"capacity": "99999999999"}, "less than or equal to"),
        ({"lead_time_days": "9999"}, "less than or equal to 730"),
        ({"measures-0-floor": "99"}, "floor must lie below the target"),
        ({"measures-0-target": "Infinity"}, "Enter a number"),
        ({"measures-0-method": ""}, "This field is required"),
    ],
)
def test_impossible_input_is_named_beside_its_field_and_saves_nothing(lead, changes, error):
    answer = lead.post("/market/offerings/new/", typed(MEASURE) | changes)
    page = answer.content.decode()
    assert answer.status_code == 400
    assert error in page
    assert "to correct" in page
    assert not ServiceOffering.objects.exists()


def test_without_a_measure_publishing_is_refused_in_words(lead):
    lead.post("/market/offerings/new/", typed(EMPTY))
    offering = ServiceOffering.objects.get()
    answer = lead.post(f"/market/offerings/{offering.pk}/publish/")
    assert answer.status_code == 409
    assert "has no success measure" in answer.content.decode()
    assert "Add at least one measure" in answer.content.decode()


def test_similar_offerings_are_shown_before_publishing_and_block_nothing(lead):
    other = make.me("Other Lab")
    make.offering(other, name="Water sampling", of=make.category("Laboratory"))
    make.offering(other, name="Payroll")
    lead.post("/market/offerings/new/", typed(MEASURE))
    offering = ServiceOffering.objects.get(state="draft")
    page = lead.get(f"/market/offerings/{offering.pk}/publish/")
    assert [row["name"] for row in page.context["similar"]] == ["Water sampling"]
    assert "One offering is much like it" in page.content.decode()
    lead.post(f"/market/offerings/{offering.pk}/publish/")
    offering.refresh_from_db()
    assert offering.state == "published"


def test_a_new_version_is_drafted_published_and_listed_with_the_one_before(lead, lab):
    offering = make.offering(lab, name="Water samples", price="58.00")
    answer = lead.post(f"/market/offerings/{offering.pk}/new-version/", follow=True)
    assert said(answer)[0].startswith("Version 2 is a draft.")
    lead.post(
        f"/market/offerings/{offering.pk}/edit/",
        typed(MEASURE, plan="fixed", price="61.00", category=offering.category_id),
    )
    assert lead.get(f"/market/offerings/{offering.pk}/").context["version"].number == 1
    lead.post(f"/market/offerings/{offering.pk}/publish/")
    versions = lead.get(f"/market/offerings/{offering.pk}/").context["versions"]
    assert [each["text"] for each in versions] == [
        "Version 2: 61.00 per month", "Version 1: 58.00 per month",
    ]  # fmt: skip


def test_a_provider_finds_the_way_to_a_contract_for_a_customer_once_it_may_trade(lead, lab):
    words = "Draft a contract for a customer"
    on_sale = make.offering(lab)
    page = lead.get(f"/market/offerings/{on_sale.pk}/").content.decode()
    assert words in page
    assert f"/contracts/new/{on_sale.pk}/" in page
    lab.state, lab.activated_on = "proposed", None
    lab.save()
    assert words not in lead.get(f"/market/offerings/{on_sale.pk}/").content.decode()


def test_withdrawing_and_putting_back_on_sale(lead, lab):
    offering = make.offering(lab, name="Water samples")
    answer = lead.post(f"/market/offerings/{offering.pk}/withdraw/", follow=True)
    assert said(answer)[0].startswith("Water samples is withdrawn.")
    assert "Put back on sale" in answer.content.decode()
    lead.post(f"/market/offerings/{offering.pk}/withdraw/")
    lead.post(f"/market/offerings/{offering.pk}/publish/")
    offering.refresh_from_db()
    assert offering.state == "published"


def test_a_discarded_draft_is_gone(lead):
    lead.post("/market/offerings/new/", typed(MEASURE))
    offering = ServiceOffering.objects.get()
    answer = lead.post(f"/market/offerings/{offering.pk}/discard/", follow=True)
    assert said(answer)[-1] == "The draft is discarded."
    assert "Nothing offered yet" in answer.content.decode()


def test_our_offerings_show_drafts_first_with_words_that_are_still_being_written(lead, lab):
    make.offering(lab, name="On sale")
    make.offering(make.me(), name="Not ours")
    lead.post("/market/offerings/new/", typed(MEASURE, name="In writing"))
    rows = lead.get("/market/offerings/").context["rows"]
    assert [(row["name"], row["state"]) for row in rows] == [
        ("In writing", "draft"), ("On sale", "published"),
    ]  # fmt: skip


def test_our_offerings_cost_the_same_queries_for_ten_and_for_a_thousand(
    lead, lab, django_assert_max_num_queries
):
    for number in range(3):
        make.offering(lab, name=f"Offering {number}")
    category = make.category()
    ServiceOffering.objects.bulk_create(
        ServiceOffering(provider=lab, category=category) for _ in range(1000)
    )
    with django_assert_max_num_queries(14):
        assert lead.get("/market/offerings/").status_code == 200


def test_a_draft_is_unknown_to_others_and_readable_by_members_and_auditors(client, lead, lab):
    lead.post("/market/offerings/new/", typed(MEASURE))
    address = f"/market/offerings/{ServiceOffering.objects.get().pk}/"
    for reader, status in (
        (make.member(lab), 200), (make.office(is_auditor=True), 200),
        (make.lead(make.me()), 404), (make.hr_admin(), 404),
    ):  # fmt: skip
        client.force_login(reader)
        assert client.get(address).status_code == status


def test_only_who_may_publish_gets_past_the_door_and_the_attempt_is_audited(client, lab):
    offering = make.offering(lab)
    member = make.member(lab)
    client.force_login(member)
    for page in ("new-version", "withdraw", "publish", "discard", "edit"):
        assert client.post(f"/market/offerings/{offering.pk}/{page}/").status_code == 403
    assert client.get("/market/offerings/new/").status_code == 403
    refused = AuditEvent.objects.filter(was_refused=True, actor=member)
    assert refused.count() == 6
    offering.refresh_from_db()
    assert (offering.state, offering.versions.count()) == ("published", 1)


@pytest.mark.parametrize("page", ["withdraw", "new-version", "discard"])
def test_steps_are_taken_by_post_only(lead, lab, page):
    offering = make.offering(lab)
    assert lead.get(f"/market/offerings/{offering.pk}/{page}/").status_code == 405


def outside(**changes):
    fields = {
        "supplier": "Hydrolab", "name": "Water panel", "category": make.category().pk,
        "price": "61.50", "unit": "Per Sample", "priced_on": "2026-02-01",
        "valid_until_on": "2026-12-31", "source": "Quote 17", "description": "",
    }  # fmt: skip
    return fields | changes


def test_an_outside_offer_is_recorded_by_hand_and_its_price_renewed(lead):
    answer = lead.post("/market/outside/new/", outside(), follow=True)
    assert said(answer)[0].startswith("Water panel is recorded.")
    offer = OutsideOffer.objects.get()
    page = lead.get(f"/market/outside/{offer.pk}/")
    again = lead.get(page.context["newer_url"]).content.decode()
    assert 'value="Hydrolab"' in again
    answer = lead.post("/market/outside/new/", outside(price="60.00"), follow=True)
    assert said(answer)[0].startswith("Water panel has a newer price.")
    assert OutsideOffer.objects.get().price == Decimal("60.00")


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"price": "NaN"}, "Enter a number"),
        ({"price": "-3"}, "greater than or equal"),
        ({"priced_on": "2026-02-21"}, "still to come"),
        ({"valid_until_on": "2026-01-31"}, "must not end before"),
        ({"supplier": "@SUM(A1)"}, "begins like a formula"),
        ({"category": ""}, "This field is required"),
    ],
)
def test_an_impossible_outside_offer_is_refused_beside_its_field(lead, changes, error):
    answer = lead.post("/market/outside/new/", outside(**changes))
    assert answer.status_code == 400
    assert error in answer.content.decode()
    assert not OutsideOffer.objects.exists()


def upload(content, name="rates.csv", **fields):
    return {"file": SimpleUploadedFile(name, content), "layout": "", "category": ""} | fields


@pytest.fixture
def hr(client):
    make.org()
    client.force_login(make.hr_admin())
    return client


def test_a_price_list_is_looked_at_before_it_is_recorded_and_twice_is_once(hr):
    content = (FILES / "rates_like_schedule70.csv").read_bytes()
    preview = hr.post("/market/outside/import/", upload(content))
    page = preview.content.decode()
    assert not OutsideOffer.objects.exists()
    assert "Record 4 offers" in page
    assert "&#x27;N/A&#x27; is no price" in page
    apply = {"upload": preview.context["upload"]}
    answer = hr.post("/market/outside/import/apply/", apply, follow=True)
    assert said(answer) == [
        "4 offers recorded, 0 updated.\n1 were known already, 8 rows were left out."
    ]
    hr.post("/market/outside/import/apply/", apply)
    assert OutsideOffer.objects.count() == 4
    again = hr.post("/market/outside/import/", upload(content))
    assert "There is nothing to record" in again.content.decode()


def test_a_lost_preview_records_nothing_and_asks_for_the_file_again(hr):
    answer = hr.post("/market/outside/import/apply/", {"upload": "somebody else's"}, follow=True)
    assert "Upload it again" in said(answer)[0]
    assert not OutsideOffer.objects.exists()


def test_one_visitors_preview_is_not_anothers_to_apply(hr, client, lab):
    content = (FILES / "rates_like_schedule70.csv").read_bytes()
    preview = hr.post("/market/outside/import/", upload(content))
    client.force_login(make.lead(lab))
    client.post("/market/outside/import/apply/", {"upload": preview.context["upload"]})
    assert not OutsideOffer.objects.exists()


@pytest.mark.parametrize(
    ("content", "error"),
    [
        (b"a,b\n1,2\n", "The file has no column"),
        (b"\x00\x01", "is not a CSV file"),
        (b"", "The submitted file is empty"),
        (b"x" * (spreadsheets.MAX_BYTES + 1), "a file may have"),
    ],
)
def test_a_faulty_upload_is_refused_beside_the_field(hr, content, error):
    answer = hr.post("/market/outside/import/", upload(content))
    assert answer.status_code == 400
    assert error in answer.content.decode()


def test_a_lead_chooses_a_category_that_exists_and_a_member_imports_nothing(client, lead, lab):
    content = (FILES / "rates_like_schedule70.csv").read_bytes()
    answer = lead.post("/market/outside/import/", upload(content))
    assert "There is no category IT services" in answer.content.decode()
    chosen = upload(content, category=make.category("Legal").pk)
    assert lead.post("/market/outside/import/", chosen).context["category"] == "Legal"
    client.force_login(make.member(lab))
    assert client.get("/market/outside/import/").status_code == 403
    assert client.get("/market/outside/new/").status_code == 403


def test_a_workbook_is_read_like_a_text_file(hr):
    book = Workbook()
    book.active.append(["name", "supplier", "price", "unit", "priced_on"])
    book.active.append(["Audit", "Ledger Ltd", 120.5, "hour", TODAY])
    stream = io.BytesIO()
    book.save(stream)
    chosen = upload(stream.getvalue(), "rates.xlsx", category=make.category().pk)
    preview = hr.post("/market/outside/import/", chosen)
    [listed] = preview.context["sample"]
    assert (listed.price, listed.priced_on) == (Decimal("120.50"), TODAY)
