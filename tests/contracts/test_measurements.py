"""Service levels in signed terms, and what is measured of them each month (PRODUCT 4.11)."""

from datetime import date
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction

from accounts.constraints import name_of
from accounts.errors import Forbidden, Invalid, Refused, Unknown
from contracts.actions.measurements import confirm_measurement
from contracts.integrity import verify_contract
from contracts.models import Contract, ContractVersion, Measurement, ServiceLevel
from contracts.queries.levels import chronic_contracts, chronic_levels, state_of
from contracts.service_levels import ChronicRule, chronic_misses, is_chronic, months_after
from contracts.terms import Adjustment, hash_of, require_sound, terms_of
from ledger.months import following
from marketplace import service_levels
from marketplace.service_levels import Tier
from tests import make
from tests.make import APRIL, MARCH, TODAY

pytestmark = pytest.mark.django_db
D = Decimal
SOMEWHERE = {
    "contract": 7, "number": 1, "buyer": 1, "provider": 2, "offering": 3, "title": "Help",
    "valid_from_on": MARCH,
}  # fmt: skip
THRICE = ChronicRule(misses=3, months=6)


def sound(**changes):
    return require_sound(make.terms(plan="fixed", unit="month", **changes), on=TODAY)


def test_terms_with_levels_come_back_from_their_document():
    terms = sound(
        levels=(make.level(bonus_above=D(99), bonus=D(3)), make.level("Uptime", measurer="buyer")),
        credit_cap=D(20),
        adjustment=Adjustment(percent=D(2), target=D(90), floor=D(70)),
    )
    assert terms_of(terms.document(**SOMEWHERE)) == terms


def test_a_document_that_knew_no_levels_stays_valid_and_has_the_defaults():
    document = sound().document(**SOMEWHERE)
    for name in ("levels", "credit_cap", "adjustment"):
        del document[name]
    before = hash_of(document)
    terms = terms_of(document)
    assert (terms.levels, terms.credit_cap, terms.adjustment) == ((), 15, None)
    assert hash_of(document) == before


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"levels": (make.level(""),)}, "needs a name"),
        ({"levels": (make.level("A"), make.level("a"))}, "the same name"),
        ({"levels": (make.level("x" * 61),)}, "longer than 60 characters"),
        ({"levels": (make.level(measurer="auditor"),)}, "the provider or the buyer"),
        ({"levels": (make.level(tiers=(Tier(D(95), D(0)),)),)}, "2 to 4 tiers"),
        ({"levels": (make.level(tiers=(Tier(D(95), D(5)), Tier(D(0), D(9)))),)}, "costs nothing"),
        ({"levels": (make.level(tiers=(Tier(D(95), D(0)), Tier(D(9), D(9)))),)}, "begins at 0"),
        (
            {
                "levels": (
                    make.level(tiers=(Tier(D(90), D(0)), Tier(D(95), D(5)), Tier(D(0), D(9)))),
                )
            },
            "must fall",
        ),
        (
            {"levels": (make.level(tiers=(Tier(D(95), D(0)), Tier(D(0), D("NaN")))),)},
            "no percentage",
        ),
        ({"levels": (make.level(bonus=D(3)),)}, "needs both figures"),
        ({"levels": (make.level(bonus=D(3), bonus_above=D(80)),)}, "more than the promised 95 %"),
        ({"levels": tuple(make.level(f"L{n}") for n in range(13))}, "at most 12"),
        ({"credit_cap": D(101)}, "cap of all credits"),
        ({"credit_cap": D("NaN")}, "cap of all credits"),
        ({"adjustment": Adjustment(percent=D(2), target=D(70), floor=D(70))}, "below its target"),
        ({"adjustment": Adjustment(percent=D(-2), target=D(90), floor=D(70))}, "0 to 100"),
    ],
)
def test_levels_that_make_no_sense_are_refused_in_words(changes, sentence):
    with pytest.raises(Invalid, match=sentence):
        sound(**changes)


def test_what_is_signed_stands_in_rows_and_the_proof_reads_them():
    terms = {"adjustment": Adjustment(percent=D(2), target=D(90), floor=D(70))}
    contract = make.levelled(levels=(make.level(bonus_above=D(99), bonus=D(3)),), **terms)
    row = contract.current.levels.get()
    assert row.level == terms_of(contract.current.terms).levels[0]
    assert (contract.current.satisfaction_percent, contract.current.credit_cap) == (2, 15)
    assert verify_contract(contract) == []


@pytest.mark.parametrize(
    ("table", "change", "fault"),
    [
        ("contracts_servicelevel", "tiers = '[]'", "Service level 1 has another tiers"),
        ("contracts_servicelevel", "number = 4", "not those of the terms"),
        ("contracts_contractversion", "credit_cap = 9", "credit_cap is 9.00"),
        (
            "contracts_contractversion",
            "satisfaction_percent = 9, satisfaction_target = 9, satisfaction_floor = 8",
            "adjustment has another percent",
        ),
    ],
)
def test_a_level_changed_behind_the_back_of_its_text_is_found(table, change, fault):
    contract = make.levelled()
    with transaction.get_connection().cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute(f"UPDATE {table} SET {change}")  # noqa: S608  a test's own words
        cursor.execute("SET LOCAL session_replication_role = DEFAULT")
    assert any(fault in each.detail for each in verify_contract(contract))


