"""The benchmarks still run and their rounds do whole work; how fast is never a test."""

import re

import pytest

from benchmarks import settlement


@pytest.fixture
def _settings(monkeypatch):
    monkeypatch.setenv("DJANGO_SETTINGS_MODULE", "config.settings")


@pytest.mark.usefixtures("_settings")
def test_a_small_month_is_settled_beside_its_base(capsys):
    sizes = ["--contracts", "400", "--micro-enterprises", "50", "--naive", "0"]
    settlement.main([*sizes, "--workers", "1", "--pairs", "1"])

    printed = capsys.readouterr().out
    assert re.search(r"base +\d+\.\d\d s +1\.00", printed)
    assert re.search(r"ours, 1 worker +\d+\.\d\d s", printed)
    assert "deadlocks 0" in printed
