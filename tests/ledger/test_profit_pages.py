"""The pages of an ME's profit: the months, one line by line, and what is on record."""

from decimal import Decimal

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile

from ledger.models import CostRecord, OutsideSale
from tests import make

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("_february")]


@pytest.fixture
def _february():
    with time_machine.travel("2026-02-20T09:00Z", tick=False):
        yield


def text_of(answer):
    return " ".join(answer.content.decode().split())


def test_a_lead_records_a_month_and_reads_what_an_hour_was_worth(client):
    shop = make.me("Shop")
    client.force_login(make.lead(shop))
    assert "Nothing is on record" in text_of(client.get(f"/mes/{shop.pk}/profit/"))
    words = {"month": "2026-01", "source": "payroll", "reference": "P1"}
    for kind, amount, hours in (("labour", "31920", "840"), ("other", "21600", "")):
        told = words | {"kind": kind, "amount": amount, "hours": hours}
        answer = client.post(f"/mes/{shop.pk}/profit/costs/new/", told, follow=True)
        assert "is on record for January 2026" in text_of(answer)
    sale = words | {"amount": "72000"}
    told = text_of(client.post(f"/mes/{shop.pk}/profit/sales/new/", sale, follow=True))
    assert "50,400.00 by 840 hours is 60.00 an hour." in told
    assert "Labour costs 38.00 an hour, so 22.00 is left." in told
    csv = client.get(f"/mes/{shop.pk}/profit/?format=csv").content.decode()
    assert "2026-01,72000.00," in csv
    assert ",50400.00,840.00,60.00,31920.00,18480.00,22.00" in csv


def test_a_correction_shows_what_the_entry_said_before(client):
    shop = make.me("Shop")
    client.force_login(make.hr_admin())
    entry = make.outside_sale(shop, "100.00")
    address = f"/mes/{shop.pk}/profit/sales/{entry.pk}/"
    assert "Hours" not in text_of(client.get(address))
    told = {"amount": "90.00", "source": "credit note"}
    assert "says 90.00 now" in text_of(client.post(address, told, follow=True))
    made = OutsideSale.objects.in_force().get()
    assert "100.00" in text_of(client.get(f"/mes/{shop.pk}/profit/sales/{made.pk}/"))
    stale = client.post(address, {"amount": "80.00", "source": "x"})
    assert stale.status_code == 409
    assert "was corrected already" in text_of(stale)


def test_what_makes_no_sense_is_said_beside_its_field(client):
    shop = make.me("Shop")
    client.force_login(make.lead(shop))
    told = {"month": "2026-01", "kind": "other", "amount": "1", "hours": "8", "source": "x",
            "reference": "y"}  # fmt: skip
    answer = client.post(f"/mes/{shop.pk}/profit/costs/new/", told)
    assert answer.status_code == 400
    assert "Only labour has hours" in text_of(answer)
    assert not CostRecord.objects.exists()


def test_a_file_is_read_before_it_is_kept(client):
    shop = make.me("Shop")
    client.force_login(make.lead(shop))
    rows = b"micro_enterprise,month,kind,amount,hours,source,reference\nShop,2026-01,labour,9,1,x,y"
    file = SimpleUploadedFile("costs.csv", rows)
    read = client.post("/money/figures/import/", {"kind": "costs", "file": file})
    assert "Record 1 entry" in text_of(read)
    assert not CostRecord.objects.exists()
    sure = {"kind": "costs", "content": read.context["content"]}
    answer = client.post("/money/figures/import/", sure, follow=True)
    assert "1 entries recorded, 0 corrected" in text_of(answer)
    assert CostRecord.objects.get().amount == Decimal(9)


@pytest.mark.parametrize("count", [10, 300])
def test_the_page_costs_the_same_with_many_entries(client, count, django_assert_max_num_queries):
    shop = make.me("Shop")
    client.force_login(make.lead(shop))
    first = make.outside_sale(shop, "1.00", reference="first")
    OutsideSale.objects.bulk_create(
        OutsideSale(
            micro_enterprise=shop, month=first.month, amount=1, source="x", reference=str(number),
            entered_on=first.entered_on,
        )
        for number in range(count)
    )  # fmt: skip
    with django_assert_max_num_queries(40):
        assert client.get(f"/mes/{shop.pk}/profit/").status_code == 200
