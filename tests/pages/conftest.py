"""The small market of world.py, built once for each module and gone after it."""

import pytest
import time_machine
from django.db import transaction
from django.template import Template
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


@pytest.fixture(scope="module")
def plain_templates():
    """As outside of tests: Django's test client would keep a copy of all that each one was given.

    Not for who reads `answer.context`.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Template, "_render", lambda self, context: self.nodelist.render(context))
        yield