def test_a_share_falls_into_the_tier_that_it_reaches():
    tiers = service_levels.DEFAULT_TIERS
    found = [
        service_levels.credit_of(tiers, D(share)).credit
        for share in ("100", "95", "94.99", "91.7", "90", "89.99", "80", "79.99", "0")
    ]
    assert found == [0, 0, 5, 5, 5, 10, 10, 15, 15]
    share = service_levels.attainment(met=11, counted=12)
    assert service_levels.credit_of(tiers, share).credit == 5
    assert round(share, 1) == D("91.7")
    assert service_levels.attainment(met=0, counted=0) is None


def test_the_named_measurer_enters_and_the_other_side_answers():
    contract = make.levelled()
    measurement = make.measured(contract, 11, 12)
    assert (measurement.term, measurement.counted, measurement.state) == (
        "Tickets answered in time", 12, "entered",
    )  # fmt: skip
    assert make.doubted(measurement).state == "contested"
    again = make.measured(contract, 10, 12)
    assert (again.pk, again.state, again.contest_reason) == (measurement.pk, "entered", "")
    assert make.agreed_on(again).state == "confirmed"


def test_the_buyer_measures_where_the_terms_say_so():
    contract = make.levelled(levels=(make.level(measurer="buyer"),))
    with pytest.raises(Forbidden, match=f"Only members of {contract.buyer}"):
        make.measured(contract, 11, 12, by=make.lead_of(contract.provider))
    measurement = make.measured(contract, 11, 12)
    with pytest.raises(Forbidden, match=f"Only members of {contract.provider}"):
        confirm_measurement(measurement, by=make.lead_of(contract.buyer), on=date(2026, 4, 2))


def test_whoever_may_not_know_of_the_contract_gets_not_found():
    contract = make.levelled()
    with pytest.raises(Unknown):
        make.measured(contract, 11, 12, by=make.user(), on=date(2027, 4, 2))


def test_silence_confirms_by_date_at_the_end_of_the_third():
    measurement = make.measured(make.levelled(), 11, 12)
    assert state_of(measurement, on=date(2026, 4, 3)) == "entered"
    assert state_of(measurement, on=date(2026, 4, 4)) == "confirmed"
    with pytest.raises(Refused, match="is confirmed; it could be contested until 3 April 2026"):
        make.doubted(measurement, on=date(2026, 4, 4))


def test_the_same_figures_again_change_nothing():
    contract = make.levelled()
    first = make.measured(contract, 11, 12)
    make.measured(contract, 11, 12, on=date(2026, 4, 20))
    assert Measurement.objects.get().entered_on == first.entered_on


@pytest.mark.parametrize(
    ("figures", "field", "sentence"),
    [
        ({"met": 1, "of": 0}, "measured", "whole number from 1"),
        ({"met": -1, "of": 5}, "met", "whole number from 0"),
        ({"met": 6, "of": 5}, "met", "more than the 5"),
        ({"met": 4, "of": 5, "maintenance": 2, "exclusion_reason": "x"}, "met", "2 excluded"),
        ({"met": 4, "of": 5, "maintenance": 1}, "exclusion_reason", "Say why 1 are excluded"),
        ({"met": 4, "of": 10**12}, "measured", "no count"),
    ],
)
def test_figures_that_cannot_be_are_refused_with_their_field(figures, field, sentence):
    with pytest.raises(Invalid, match=sentence) as refused:
        make.measured(make.levelled(), **figures)
    assert refused.value.field == field


def test_only_what_the_terms_exclude_is_excluded():
    strict = make.levelled(levels=(make.level(excludes_maintenance=False),))
    with pytest.raises(Invalid, match="do not exclude planned maintenance"):
        make.measured(strict, 8, 12, maintenance=2, exclusion_reason="Power works")
    made = make.measured(strict, 8, 12, buyer_caused=2, exclusion_reason="No access")
    assert (made.counted, made.share) == (10, 80)


def test_months_outside_the_contract_and_months_to_come_are_refused():
    contract = make.levelled(ends_on=date(2026, 4, 30))
    with pytest.raises(Invalid, match="April 2026 has not begun"):
        make.measured(contract, 1, 1, month=APRIL, on=date(2026, 3, 31))
    with pytest.raises(Refused, match="no active day in May 2026"):
        make.measured(contract, 1, 1, month=date(2026, 5, 1), on=date(2026, 6, 1))


def refused_by(**changes):
    with pytest.raises(IntegrityError) as refused, transaction.atomic():
        Measurement.objects.update(**changes)
    return name_of(refused.value)


