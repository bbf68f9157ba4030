"""Every list costs as many queries with a thousand rows as with ten."""

from datetime import date
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import AuditEvent
from contracts.actions.outside import request as request_outside
from contracts.models import Contract, ContractVersion, Rating, SuccessMeasure, SuccessResult, Usage
from learning_market.actions.investing import propose
from ledger.models import SettlementRun, Transfer
from marketplace.models import OfferedMeasure, OfferingVersion, OutsideOffer, ServiceOffering
from tests import make

pytestmark = pytest.mark.django_db
NAMED = ("contracts", "offerings", "outside-offers", "transfers", "usage", "audit-events")


@pytest.fixture
def api():
    """As an HR admin who is an auditor and leads the buyer of everything."""
    buyer = make.me(kind="frontline")
    lead = make.lead(buyer)
    lead.is_hr_admin = lead.is_auditor = True
    lead.save()
    make.granted(buyer, "1000000.00")
    make.granted(buyer, "100000.00", fund="learning")
    api = make.api_of(lead)
    api.buyer, api.lead = buyer, lead
    return api


def _queries(api, address, *, rows):
    with CaptureQueriesContext(connection) as captured:
        page = api.get(f"{address}/", {"page_size": min(rows, 200)}).json()
    assert len(page["results"]) >= min(rows, 200), address
    return len(captured)


@pytest.mark.parametrize("address", NAMED)
def test_a_thousand_rows_cost_as_many_queries_as_ten(api, address):
    contract = make.agreed(api.buyer, make.me())
    _more(contract, address, count=10)
    few = _queries(api, address, rows=10)
    _more(contract, address, count=1000)
    assert _queries(api, address, rows=1000) <= few


@pytest.mark.parametrize(
    ("address", "query"),
    [
        ("outside-purchases", {}),
        ("learning-purchases", {}),
        ("course-runs", {}),
        ("courses", {}),
        ("success-results", {}),
        ("ratings", {}),
        ("scores", {}),
        ("settlement-runs", {}),
        ("allocations", {}),
        ("customer-outcomes", {}),
    ],
)
def test_nine_rows_cost_as_many_queries_as_three(api, address, query):
    for _ in range(3):
        _one_of_each(api)
    few = _queries(api, address, rows=3)
    for _ in range(6):
        _one_of_each(api)
    assert _queries(api, address, rows=9) <= few


def _more(contract, address, *, count):
    """So many more rows that look like those of the contract."""
    {
        "contracts": _contracts, "offerings": _offerings, "outside-offers": _outside,
        "transfers": _transfers, "usage": _usage, "audit-events": _events,
    }[address](contract, count)  # fmt: skip


def _copies(row, count, **changes):
    fields = [field for field in row._meta.concrete_fields if not field.generated]
    values = {field.attname: getattr(row, field.attname) for field in fields}
    del values["id"]
    return [type(row)(**values | {k: v(n) for k, v in changes.items()}) for n in range(count)]


def _contracts(contract, count):
    made = Contract.objects.bulk_create(_copies(contract, count, current_id=lambda _: None))
    versions = ContractVersion.objects.bulk_create(
        each
        for row in made
        for each in _copies(contract.current, 1, contract_id=lambda _, key=row.pk: key)
    )
    for row, version in zip(made, versions, strict=True):
        row.current = version
    Contract.objects.bulk_update(made, ["current"])
    measure = contract.current.measures.get()
    SuccessMeasure.objects.bulk_create(
        each
        for version in versions
        for each in _copies(measure, 1, version_id=lambda _, key=version.pk: key)
    )


def _offerings(contract, count):
    made = ServiceOffering.objects.bulk_create(
        ServiceOffering(provider=contract.provider, category=contract.offering.category)
        for _ in range(count)
    )
    versions = OfferingVersion.objects.bulk_create(
        OfferingVersion(offering=each, name="One more", summary="Much alike.", price=1)
        for each in made
    )
    OfferedMeasure.objects.bulk_create(
        OfferedMeasure(
            version=each, number=1, name="Stays", unit="%", target=90, floor=70, method="counted"
        )
        for each in versions
    )


def _outside(contract, count):
    before = OutsideOffer.objects.count()
    like = make.outside_offer()
    OutsideOffer.objects.bulk_create(_copies(like, count, reference=lambda n: f"more {before} {n}"))


def _transfers(contract, count):
    like = Transfer.objects.order_by("pk").first()
    before = Transfer.objects.count()
    Transfer.objects.bulk_create(_copies(like, count, reference=lambda n: f"more/{before}/{n}"))


def _usage(contract, count):
    before = Usage.objects.count()
    Usage.objects.bulk_create(
        Usage(
            contract=contract, used_on=make.MARCH, origin_month=make.MARCH, quantity=1,
            key=f"{before} {n}", entered_on=make.MARCH, entered_by=contract.created_by,
        )
        for n in range(count)
    )  # fmt: skip


def _events(contract, count):
    like = AuditEvent.objects.order_by("pk").first()
    AuditEvent.objects.bulk_create(_copies(like, count))


def _one_of_each(api):
    day, number = make.TODAY, Rating.objects.count()
    contract = make.agreed(api.buyer, make.me())
    outside, run = make.outside_offer(price="1.00"), make.course_run(price="1.00")
    request_outside(outside, quantity=Decimal(1), buyer=api.buyer, by=api.lead, on=day)
    learner = make.member(api.buyer)
    propose(
        run, me=api.buyer, people=[learner.person], expected_return="More.", by=api.lead, on=day
    )
    SuccessResult.objects.create(
        measure=contract.current.measures.get(), contract=contract, month=make.MARCH, value=80,
        entered_on=day, entered_by=api.lead,
    )  # fmt: skip
    Rating.objects.create(
        contract=contract, person=api.lead.person, month="2026-01-01", score=4,
        rated_at="2026-02-02T00:00Z",
    )  # fmt: skip
    make.score(contract.offering)
    SettlementRun.objects.create(month=date(2025, 1 + number, 1), opened_at="2026-02-04T00:00Z")
    api.post("grants/", {"micro_enterprise": str(make.me().pk), "amount": "1.00"})
