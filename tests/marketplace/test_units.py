"""Quantities are said with their unit, and never with a wrong word."""

from decimal import Decimal

import pytest

from marketplace.units import counted


@pytest.mark.parametrize(
    ("quantity", "unit", "words"),
    [
        ("3", "post", "3 posts"),
        ("1.000", "post", "1 post"),
        ("2.500", "hour", "2.5 hours"),
        ("1200", "Person", "1,200 people"),
        ("12", "hours", "12 hours"),
        ("3", "repair kit", "3 × repair kit"),
        ("1", "repair kit", "1 × repair kit"),
        ("4", "GB", "4 × GB"),
    ],
)
def test_usual_units_have_a_plural_and_all_others_stand_as_they_were_typed(quantity, unit, words):
    assert counted(Decimal(quantity), unit) == words
