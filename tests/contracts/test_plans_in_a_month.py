"""A month of every price plan, from the signature to the cent in the wallets (PRODUCT 4.4, 4.7)."""

from datetime import date
from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, transaction

from accounts.constraints import name_of
from accounts.errors import Invalid, Refused
from contracts.actions import agreements, results
from contracts.models import Contract, Overage, SettlementLine, Usage
from contracts.queries.effects import effect_of
from contracts.terms import Measure, terms_of
from ledger.checks import findings
from ledger.models import Reservation, Transfer
from marketplace.actions import allow_subsidy, end_subsidy
from tests import make
from tests.make import APRIL, MARCH, TODAY
from tests.make.plans import BANDS

pytestmark = pytest.mark.django_db
D = Decimal
DECEMBER_31 = date(2026, 12, 31)
SUCCESS = Measure(
    name="Hires that stay", unit="%", target=D(100), floor=D(0), method="counted by HR",
    measurer="provider",
)  # fmt: skip


def agreed(kind, *, expected, cap=None, **rest):
    offering = make.offering(make.me(), plan=kind)
    if kind == "dual_price":
        allow_subsidy(
            offering, most=D("8.00"), until_on=DECEMBER_31, reason="Until the new plant runs",
            by=make.hr_admin(), on=TODAY,
        )  # fmt: skip
    return make.agreed(of=offering, expected=expected, cap=cap or expected, **rest)


def lines(contract, month=MARCH):
    rows = SettlementLine.objects.filter(contract=contract, month=month).order_by("pk")
    return [(row.term, row.origin_month, row.amount) for row in rows]


def paid(contract):
    rows = Transfer.objects.filter(cause_id=contract.pk, cause_route="contracts:contract")
    return {row.reference.rpartition("/")[2]: row.amount for row in rows}


def measured(contract, value, *, month=MARCH, on=date(2026, 4, 2)):
    return results.enter_result(
        contract.current.measures.get(), month=month, value=D(value),
        by=make.lead_of(contract.provider), on=on,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "quantity", "fee", "usage"),
    [
        ("per_unit", "180", None, "5400.00"),
        ("graduated", "180", None, "6400.00"),
        ("volume", "180", None, "5400.00"),
        ("two_part", "180", "2000.00", "2160.00"),
        ("cost_plus", "100", None, "5720.00"),
        ("market_minus", "100", None, "6580.00"),
        ("time_capped", "120", None, "9000.00"),
        ("gain_share", "40000", None, "6000.00"),
        ("dual_price", "10", None, "620.00"),
    ],
)
def test_what_was_expected_is_reserved_and_paid_to_the_cent(kind, quantity, fee, usage):
    rest = {"price": "30.00"} if kind == "per_unit" else {}
    if kind == "per_unit":
        offering = make.offering(make.me(), plan=kind, price="30.00")
        contract = make.agreed(of=offering, expected=quantity, cap=quantity, **rest)
    else:
        contract = agreed(kind, expected=quantity)
    planned = D(fee or 0) + D(usage)
    reserved = Reservation.objects.open().of(contract.cause).filter(month=MARCH)
    assert reserved.get().amount == planned
    make.used(contract, quantity)
    make.settled()
    assert [amount for _, _, amount in lines(contract)] == [
        D(each) for each in (fee, usage) if each
    ]
    assert paid(contract)["net"] == planned
    assert not [finding.what for finding in findings() if finding.broken]


def test_a_fixed_month_costs_its_fee():
    contract = make.agreed(price="12000.00")
    make.settled()
    assert paid(contract) == {"net": D("12000.00")}


def test_six_hires_are_paid_by_the_success_of_their_month():
    contract = agreed("outcome", expected="6", measures=(SUCCESS,))
    assert Reservation.objects.open().of(contract.cause).get(month=MARCH).amount == 18000
    make.used(contract, "6")
    measured(contract, "90")
    make.settled()
    assert lines(contract) == [("outcomes", MARCH, D("16200.00"))]
    assert paid(contract) == {"net": D("16200.00")}


def test_outcomes_wait_for_a_contested_value_and_are_paid_with_their_own_month():
    contract = agreed("outcome", expected="6", measures=(SUCCESS,))
    make.used(contract, "6")
    result = measured(contract, "90")
    results.contest_result(
        result, reason="One left", by=make.lead_of(contract.buyer), on=date(2026, 4, 3)
    )
    make.settled()
    assert lines(contract) == [("outcomes", MARCH, D("0.00"))]
    assert Usage.objects.get().counted_in is None
    measured(contract, "80", on=date(2026, 4, 20))
    measured(contract, "100", month=APRIL, on=date(2026, 5, 2))
    make.settled(APRIL)
    assert lines(contract, APRIL) == [
        ("outcomes", MARCH, D("14400.00")),
        ("outcomes", APRIL, D("0.00")),
    ]
    assert Usage.objects.get().counted_in == APRIL


