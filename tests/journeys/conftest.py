"""A day that holds still, a real worker, and the browser for the journeys."""

import os
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import pytest
from django.db import connection
from django.utils import timezone

from accounts.models import Organization
from config.celery import app
from devstack.processes import comes_true, start, stop
from tests.journeys.steps.visitor import Visitor


@pytest.fixture
def visitor(page, live_server, sign_in) -> Visitor:
    page.set_default_timeout(20_000)
    return Visitor(page, live_server.url, sign_in)


@pytest.fixture
def calm_zone() -> str:
    """A time zone in which it is not about to be midnight, so that no day ends meanwhile."""
    return "UTC" if 5 <= datetime.now(UTC).hour < 20 else "Asia/Tokyo"


@pytest.fixture
def sets_the_day() -> Callable[[date], None]:
    """The organisation's day, whatever day it is outside; afterwards only the footer moves it."""

    def to(day: date) -> None:
        organization = Organization.objects.get()
        here = timezone.now().astimezone(organization.zone).date()
        organization.moved_by_days = (day - here).days
        organization.save()

    return to


@pytest.fixture
def worker(transactional_db, tmp_path) -> Iterator[Path]:
    """`celery worker` as a process of its own, on the test's database and queue; its log."""
    log = tmp_path / "worker.log"
    command = [sys.executable, "-Wignore", "-m", "celery", "--app=config", "--quiet", "worker"]
    command += ["--pool=solo", "--loglevel=info", "--without-gossip", "--without-mingle"]
    command += ["--purge", f"--hostname={tmp_path.name}@journey"]
    parts = urlsplit(os.environ["DATABASE_URL"])
    name = connection.settings_dict["NAME"]
    env = {**os.environ, "DATABASE_URL": urlunsplit(parts._replace(path=f"/{name}"))}
    with log.open("wb") as words:
        process = start(command, env=env, output=words)
    try:
        comes_true(lambda: process.poll() is not None or _answers(log), within=60)
        assert process.poll() is None, log.read_text()
        assert _answers(log), log.read_text()
        yield log
    finally:
        stop(process)


def _answers(log: Path) -> bool:
    """It listens once it says so; only then is it asked over the queue itself."""
    return " ready." in log.read_text() and bool(app.control.ping(timeout=2))
