import os
import shutil
from collections.abc import Callable, Iterator

import hypothesis
import pytest
import redis
from django.conf import settings
from django.core.cache import cache
from django.test import Client, TransactionTestCase
from playwright.sync_api import Browser, Page, sync_playwright
from pytest_django.live_server_helper import LiveServer

from accounts.models import User
from tests import database

# Playwright's loop lives in the test's own thread, where Django would refuse a query.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
QUIET_CHROMIUM = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
)


@pytest.fixture(scope="session", autouse=True)
def _emptied_where_written() -> Iterator[None]:
    """A test that commits is followed by `database.empty`; Django's own flush takes 20 times as
    long, for it makes every table anew and fills in the permissions again.
    """
    name = "_fixture_teardown"
    flush = getattr(TransactionTestCase, name)
    setattr(
        TransactionTestCase, name,
        lambda case: database.empty() if database.is_superuser() else flush(case),
    )  # fmt: skip
    yield
    setattr(TransactionTestCase, name, flush)


@pytest.fixture(autouse=True)
def _nothing_remembered() -> None:
    """Limits and answers that one test left in the cache are not the next one's.

    Key by key: clear() would empty the whole database, and the queue lies there too.
    """
    with redis.Redis.from_url(settings.REDIS_URL) as connection:
        for key in connection.scan_iter(f"{cache.key_prefix}:*", count=1000):
            connection.delete(key)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    chromium = shutil.which("chromium")
    if not chromium:
        reason = "No chromium here (Debian, Ubuntu: apt-get install chromium)."
        # A skip in CI would let a broken page pass.
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(reason)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=QUIET_CHROMIUM)
        yield browser
        browser.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page on which every complaint of the browser is a failure of the test."""
    complaints: list[str] = []
    page = browser.new_page(viewport={"width": 1280, "height": 800})
    page.set_default_timeout(10_000)
    page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    # Leaving a page ends what it was still loading; that is no fault.
    page.on(
        "requestfailed",
        lambda request: (
            None if request.failure == "net::ERR_ABORTED" else complaints.append(request.url)
        ),
    )
    yield page
    page.close()
    assert complaints == []


@pytest.fixture
def sign_in(page: Page, live_server: LiveServer) -> Callable[[User], None]:
    """Opens the browser's session for a person without the walk through the sign-in page."""

    def enter(user: User) -> None:
        client = Client()
        client.force_login(user)
        cookie = client.cookies["sessionid"].value
        page.context.add_cookies([{"name": "sessionid", "value": cookie, "url": live_server.url}])

    return enter


# A busy machine is slow, not wrong. CI tries the same examples every time, and what would repeat a
# failure is printed with it.
hypothesis.settings.register_profile(
    "unhurried", deadline=None, print_blob=True, derandomize=os.environ.get("CI") == "true"
)
hypothesis.settings.load_profile("unhurried")