def test_a_value_entered_after_the_closing_day_counts_next_month():
    contract = agreed("outcome", expected="6", measures=(SUCCESS,))
    make.used(contract, "6")
    measured(contract, "90", on=date(2026, 4, 4))
    make.settled()
    assert lines(contract) == [("outcomes", MARCH, D("0.00"))]
    make.settled(APRIL)
    assert lines(contract, APRIL)[0] == ("outcomes", MARCH, D("16200.00"))


def test_late_usage_goes_on_in_the_bands_of_its_month():
    contract = agreed("graduated", expected="180", cap="300")
    make.used(contract, "45", used_on=date(2026, 3, 10))
    make.settled()
    assert lines(contract) == [("usage", MARCH, D("1800.00"))]
    make.used(contract, "10", used_on=date(2026, 3, 20), on=date(2026, 4, 10))
    make.used(contract, "3", used_on=date(2026, 4, 10))
    make.settled(APRIL)
    assert lines(contract, APRIL) == [("usage", MARCH, D("375.00")), ("usage", APRIL, D("120.00"))]


def test_late_units_that_reach_a_cheaper_band_are_given_back():
    contract = agreed("volume", expected="50", cap="100")
    make.used(contract, "50", used_on=date(2026, 3, 10))
    make.settled()
    make.used(contract, "1", used_on=date(2026, 3, 20), on=date(2026, 4, 10))
    make.used(contract, "10", used_on=date(2026, 4, 12))
    make.settled(APRIL)
    assert lines(contract, APRIL) == [("usage", MARCH, D("-215.00")), ("usage", APRIL, D("400.00"))]
    assert sum(row.amount for row in Transfer.objects.filter(kind="charge")) == 2185


def test_the_money_of_the_cap_is_what_is_paid_without_the_buyers_word():
    """Hours above the cap in hours cost nothing more once the cap in money is reached."""
    capped = agreed("time_capped", expected="110", cap="110")
    make.used(capped, "140")
    graduated = agreed("graduated", expected="50", cap="60")
    make.used(graduated, "61")
    make.settled()
    assert Overage.objects.get().contract == graduated
    assert capped.current.cap_amount == D("9000.00")
    assert graduated.current.cap_amount == D("2350.00")
    assert Overage.objects.get().amount == D("385.00")


def test_the_treasury_pays_the_difference_of_a_dual_price_in_the_same_posting():
    contract = agreed("dual_price", expected="10", cap="12")
    make.used(contract, "10")
    make.settled()
    assert paid(contract) == {"net": D("620.00"), "subsidy": D("80.00")}
    subsidy = Transfer.objects.get(kind="subsidy")
    assert (subsidy.payer.system, subsidy.payee.owner) == ("treasury", contract.provider)
    wallet = make.wallet(contract.provider)
    assert (wallet.balance, wallet.available) == (700, 0)
    assert Reservation.objects.get(kind="dispute_window").amount == 700
    assert not [finding.what for finding in findings() if finding.broken]


def test_a_subsidy_that_no_line_tells_of_is_found():
    contract = agreed("dual_price", expected="10")
    make.used(contract, "10")
    make.settled()
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")  # no trigger fires
        cursor.execute("UPDATE contracts_settlementline SET subsidy = 79 WHERE subsidy = 80")
        cursor.execute("SET LOCAL session_replication_role = DEFAULT")
    broken = {finding.what for finding in findings() if finding.broken}
    assert "subsidies_are_those_of_the_lines" in broken


@pytest.mark.parametrize("change", [{"subsidy": -1}, {"subsidy": 1, "kind": "fee"}])
def test_the_database_lets_the_treasury_add_to_usage_only(change):
    make.used(agreed("dual_price", expected="10"), "10")
    make.settled()
    line = SettlementLine.objects.get()
    line.pk, line.term = None, "twin"
    for name, value in change.items():
        setattr(line, name, value)
    with pytest.raises(IntegrityError) as refusal, transaction.atomic():
        line.save(force_insert=True)
    assert name_of(refusal.value) == "treasury_adds_to_usage_only"


def test_the_database_wants_to_know_how_long_a_subsidy_lasts_and_why():
    offering = make.offering(make.me(), plan="dual_price")
    rows = type(offering).objects.filter(pk=offering.pk)
    with pytest.raises(IntegrityError) as refusal, transaction.atomic():
        rows.update(subsidy_most=D(8))
    assert name_of(refusal.value) == "subsidy_says_how_much_until_when_and_why"


