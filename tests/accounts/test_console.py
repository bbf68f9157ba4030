"""What a management command says of an argument that it cannot read."""

from argparse import ArgumentTypeError
from datetime import date

import pytest

from accounts.console import a_day, a_month


def test_days_and_months_are_read_as_they_are_written_everywhere():
    assert a_day("2026-10-31") == date(2026, 10, 31)
    assert a_month("2026-10") == date(2026, 10, 1)


@pytest.mark.parametrize("word", ["2026-13", "2026/11", "nonsense", "2026-1", "2026-W01", ""])
def test_another_month_is_refused_with_the_way_to_write_it(word):
    with pytest.raises(ArgumentTypeError, match=r"is no month; write it like 2026-10\."):
        a_month(word)


@pytest.mark.parametrize("word", ["2026-02-30", "31.10.2026", ""])
def test_another_day_is_refused_with_the_way_to_write_it(word):
    with pytest.raises(ArgumentTypeError, match=r"is no day; write it like 2026-10-31\."):
        a_day(word)
