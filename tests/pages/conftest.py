"""The small market of world.py, built once for each module and gone after it."""

import pytest
import time_machine
from django.db import transaction
from django.test import override_settings

from tests.pages.world import NOW, build


@pytest.fixture(scope="module")
def world(django_db_setup, django_db_blocker):
    """It is 8 April in the demo; whoever changes something takes it back."""
    with (
        django_db_blocker.unblock(),
        time_machine.travel(NOW, tick=False),
        override_settings(DEMO=True),
        transaction.atomic(),
    ):
        yield build()
        transaction.set_rollback(True)
