"""A provider drafts, publishes, withdraws and renews; what was published never changes."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction

from accounts.constraints import name_of
from accounts.errors import Forbidden, Invalid, Refused, Unknown
from accounts.models import AuditEvent
from marketplace import actions
from marketplace.actions import MeasureTerms, OfferingTerms
from marketplace.models import OfferedMeasure, OfferingVersion, ServiceOffering
from tests import make
from tests.database import at_once
from tests.make import MARCH, TODAY

MEASURE = MeasureTerms(
    name="Results within 48 hours", unit="%", target=Decimal(95), floor=Decimal(80),
    method="lab system, each sample",
)  # fmt: skip
TERMS = OfferingTerms(
    name="Water samples", summary="Chemistry and microbiology.", price=Decimal("58.00"),
    plan="per_unit", unit="Sample", lead_time_days=2, measures=[MEASURE],
)  # fmt: skip


def draft(by, of, **changes):
    category = make.category("Laboratory")
    terms = replace(TERMS, **changes)
    return actions.draft_offering(of, category=category, terms=terms, by=by, on=TODAY)


def published(by, of, **changes):
    return actions.publish(draft(by, of, **changes), by=by, on=TODAY)


@pytest.mark.django_db
def test_a_draft_becomes_an_offering_on_sale_with_its_measures():
    lab = make.me("Lab")
    lead = make.lead(lab)
    offering = draft(lead, lab)
    assert not ServiceOffering.objects.on_sale().exists()
    actions.publish(offering, by=lead, on=TODAY)
    [sold] = ServiceOffering.objects.on_sale()
    assert (sold.name, sold.current.unit, sold.published_on) == ("Water samples", "sample", TODAY)
    assert [measure.name for measure in sold.current.measures.all()] == [MEASURE.name]
    events = AuditEvent.objects.filter(action__startswith="offering.").order_by("pk")
    assert [event.action for event in events] == ["offering.draft", "offering.publish"]
    assert events[1].details == {
        "version": 1, "price": "58.00", "unit": "sample", "holds_from": str(TODAY),
    }  # fmt: skip


@pytest.mark.django_db
def test_without_a_success_measure_nothing_is_published():
    lab = make.me("Lab")
    lead = make.lead(lab)
    offering = draft(lead, lab, measures=[])
    with pytest.raises(Refused, match=r"no success measure.*nobody can sign") as refused:
        actions.publish(offering, by=lead, on=TODAY)
    assert refused.value.code == "unmeasured"
    assert "Add at least one measure" in refused.value.help
    offering.refresh_from_db()
    assert offering.state == "draft"


@pytest.mark.django_db
def test_a_fixed_price_is_always_per_month():
    lab = make.me()
    offering = draft(make.lead(lab), lab, plan="fixed", unit="whatever")
    assert offering.versions.get().unit == "month"


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"price": Decimal(0)}, "price"),
        ({"price": Decimal("NaN")}, "price"),
        ({"price": Decimal("1e30")}, "price"),
        ({"unit": "  "}, "unit"),
        ({"name": "  "}, "name"),
        ({"measures": [replace(MEASURE, floor=Decimal(96))]}, "measures.0.floor"),
        ({"measures": [replace(MEASURE, direction="lower")]}, "measures.0.floor"),
        ({"measures": [MEASURE, replace(MEASURE, target=Decimal("NaN"))]}, "measures.1.target"),
        ({"measures": [MEASURE] * 21}, "measures"),
    ],
)
def test_impossible_terms_are_refused_with_their_field(changes, field):
    lab = make.me()
    lead = make.lead(lab)
    with pytest.raises(Invalid) as refused:
        draft(lead, lab, **changes)
    assert refused.value.field == field
    assert not ServiceOffering.objects.exists()


@pytest.mark.django_db
def test_the_provider_decides_alone_and_others_do_not_even_know_its_drafts():
    lab = make.me("Lab")
    lead, member, stranger = make.lead(lab), make.member(lab), make.lead(make.me())
    with pytest.raises(Forbidden, match="Only the lead of Lab"):
        draft(member, lab)
    offering = draft(lead, lab)
    with pytest.raises(Unknown):
        actions.publish(offering, by=stranger, on=TODAY)
    with pytest.raises(Forbidden):
        actions.publish(offering, by=member, on=TODAY)
    actions.publish(offering, by=lead, on=TODAY)
    for act in (actions.withdraw, actions.start_new_version, actions.discard_draft):
        with pytest.raises(Forbidden, match="Only the lead of Lab"):
            act(offering, by=stranger, on=TODAY)


@pytest.mark.django_db
def test_who_may_sign_publishes_too_and_hr_does_not():
    lab = make.me()
    offering = published(make.member(lab, may_sign=True), lab)
    with pytest.raises(Forbidden):
        actions.withdraw(offering, by=make.hr_admin(), on=TODAY)


@pytest.mark.django_db
def test_a_proposed_me_may_publish_but_nobody_can_buy_there_yet():
    young = make.me(state="proposed")
    published(make.lead(young), young)
    assert not ServiceOffering.objects.on_sale().exists()


@pytest.mark.django_db
def test_a_dissolving_me_offers_nothing_new():
    old = make.me("Old", state="dissolving")
    with pytest.raises(Refused, match="Old is dissolving"):
        draft(make.lead(old), old)


@pytest.mark.django_db
def test_a_new_version_starts_as_a_copy_and_leaves_the_old_one_untouched():
    lab = make.me()
    lead = make.lead(lab)
    offering = published(lead, lab)
    first = offering.current
    second = actions.start_new_version(offering, by=lead, on=MARCH)
    assert actions.start_new_version(offering, by=lead, on=MARCH) == second
    assert actions.terms_of(second) == actions.terms_of(first)
    terms = replace(TERMS, price=Decimal("61.00"))
    actions.change_draft(offering, terms=terms, category=offering.category, by=lead, on=MARCH)
    offering.refresh_from_db()
    assert offering.current == first, "a draft changes no price"
    actions.publish(offering, by=lead, on=MARCH)
    offering.refresh_from_db()
    first.refresh_from_db()
    assert (offering.current.number, offering.current.price) == (2, Decimal("61.00"))
    assert (first.price, first.published_on) == (Decimal("58.00"), TODAY)
    assert offering.published_on == TODAY, "on sale since its first publication"


@pytest.mark.django_db
def test_repeating_a_step_changes_nothing():
    lab = make.me()
    lead = make.lead(lab)
    offering = published(lead, lab)
    actions.publish(offering, by=lead, on=MARCH)
    actions.withdraw(offering, by=lead, on=MARCH)
    actions.withdraw(offering, by=lead, on=TODAY)
    offering.refresh_from_db()
    assert (offering.published_on, offering.withdrawn_on) == (TODAY, MARCH)
    assert offering.versions.count() == 1


@pytest.mark.django_db
def test_a_withdrawn_offering_comes_back_as_it_was():
    lab = make.me()
    lead = make.lead(lab)
    offering = actions.withdraw(published(lead, lab), by=lead, on=TODAY)
    assert not ServiceOffering.objects.on_sale().exists()
    actions.publish(offering, by=lead, on=MARCH)
    offering.refresh_from_db()
    assert (offering.state, offering.withdrawn_on, offering.current.number) == (
        "published", None, 1,
    )  # fmt: skip


@pytest.mark.django_db
def test_a_published_version_is_not_edited_and_its_category_stays():
    lab = make.me()
    lead = make.lead(lab)
    offering = published(lead, lab)
    change = {"terms": TERMS, "by": lead, "on": TODAY}
    with pytest.raises(Refused, match="what was published never changes"):
        actions.change_draft(offering, category=offering.category, **change)
    actions.start_new_version(offering, by=lead, on=TODAY)
    with pytest.raises(Invalid, match="stays in the category"):
        actions.change_draft(offering, category=make.category("Legal"), **change)


@pytest.mark.django_db
def test_discarding_throws_away_a_first_draft_whole_and_of_a_later_one_only_the_draft():
    lab = make.me()
    lead = make.lead(lab)
    actions.discard_draft(draft(lead, lab), by=lead, on=TODAY)
    assert not ServiceOffering.objects.exists()
    offering = published(lead, lab)
    actions.start_new_version(offering, by=lead, on=TODAY)
    actions.discard_draft(offering, by=lead, on=TODAY)
    assert [version.number for version in offering.versions.all()] == [1]


@pytest.mark.django_db
def test_a_draft_is_not_withdrawn_but_discarded():
    lab = make.me()
    lead = make.lead(lab)
    with pytest.raises(Refused, match="nothing to withdraw") as refused:
        actions.withdraw(draft(lead, lab), by=lead, on=TODAY)
    assert refused.value.help == "Discard the draft instead."


@pytest.mark.django_db(transaction=True)
def test_two_leads_who_start_a_new_version_at_once_get_the_same_draft():
    lab = make.me()
    leads = [make.lead(lab), make.member(lab, may_sign=True)]
    offering = published(leads[0], lab)
    drafts = at_once([
        lambda by=by: actions.start_new_version(offering, by=by, on=TODAY) for by in leads
    ])  # fmt: skip
    assert drafts[0] == drafts[1]
    assert offering.versions.count() == 2


def refused_by(change):
    with pytest.raises(IntegrityError) as refused, transaction.atomic():
        change()
    return name_of(refused.value)


@pytest.mark.django_db
def test_the_database_lets_nobody_touch_a_published_version_or_its_measures():
    version = make.offering(make.me()).current
    measure = version.measures.get()
    other = OfferingVersion.objects.create(
        offering=version.offering, number=2, name="Next", summary="s", price=1
    )
    versions = OfferingVersion.objects.filter(pk=version.pk)
    measures = OfferedMeasure.objects.filter(pk=measure.pk)
    assert refused_by(lambda: versions.update(price=1)) == "published_version_never_changes"
    assert refused_by(lambda: measures.update(target=99)) == "published_measure_never_changes"
    assert refused_by(lambda: measures.update(version=other)) == "published_measure_never_changes"
    assert refused_by(measures.delete) == "published_measure_never_changes"
    measure.pk, measure.number = None, 2
    assert refused_by(measure.save) == "published_measure_never_changes"


@pytest.mark.django_db
def test_the_database_publishes_no_version_without_a_measure():
    version = OfferingVersion(
        offering=make.offering(make.me()), number=2, name="n", summary="s", price=1
    )
    version.save()
    draft_rows = OfferingVersion.objects.filter(pk=version.pk)
    publish = lambda: draft_rows.update(published_on=TODAY)  # noqa: E731
    assert refused_by(publish) == "published_version_has_a_measure"


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("fields", "constraint"),
    [
        ({"number": 1}, "offering_version_numbered_once"),
        ({"price": 0}, "offering_has_a_price"),
        ({"name": ""}, "offering_has_a_name"),
        ({"unit": ""}, "offering_has_a_unit"),
        ({"plan": "flat"}, "offering_plan_is_known"),
        ({"parameters": []}, "offering_parameters_are_named"),
        ({"usual_quantity": 0}, "offering_usual_quantity_is_one"),
        ({"holds_from_on": date(2026, 3, 1)}, "price_holds_from_its_publication_on"),
    ],
)
def test_the_database_refuses_a_version_that_cannot_be(fields, constraint):
    offering = make.offering(make.me())
    version = {"number": 2, "name": "n", "summary": "s", "price": 1, "unit": "month"} | fields
    assert (
        refused_by(lambda: OfferingVersion.objects.create(offering=offering, **version))
        == constraint
    )


@pytest.mark.django_db
def test_an_offering_has_one_draft_at_a_time():
    offering = make.offering(make.me())
    OfferingVersion.objects.create(offering=offering, number=2, name="n", summary="s", price=1)
    third = OfferingVersion(offering=offering, number=3, name="n", summary="s", price=1)
    assert refused_by(third.save) == "one_draft_version_per_offering"


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("fields", "constraint"),
    [
        ({"number": 1}, "measure_numbered_once"),
        ({"floor": 91}, "measure_floor_is_worse_than_target"),
        ({"direction": "lower"}, "measure_floor_is_worse_than_target"),
        ({"weight": 0}, "measure_weighs_something"),
    ],
)
def test_the_database_refuses_a_measure_that_cannot_be(fields, constraint):
    offering = make.offering(make.me())
    version = OfferingVersion.objects.create(
        offering=offering, number=2, name="n", summary="s", price=1
    )
    good = {"name": "m", "unit": "%", "target": 90, "floor": 70, "method": "counted"}
    OfferedMeasure.objects.create(version=version, number=1, **good)
    bad = OfferedMeasure(version=version, **{"number": 2} | good | fields)
    assert refused_by(bad.save) == constraint


@pytest.mark.django_db
def test_an_offering_on_the_market_has_a_version():
    offering = ServiceOffering(provider=make.me(), category=make.category(), state="published")
    assert refused_by(offering.save) == "published_offering_has_a_version"
