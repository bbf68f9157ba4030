import pytest
import time_machine

from tests import make


@pytest.fixture(autouse=True)
def _today():
    """It is 20 February 2026, nine in the morning."""
    with time_machine.travel(f"{make.TODAY}T09:00Z", tick=False):
        yield
