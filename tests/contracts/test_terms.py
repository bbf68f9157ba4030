"""What is hashed, and which terms make sense."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from accounts.errors import Invalid, Refused
from contracts.terms import Terms, canonical, hash_of, link, plain, require_sound, terms_of
from tests import make
from tests.make import TODAY

FIXED = make.terms(plan="fixed", unit="month")
PER_UNIT = make.terms(
    plan="per_unit", unit="hire", expected_quantity=Decimal(10), cap_quantity=Decimal(12)
)
SOMEWHERE = {
    "contract": 7, "number": 1, "buyer": 1, "provider": 2, "offering": 3, "title": "Recruiting é",
    "valid_from_on": date(2026, 3, 1),
}  # fmt: skip


def test_canonical_json_has_sorted_keys_no_spaces_and_words_for_numbers():
    document = {"b": Decimal("5.00"), "a": [date(2026, 3, 1), None, True, 3], "é": "x"}
    assert canonical(document) == '{"a":["2026-03-01",null,true,3],"b":"5.00","é":"x"}'


def test_a_float_has_no_place_in_a_contract():
    with pytest.raises(TypeError, match=r"0\.1 has no canonical form"):
        plain({"price": 0.1})


def test_equal_terms_have_one_hash_however_they_were_written():
    other = FIXED.with_changes(
        price=Decimal(2000), measures=(make.measure(target=Decimal("90.0")),)
    )
    assert hash_of(FIXED.document(**SOMEWHERE)) == hash_of(other.document(**SOMEWHERE))


@pytest.mark.parametrize(
    "change",
    [
        {"price": Decimal("2000.01")},
        {"ends_on": date(2026, 12, 30)},
        {"risks": "Storm"},
        {"measures": (make.measure(weight=2),)},
    ],
)
def test_every_change_of_a_term_changes_the_hash(change):
    changed = FIXED.with_changes(**change)
    assert hash_of(FIXED.document(**SOMEWHERE)) != hash_of(changed.document(**SOMEWHERE))


def test_a_stored_document_gives_its_terms_back():
    for terms in (FIXED, PER_UNIT):
        assert terms_of(terms.document(**SOMEWHERE)) == terms


def test_each_link_depends_on_all_before_it():
    first = link("", {"number": 1})
    assert link(first, {"number": 2}) != link("", {"number": 2})


@pytest.mark.parametrize(
    ("terms", "field", "sentence"),
    [
        (FIXED.with_changes(starts_on=TODAY), "starts_on", "20 February 2026 is too early"),
        (FIXED.with_changes(ends_on=date(2026, 2, 28)), "ends_on", "lies before the start"),
        (FIXED.with_changes(ends_on=date(2032, 3, 1)), "ends_on", "more than 5 years"),
        (FIXED.with_changes(price=Decimal(0)), "price", "above zero with two places"),
        (FIXED.with_changes(price=Decimal("1.005")), "price", "above zero with two places"),
        (FIXED.with_changes(price=Decimal("NaN")), "price", "above zero with two places"),
        (FIXED.with_changes(price=Decimal("1e30")), "price", "above zero with two places"),
        (FIXED.with_changes(cap_quantity=Decimal(3)), "expected_quantity", "has no quantities"),
        (PER_UNIT.with_changes(expected_quantity=None), "expected_quantity", "how many units"),
        (PER_UNIT.with_changes(cap_quantity=Decimal(9)), "cap_quantity", "lies below the 10"),
        (PER_UNIT.with_changes(cap_quantity=Decimal("Infinity")), "cap_quantity", "how many"),
        (
            PER_UNIT.with_changes(
                price=Decimal("9999999999999999.99"), cap_quantity=Decimal(1_000_000)
            ),
            "cap_quantity",
            "too large",
        ),
        (FIXED.with_changes(risks="x" * 4001), "risks", "longer than 4,000"),
    ],
)
def test_terms_that_make_no_sense_are_refused_by_field(terms, field, sentence):
    with pytest.raises(Invalid, match=sentence) as refused:
        require_sound(terms, on=TODAY)
    assert refused.value.field == field


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"name": " "}, "needs a name"),
        ({"method": ""}, "needs a name and how it is measured"),
        ({"floor": Decimal(91)}, "floor 91 of .* is better than its target 90"),
        ({"direction": "lower"}, "is better than its target"),
        ({"direction": "up"}, "needs a direction"),
        ({"weight": 0}, "must be 1 to 100"),
        ({"target": Decimal("NaN")}, "must be numbers"),
        ({"target": Decimal("1e10")}, "must be numbers"),
    ],
)
def test_a_measure_that_makes_no_sense_is_refused(changes, sentence):
    wrong = replace(make.measure(), **changes)
    with pytest.raises(Invalid, match=sentence):
        require_sound(FIXED.with_changes(measures=(wrong,)), on=TODAY)


def test_two_measures_need_two_names_and_twelve_are_enough():
    twice = (make.measure("Speed"), make.measure("speed"))
    with pytest.raises(Invalid, match="the same name"):
        require_sound(FIXED.with_changes(measures=twice), on=TODAY)
    many = tuple(make.measure(f"Measure {number}") for number in range(13))
    with pytest.raises(Invalid, match="at most 12"):
        require_sound(FIXED.with_changes(measures=many), on=TODAY)


def test_a_draft_may_lack_its_measures_and_a_signature_may_not():
    bare = FIXED.with_changes(measures=())
    assert isinstance(require_sound(bare, on=TODAY), Terms)
    with pytest.raises(Refused, match="without a success measure cannot be signed"):
        require_sound(bare, on=TODAY, for_signature=True)
