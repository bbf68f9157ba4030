"""`settle_month` and `score_month`, with a real worker where one is needed."""

import json
import os
import subprocess
import sys
from contextlib import suppress
from io import StringIO
from urllib.parse import urlsplit, urlunsplit

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from tests import make


def run(*words):
    out = StringIO()
    call_command(*words, "--json", stdout=out, stderr=StringIO())
    return json.loads(out.getvalue())


@pytest.fixture
def worker():
    """A Celery worker on the test's own database and queue."""
    url = urlsplit(os.environ["DATABASE_URL"])
    url = url._replace(path=f"/{connection.settings_dict['NAME']}")
    words = (
        "-m celery -A config.celery:app worker -P solo -Q settlement -l warning --without-mingle"
    )
    with subprocess.Popen(
        [sys.executable, "-W", "ignore", *words.split(), "--without-gossip"],
        env=os.environ | {"DATABASE_URL": urlunsplit(url)},
    ) as process:
        yield process
        process.terminate()


@pytest.mark.django_db(transaction=True)
def test_the_command_settles_through_a_worker_and_a_second_time_changes_nothing(
    worker, time_machine
):
    make.org()
    time_machine.move_to("2026-04-10T12:00:00Z", tick=True)
    make.used(make.hires(), "13")
    make.agreed(price="2000.00")
    call_command_patiently()
    first = run("settle_month", "2026-03", "--to", "posted")
    assert first == {
        "month": "2026-03", "state": "posted", "lines": 2, "gross": "3300.00",
        "credits": "0.00", "net": "3300.00", "held": "0.00", "refused": [],
    }  # fmt: skip
    assert run("settle_month", "2026-03", "--to", "computed") == first
    assert run("settle_month", "2026-03", "--to", "locked") == first | {"state": "locked"}


def call_command_patiently():
    """The worker needs some seconds to start; until then the command says that nobody answers."""
    for _ in range(10):
        with suppress(CommandError):
            return call_command("settle_month", "2026-03", "--to", "computed", stdout=StringIO())
    raise AssertionError("The worker did not start.")


@pytest.mark.django_db
def test_without_a_worker_the_command_says_so(time_machine):
    make.agreed()
    time_machine.move_to("2026-04-10T12:00:00Z", tick=True)
    with pytest.raises(CommandError, match="No worker answers") as refused:
        run("settle_month", "2026-03")
    assert refused.value.returncode == 1


@pytest.mark.django_db
def test_a_month_that_runs_and_one_that_is_none_are_refused(time_machine):
    make.agreed()
    time_machine.move_to("2026-03-20T12:00:00Z", tick=False)
    with pytest.raises(CommandError, match="March 2026 is not over"):
        run("settle_month", "2026-03")
    with pytest.raises(CommandError, match=r"'2026-3' is no month; write it like 2026-10\."):
        run("settle_month", "2026-3")


@pytest.mark.django_db
def test_score_month_counts_from_the_fifteenth(time_machine):
    make.rated(make.agreed(), 5, 5, 5, 5, 4)
    make.rated(make.agreed(), 1)
    time_machine.move_to("2026-04-14T12:00:00Z", tick=False)
    with pytest.raises(CommandError, match="revealed on 15 April 2026"):
        run("score_month", "2026-03")
    time_machine.move_to("2026-04-15T00:00:01Z", tick=False)
    assert run("score_month", "2026-03") == {
        "month": "2026-03", "offerings": 2, "scored": 1, "not_enough": 1,
    }  # fmt: skip
