"""Gives the tests servers that forget everything; named by `-p` in pyproject.toml."""

import os
from collections.abc import Generator
from contextlib import ExitStack
from urllib.parse import urlsplit, urlunsplit

import pytest

from devstack.servers import running

_FOR_TESTS = {"SECRET_KEY": "only for tests" * 4, "HTTPS": "off", "STATIC_BUILT": "off"}


@pytest.hookimpl(wrapper=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> Generator[None]:
    """A wrapper runs before pytest-django, which reads the settings in this same hook."""
    servers = ExitStack()
    early_config.add_cleanup(servers.close)
    for name, value in _FOR_TESTS.items():
        os.environ.setdefault(name, value)
    # With -n the first process starts the servers, and its workers find them in the environment.
    for each in servers.enter_context(running(keep=False)):
        os.environ[each.variable] = each.url
    if worker := os.environ.get("PYTEST_XDIST_WORKER"):
        number = int(worker.removeprefix("gw")) + 1
        os.environ["REDIS_URL"] = own_database(os.environ["REDIS_URL"], number)
    return (yield)


def own_database(url: str, number: int) -> str:
    """pytest-django gives each worker a PostgreSQL database; this is the same for Valkey."""
    if url.startswith("unix://"):
        return f"{url}?db={number}"
    return urlunsplit(urlsplit(url)._replace(path=f"/{number}"))