def test_nobody_signs_a_dual_price_that_no_hr_admin_has_allowed():
    offering = make.offering(make.me(), plan="dual_price")
    contract = make.draft(of=offering, expected="10")

    def offer():
        return agreements.offer(
            Contract.objects.get(pk=contract.pk), seen_hash=contract.current.hash,
            party=contract.buyer, by=make.lead_of(contract.buyer), on=TODAY,
        )  # fmt: skip

    with pytest.raises(Refused, match="no HR admin has allowed it") as refusal:
        offer()
    assert refusal.value.code == "subsidy_not_allowed"
    admin = make.hr_admin()
    allowed = {"reason": "The plant is late", "by": admin, "on": TODAY}
    allow_subsidy(offering, most=D("7.99"), until_on=DECEMBER_31, **allowed)
    with pytest.raises(Refused, match=r"allowed 7\.99"):
        offer()
    allow_subsidy(offering, most=D("8.00"), until_on=date(2026, 12, 30), **allowed)
    with pytest.raises(Refused, match="lasts until 31 December 2026"):
        offer()
    allow_subsidy(offering, most=D("8.00"), until_on=DECEMBER_31, **allowed)
    assert offer().state == "offered"
    end_subsidy(offering, by=admin, on=TODAY)
    offering.refresh_from_db()
    assert offering.subsidy_most is None


def test_only_an_hr_admin_allows_a_subsidy_and_says_why_and_until_when():
    offering = make.offering(make.me(), plan="dual_price")
    with pytest.raises(Refused, match="Only an HR admin"):
        allow_subsidy(
            offering, most=D(8), until_on=DECEMBER_31, reason="We want it",
            by=make.lead_of(offering.provider), on=TODAY,
        )  # fmt: skip
    asked = {"most": D(8), "until_on": DECEMBER_31, "reason": "Late"}
    wrong = [("most", D("NaN")), ("most", D(0)), ("until_on", TODAY), ("reason", " ")]
    for name, value in wrong:
        with pytest.raises(Invalid) as refusal:
            allow_subsidy(offering, **asked | {name: value}, by=make.hr_admin(), on=TODAY)
        assert refusal.value.field == name


def test_a_counter_changes_the_bands_and_the_headline_follows():
    contract = make.offered(of=make.offering(make.me(), plan="graduated"), expected="100")
    assert contract.current.price == D("37.50")
    cheaper = {"bands": [each | {"price": "20"} for each in BANDS]}
    terms = terms_of(contract.current.terms).with_changes(parameters=cheaper)
    asked = {
        "terms": terms, "party": contract.provider, "by": make.lead_of(contract.provider),
        "on": TODAY, "seen_hash": contract.current.hash,
    }  # fmt: skip
    found = agreements.counter(contract, **asked)
    assert found.current.price == D("20.00")
    assert found.current.parameters["bands"][0] == {"up_to": "50.000", "price": "20.00"}
    assert found.current.terms["parameters"] == found.current.parameters
    again = agreements.counter(contract, **asked)
    assert again.current.number == found.current.number


def test_the_effect_of_signing_is_told_with_its_calculation():
    contract = make.draft(of=make.offering(make.me(), plan="two_part"), expected="180", cap="200")
    effect = effect_of(terms_of(contract.current.terms), buyer=contract.buyer, on=TODAY)
    facts = {fact["label"]: fact["money"] for fact in effect.price_facts}
    assert facts["The fee of a full month"] == D("2000.00")
    assert facts["180 × 12.00 per hire"] == D("2160.00")
    assert facts["A full month"] == D("4160.00")
    assert effect.notes == ["Usage of up to 2,400.00 a month is paid without asking the buyer."]


def test_a_quality_gate_names_a_measure_of_the_contract():
    offering = make.offering(make.me(), plan="outcome")
    with pytest.raises(Invalid, match="is no success measure here") as refusal:
        make.draft(of=offering, expected="6", parameters={"gate": "Speed"})
    assert refusal.value.field == "gate"


def test_usage_names_what_its_plan_counts():
    contract = agreed("time_capped", expected="100")
    assert make.used(contract, "10").item == "hours"
    with pytest.raises(Refused, match="counts hours on 20 March 2026, not units") as refusal:
        make.used(contract, "10", item="units")
    assert refusal.value.code == "other_item"


def test_a_market_minus_price_keeps_the_outside_price_that_was_signed():
    outside = make.outside_offer(price="70.00", unit="hire", source="GSA list")
    offering = make.offering(make.me(), plan="market_minus")
    changed = {"saving": "0.06", "outside_offer": str(outside.pk)}
    contract = make.draft(of=offering, expected="100", parameters=changed)
    kept = contract.current.parameters
    assert (kept["benchmark"], kept["source"]) == ("70.00", "Outside Ltd, GSA list")
    assert kept["priced_on"] == outside.priced_on.isoformat()
    outside.price = D("50.00")
    outside.save()
    terms = terms_of(contract.current.terms).with_changes(risks="None.")
    by = make.lead_of(contract.buyer)
    found = agreements.revise(
        contract, seen_hash=contract.current.hash, terms=terms, party=contract.buyer, by=by,
        on=TODAY,
    )  # fmt: skip
    assert found.current.parameters["benchmark"] == "70.00"
    forged = terms.with_changes(parameters=kept | {"benchmark": "99.00"})
    found = agreements.revise(
        found, seen_hash=found.current.hash, terms=forged, party=contract.buyer, by=by, on=TODAY
    )
    assert found.current.parameters["benchmark"] == "50.00"