def test_the_database_itself_keeps_what_was_measured():
    contract = make.levelled()
    measurement = make.measured(contract, 11, 12)
    assert refused_by(met=13) == "met_lies_within_what_counts"
    assert refused_by(maintenance=2, exclusion_reason="x") == "met_lies_within_what_counts"
    assert refused_by(maintenance=1) == "exclusion_has_a_reason"
    assert refused_by(measured=0, met=0) == "measurement_measures"
    assert refused_by(month=date(2026, 3, 2)) == "measurement_month_is_a_first"
    assert refused_by(counted_in=date(2026, 2, 1)) == "measurement_counts_from_its_month_on"
    twin = Measurement.objects.get(pk=measurement.pk)
    twin.pk = None
    with pytest.raises(IntegrityError) as refused, transaction.atomic():
        twin.save(force_insert=True)
    assert name_of(refused.value) == "one_measurement_a_month"
    Measurement.objects.update(counted_in=MARCH)
    assert refused_by(met=1) == "counted_measurement_never_changes"
    with pytest.raises(IntegrityError), transaction.atomic():
        Measurement.objects.all().delete()


def test_a_signed_level_never_changes_and_is_numbered_and_named_once():
    row = make.levelled(levels=(make.level(bonus_above=D(99), bonus=D(3)),)).current.levels.get()
    for change, name in (
        ({}, "service_level_numbered_once"),
        ({"number": 2, "name": row.name.upper()}, "service_level_named_once"),
        ({"number": 2, "name": "x", "bonus": None}, "service_level_bonus_has_both_figures"),
    ):
        twin = ServiceLevel.objects.get(pk=row.pk)
        twin.pk = None
        for field, value in change.items():
            setattr(twin, field, value)
        with pytest.raises(IntegrityError) as refused, transaction.atomic():
            twin.save(force_insert=True)
        assert name_of(refused.value) == name
    with pytest.raises(IntegrityError) as refused, transaction.atomic():
        ServiceLevel.objects.update(bonus=4)
    assert name_of(refused.value) == "service_level_never_changes"


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({"credit_cap": 101}, "version_caps_credits_at_a_share"),
        ({"satisfaction_percent": 2}, "version_adjusts_by_a_target_above_its_floor"),
        (
            {"satisfaction_percent": 2, "satisfaction_target": 70, "satisfaction_floor": 70},
            "version_adjusts_by_a_target_above_its_floor",
        ),
    ],
)
def test_a_version_keeps_cap_and_adjustment_within_reason(changes, name):
    version = ContractVersion.objects.get(pk=make.draft().current_id)
    version.pk, version.number = None, 2
    for field, value in changes.items():
        setattr(version, field, value)
    with pytest.raises(IntegrityError) as refused, transaction.atomic():
        version.save(force_insert=True)
    assert name_of(refused.value) == name


def test_three_misses_in_six_months_are_chronic():
    months = [date(2026, month, 1) for month in (1, 3, 6)]
    assert is_chronic(months, on=date(2026, 7, 9), rule=THRICE)
    assert chronic_misses([*months, months[0]], on=date(2026, 7, 9), rule=THRICE) == months
    assert not is_chronic(months, on=date(2026, 8, 1), rule=THRICE)
    assert not is_chronic(months[1:], on=date(2026, 7, 9), rule=THRICE)


def test_a_suspended_month_is_passed_over():
    may = date(2026, 5, 1)
    found = months_after(MARCH, count=2, until=date(2026, 6, 1), is_active=lambda m: m != APRIL)
    assert found == [may, date(2026, 6, 1)]
    assert months_after(MARCH, count=2, until=APRIL, is_active=bool) == [APRIL]


def test_a_level_missed_three_times_lets_the_buyer_end_at_once():
    contract = make.levelled()
    month = MARCH
    for met in (80, 90, 97, 70):
        make.measured(contract, met, 100, month=month)
        month = following(month)
    july = date(2026, 7, 4)
    chronic = chronic_levels(contract, on=july)
    assert [each.level for each in chronic] == ["Tickets answered in time"]
    assert [f"{each:%m}" for each in chronic[0].missed] == ["03", "04", "06"]
    assert chronic[0].words.endswith("was missed in March 2026, April 2026, June 2026")
    # June's figures stand from the 4th on; a contested month does not count.
    assert chronic_levels(contract, on=date(2026, 7, 3)) == []
    Contract.objects.update(state="active")
    assert [found.pk for found, _ in chronic_contracts(contract.buyer, on=july, most=8)] == [
        contract.pk
    ]
    assert chronic_contracts(contract.provider, on=july, most=8) == []


def test_how_often_is_chronic_is_a_policy():
    make.policy("chronic_misses", value=1)
    contract = make.levelled()
    make.measured(contract, 80, 100)
    assert chronic_levels(contract, on=date(2026, 4, 4))
