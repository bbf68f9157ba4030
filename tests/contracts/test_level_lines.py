"""Credits, bonuses, earn-backs and the satisfaction adjustment as lines (PRODUCT 4.10, 4.11)."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.pricing import Days
from contracts.settlement.cases import Case, Delivered, Terms
from contracts.settlement.computing import lines_of
from contracts.settlement.promises import Adjusted, Book, EarnBack, Measured, Opinion, Promise
from ledger.months import following
from ledger.months import previous as month_before
from marketplace.price_plans import Plan, PricePlan
from marketplace.service_levels import DEFAULT_TIERS, share_words
from tests import make
from tests.make import APRIL, MARCH

D = Decimal
MAY = date(2026, 5, 1)
YEAR = Days(MARCH, date(2026, 12, 31))
EARN_BACK = EarnBack(D(97), 2, D(50))
LEVEL = make.level()
BONUS = make.level(bonus_above=D(99), bonus=D(3))
FIXED = PricePlan(Plan.FIXED, D("12000.00"), "month")
PER_UNIT = PricePlan(Plan.PER_UNIT, D("35.00"), "hour")


def case(*levels, plan=FIXED, active=YEAR, cap="15", adjusted=None, used="", **facts):
    book = Book(EARN_BACK, 5, {1: Promise(levels or (LEVEL,), D(cap), adjusted)}, **facts)
    made = Case(7, 1, 2, active, [Terms(1, MARCH, plan)], book=book)
    if used:
        made.usage.append(Delivered(date(2026, 3, 9), D(used)))
    return made


def measured(met, counted, *, month=MARCH, level=LEVEL, excluded=0):
    return Measured(level.name, month, met, counted, excluded)


def of_kind(kind, lines):
    return [(line.term, line.origin_month, line.amount) for line in lines if line.kind == kind]


def amounts(kind, lines):
    return [line.amount for line in lines if line.kind == kind]


def test_eleven_of_twelve_are_91_7_percent_and_cost_5_percent_of_the_fee():
    fee, credit = lines_of(case(fresh=[measured(11, 12)]), MARCH)
    assert (fee.amount, credit.amount) == (D("12000.00"), D("-600.00"))
    assert (credit.kind, credit.term, credit.version) == ("credit", LEVEL.name, 1)
    assert credit.calculation == (
        "11 of 12 tickets = 91.7 %, at least 90 %: credit 5 % of 12,000.00"
    )


def test_two_levels_at_10_percent_each_are_capped_at_15():
    levels = make.level("Uptime"), make.level("Answers")
    fresh = [measured(85, 100, level=level) for level in levels]
    credits_made = [
        line for line in lines_of(case(*levels, fresh=fresh), MARCH) if line.kind == "credit"
    ]
    assert [line.amount for line in credits_made] == [D("-900.00"), D("-900.00")]
    assert sum(line.amount for line in credits_made) == D("-1800.00")
    assert credits_made[0].calculation.endswith("all credits of the month are capped at 15 %")


def test_a_cap_that_does_not_divide_goes_by_largest_remainder_to_the_first():
    levels = [make.level(name) for name in ("A", "B", "C")]
    fresh = [measured(0, 1, level=level) for level in levels]
    found = lines_of(case(*levels, plan=PricePlan(Plan.FIXED, D("10.00"), "month"), cap="1",
                          fresh=fresh), MARCH)  # fmt: skip
    assert amounts("credit", found) == [D("-0.04"), D("-0.03"), D("-0.03")]


@pytest.mark.parametrize(
    ("met", "credit"), [(100, "0.00"), (95, "0.00"), (94, "-600.00"), (89, "-1200.00"),
                        (79, "-1800.00"), (0, "-1800.00")],
)  # fmt: skip
def test_every_tier_has_its_credit_and_a_line_of_zero_stays_as_proof(met, credit):
    found = lines_of(case(fresh=[measured(met, 100)]), MARCH)
    assert amounts("credit", found) == [D(credit)]


def test_what_is_excluded_does_not_count_and_stands_in_the_line():
    line = lines_of(case(fresh=[measured(19, 20, excluded=4)]), MARCH)[-1]
    assert line.amount == 0
    assert line.calculation == (
        "19 of 20 tickets (4 more excluded) = 95.0 %, promised 95 %: no credit"
    )


def test_a_level_that_was_not_measured_costs_nothing_and_says_so():
    line = lines_of(case(), MARCH)[-1]
    assert (line.amount, line.calculation) == (0, "Not measured in March 2026: no credit")
    everything = lines_of(case(fresh=[measured(0, 0, excluded=9)]), MARCH)[-1]
    assert (everything.amount, everything.calculation) == (
        0, "Not measured: all 9 of March 2026 are excluded",
    )  # fmt: skip


def test_a_share_just_below_a_tier_is_not_printed_as_if_it_reached_it():
    assert share_words(D("91.6666"), DEFAULT_TIERS) == "91.7"
    assert share_words(D("94.96"), DEFAULT_TIERS) == "94.96"
    assert share_words(D("94.9996"), DEFAULT_TIERS) == "94.9996"


def test_the_base_is_the_prorated_rounded_fee():
    active = Days(date(2026, 3, 11), date(2026, 12, 31))
    found = lines_of(case(active=active, fresh=[measured(91, 100)]), MARCH)
    assert amounts("fee", found) == [D("8129.03")]
    assert amounts("credit", found) == [D("-406.45")]


def test_without_a_fixed_fee_the_base_is_the_usage_charge():
    found = lines_of(case(plan=PER_UNIT, used="100", fresh=[measured(91, 100)]), MARCH)
    assert amounts("credit", found) == [D("-175.00")]
    assert "of the usage charge 3,500.00" in found[-1].calculation


def test_a_month_without_an_active_day_measures_nothing():
    active = Days(MARCH, date(2026, 3, 31))
    late = case(active=active, fresh=[measured(91, 100)])
    late.book.settled["fee", "fee", MARCH] = D("12000.00")
    found = lines_of(late, APRIL)
    assert [(line.kind, line.origin_month) for line in found] == [("credit", MARCH)]


def test_a_late_measurement_is_credited_with_its_own_month_and_under_its_own_cap():
    levels = make.level("Uptime"), make.level("Answers")
    made = case(*levels, fresh=[measured(85, 100, level=levels[1])])
    made.book.known.append(measured(85, 100, level=levels[0]))
    made.book.settled |= {
        ("fee", "fee", MARCH): D("12000.00"), ("credit", "Uptime", MARCH): D("-1200.00"),
        ("credit", "Answers", MARCH): D("0.00"),
    }  # fmt: skip
    found = lines_of(made, APRIL)
    assert of_kind("credit", found) == [
        ("Answers", MARCH, D("-600.00")), ("Uptime", APRIL, 0), ("Answers", APRIL, 0),
    ]  # fmt: skip


def test_late_usage_raises_the_credit_of_its_month():
    made = case(plan=PER_UNIT, used="20")
    made.book.known.append(measured(91, 100))
    made.book.settled |= {
        ("usage", "usage", MARCH): D("3500.00"), ("credit", LEVEL.name, MARCH): D("-175.00"),
    }  # fmt: skip
    found = lines_of(made, APRIL)
    assert of_kind("credit", found)[0] == (LEVEL.name, MARCH, D("-35.00"))
    raised = next(line for line in found if line.kind == "credit")
    assert raised.calculation.endswith("the rest was credited before")


def after_a_miss(*good, level=LEVEL, month=None, **settled):
    """March was missed and credited 600.00; the next months reached so much of 100."""
    months = [APRIL, MAY, date(2026, 6, 1)]
    rows = [
        measured(met, 100, month=each, level=level)
        for met, each in zip(good, months, strict=False)
        if met is not None
    ]
    made = case(level, known=[measured(91, 100, level=level), *rows[:-1]], fresh=rows[-1:])
    made.book.settled |= {
        ("fee", "fee", MARCH): D("12000.00"), ("credit", level.name, MARCH): D("-600.00"),
        **settled,
    }  # fmt: skip
    return lines_of(made, month or months[len(good) - 1])


def test_two_good_months_return_half_in_the_second_one():
    assert of_kind("earn_back", after_a_miss(97)) == []
    found = after_a_miss(97, 98)
    assert of_kind("earn_back", found) == [(LEVEL.name, MARCH, D("300.00"))]
    assert found[-1].calculation == (
        "April 2026 and May 2026 reached 97 % or more: 50 % of the credit of 600.00 for"
        " March 2026 comes back"
    )


def test_the_earn_back_lies_outside_the_cap():
    made = case(make.level("A"), make.level("B"), fresh=[])
    levels = made.book.promised[1].levels
    made.book.fresh += [
        measured(99, 100, month=MAY, level=levels[0]), measured(10, 100, month=MAY, level=levels[1])
    ]  # fmt: skip
    made.book.known += [
        measured(91, 100, level=levels[0]), measured(99, 100, month=APRIL, level=levels[0])
    ]  # fmt: skip
    made.book.settled["credit", "A", MARCH] = D("-600.00")
    found = lines_of(made, MAY)
    assert amounts("credit", found) == [0, D("-1800.00")]
    assert amounts("earn_back", found) == [D("300.00")]


@pytest.mark.parametrize("good", [(97, 96), (96, 98), (None, 98), (98, None)])
def test_a_month_below_97_or_not_measured_returns_nothing(good):
    assert of_kind("earn_back", after_a_miss(*good, month=MAY)) == []


def test_an_earn_back_comes_once_and_only_where_it_was_agreed():
    once = {("earn_back", LEVEL.name, MARCH): D("300.00")}
    made = case(known=[measured(91, 100), measured(98, 100, month=APRIL),
                       measured(98, 100, month=MAY)])  # fmt: skip
    made.book.settled |= {("credit", LEVEL.name, MARCH): D("-600.00"), **once}
    assert of_kind("earn_back", lines_of(made, date(2026, 6, 1))) == []
    assert of_kind("earn_back", after_a_miss(98, 98, level=make.level(earns_back=False))) == []


def test_a_bonus_is_paid_above_its_share_only_where_the_buyer_agreed_to_one():
    assert amounts("bonus", lines_of(case(BONUS, fresh=[measured(995, 1000)]), MARCH)) == [
        D("360.00")
    ]
    at_99 = lines_of(case(BONUS, fresh=[measured(99, 100)]), MARCH)
    assert (at_99[-1].kind, at_99[-1].amount) == ("bonus", 0)
    assert at_99[-1].calculation == "99 of 100 tickets = 99.0 %, not above 99 %: no bonus"
    assert amounts("bonus", lines_of(case(fresh=[measured(100, 100)]), MARCH)) == []


def test_bonuses_lie_under_the_cap_as_credits_do():
    levels = [make.level(name, bonus_above=D(99), bonus=D(10)) for name in ("A", "B")]
    fresh = [measured(1, 1, level=level) for level in levels]
    found = lines_of(case(*levels, fresh=fresh), MARCH)
    assert amounts("bonus", found) == [D("900.00"), D("900.00")]


AGREED = Adjusted(D(2), D(90), D(70))


@pytest.mark.parametrize(
    ("opinion", "amount", "words"),
    [
        (Opinion(10, 9, 12), "240.00", "the target of 90 % is reached, plus 2 % of 12,000.00"),
        (Opinion(10, 6, 12), "-240.00", "below the floor of 70 %, minus 2 % of 12,000.00"),
        (Opinion(10, 7, 12), "0.00", "between floor 70 % and target 90 %"),
        (Opinion(4, 4, 4), "0.00", "fewer than 5 raters"),
        (Opinion(5, 5, 17), "0.00", "fewer than 30 % answered"),
        (None, "0.00", "fewer than 5 raters"),
    ],
)
def test_satisfaction_adjusts_by_the_month_revealed_last_and_names_it(opinion, amount, words):
    february = month_before(MARCH)
    made = case(adjusted=AGREED, opinions={february: opinion} if opinion else {})
    line = lines_of(made, MARCH)[-1]
    assert (line.kind, line.amount, line.origin_month) == ("satisfaction", D(amount), MARCH)
    assert line.calculation.startswith("Satisfaction of February 2026")
    assert words in line.calculation
    # Nobody may compute a contract's score from its lines.
    assert "60" not in line.calculation


def test_terms_without_an_adjustment_have_no_such_line():
    assert of_kind("satisfaction", lines_of(case(), MARCH)) == []


names = st.sampled_from(["A", "B", "C", "D"])
figures = st.dictionaries(names, st.integers(0, 100), min_size=1)
fees = st.decimals(min_value=D("0.01"), max_value=D(10**9), places=2)


def credited(shares, fee, order=sorted):
    levels = [make.level(name) for name in order(shares)]
    fresh = [measured(shares[each.name], 100, level=each) for each in levels]
    plan = PricePlan(Plan.FIXED, fee, "month")
    return -sum(amounts("credit", lines_of(case(*levels, plan=plan, fresh=fresh), MARCH)))


@given(figures, fees)
def test_credits_never_exceed_the_cap(shares, fee):
    assert 0 <= credited(shares, fee) <= (fee * 15 / 100).quantize(D("0.01")) + D("0.01")


@given(figures, fees, names)
def test_one_more_miss_never_lowers_the_credit(shares, fee, name):
    worse = shares | {name: max(0, shares.get(name, 100) - 1)}
    assert credited(worse, fee) >= credited(shares, fee)


@given(figures, fees)
def test_the_order_of_levels_does_not_change_the_total(shares, fee):
    def backwards(each):
        return sorted(each, reverse=True)

    assert credited(shares, fee) == credited(shares, fee, order=backwards)


@given(figures, st.sets(names), fees)
def test_late_measurements_come_to_the_same_cap(shares, late, fee):
    """However they are spread over two runs, the month is credited what it owes, and no more."""
    levels = [make.level(name) for name in sorted(shares)]
    rows = {each.name: measured(shares[each.name], 100, level=each) for each in levels}
    early = [row for name, row in rows.items() if name not in late]
    plan = PricePlan(Plan.FIXED, fee, "month")
    first = lines_of(case(*levels, plan=plan, fresh=early), MARCH)
    made = case(*levels, plan=plan, known=early,
                fresh=[row for name, row in rows.items() if name in late])  # fmt: skip
    for line in first:
        made.book.settled[line.kind, line.term, line.origin_month] = line.amount
    second = [line for line in lines_of(made, following(MARCH)) if line.origin_month == MARCH]
    assert -sum(amounts("credit", [*first, *second])) == credited(shares, fee)
