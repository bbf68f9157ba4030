"""Every page and every button, as every role of PRODUCT 4.22, with own and foreign objects."""

import pytest
from django.apps import apps
from django.contrib.sessions.models import Session
from django.db import connection, transaction
from django.test import Client

from accounts.models import AuditEvent
from tests.pages.addresses import ALL, PAGES, PUBLIC, ROLES, named_addresses

pytestmark = pytest.mark.django_db

# What a browser sends in any case; so the form is bound, and every field of it is missing.
NOTHING = {"csrfmiddlewaretoken": "x"}
GOOD = {"GET": {200, 302}, "POST": {302, 400, 409}}
APPS = ["accounts", "ledger", "marketplace", "learning_market", "contracts", "insights", "config"]


@pytest.fixture(scope="module")
def visitors(world):
    """A browser for each role, signed in; and one for whoever is not."""
    found = {"": Client(raise_request_exception=False)}
    for letter, role in {**ROLES, "x": "client", "g": "leaver"}.items():
        found[letter] = Client(raise_request_exception=False)
        found[letter].force_login(getattr(world, role))
    return found


def visit(client, method, url):
    """The answer, and everything as it was before."""
    point = transaction.savepoint()
    answer = client.post(url, NOTHING) if method == "POST" else client.get(url)
    connection.needs_rollback = False
    transaction.savepoint_rollback(point)
    return answer


def expected(page, method, letter):
    may = page.get if method == "GET" else page.post
    if letter in may:
        return GOOD[method]
    return {404} if letter in page.unknown else {403}


def fingerprint():
    """Of everything that the product keeps, but for the audit trail and the sessions."""
    models = [
        model for model in apps.get_models(include_auto_created=True)
        if model not in (AuditEvent, Session)
    ]  # fmt: skip
    sums = " UNION ALL ".join(
        f"SELECT '{table}', count(*), sum(hashtext(t::text)) FROM {table} t"  # noqa: S608
        for table in sorted({model._meta.db_table for model in models})
    )
    with connection.cursor() as cursor:
        cursor.execute(sums)
        return cursor.fetchall()


def methods_of(page):
    return [name for name in ("GET", "POST") if getattr(page, name.lower()) is not None]


def test_no_page_is_left_out_and_each_method_of_it_is_known(world, visitors):
    known = {page.name: page for page in PAGES}
    found = set(named_addresses())
    wrong = [f"{name} is new; say in addresses.py who may" for name in sorted(found - set(known))]
    wrong += [f"{name} is no address any more" for name in sorted(set(known) - found)]
    for page in [known[name] for name in sorted(found & set(known))]:
        # A method that no page has makes the page say which ones it has.
        allowed = visit_with_put(visitors["h"], page.url(world))
        wanted = set(methods_of(page)) | ({"HEAD"} if page.get is not None else set())
        if allowed != wanted:
            wrong.append(f"{page} answers {sorted(allowed)}, the table says {sorted(wanted)}")
    assert not wrong, "\n".join(wrong)


def visit_with_put(client, url):
    answer = client.put(url)
    return set(answer.headers.get("Allow", f"{answer.status_code} to PUT").split(", "))


@pytest.mark.parametrize("app", APPS)
def test_the_matrix_holds_on_every_page(world, visitors, app):
    wrong = []
    for page in PAGES:
        if (page.name.split(":")[0] if ":" in page.name else "config") != app:
            continue
        for method in methods_of(page):
            wrong += deviations(page, method, page.url(world), visitors)
    assert not wrong, "\n".join(wrong)


def deviations(page, method, url, visitors):
    """What a role gets that the table does not say; and a refusal that left no trace."""
    before = fingerprint() if method == "POST" else None
    for letter in ALL:
        good = expected(page, method, letter)
        answer, traced = visit_and_trace(visitors[letter], method, url)
        if answer.status_code not in good:
            yield said(page, method, ROLES[letter], answer, good)
        elif good <= {403, 404} and not traced and page.name not in PUBLIC:
            yield f"{method} {page} as {ROLES[letter]}: refused without a trace in the audit trail"
    if before is not None and fingerprint() != before:
        yield f"{method} {page}: something was kept"
    yield from strangers(page, method, url, visitors)


def visit_and_trace(client, method, url):
    """The answer, and whether the refusal is in the audit trail."""
    point = transaction.savepoint()
    answer = client.post(url, NOTHING) if method == "POST" else client.get(url)
    connection.needs_rollback = False
    traced = answer.status_code in (403, 404) and bool(AuditEvent.objects.filter(
        action=f"{method.lower()} refused", target=url.partition("?")[0], was_refused=True,
        actor=int(client.session["_auth_user_id"]),
    ).count())  # fmt: skip
    transaction.savepoint_rollback(point)
    return answer, traced


def strangers(page, method, url, visitors):
    """A client has no pages, and whoever is not signed in or has left is led to the sign-in."""
    if page.name in PUBLIC:
        for letter in ("", "g", "x"):
            answer = visit(visitors[letter], method, url)
            if answer.status_code not in (expected(page, method, "m")):
                yield said(page, method, letter or "nobody", answer, expected(page, method, "m"))
        return
    answer = visit(visitors["x"], method, url)
    if answer.status_code != 403:
        yield said(page, method, "an integration client", answer, {403})
    for letter, name in (("", "nobody"), ("g", "a leaver")):
        answer = visit(visitors[letter], method, url)
        if not answer.headers.get("Location", "").startswith("/accounts/login/"):
            yield said(page, method, name, answer, {"the sign-in"})


def said(page, method, who, answer, good):
    fault = getattr(answer, "exc_info", None)
    what = repr(fault[1]) if fault else answer.status_code
    return f"{method} {page} as {who}: {what}, expected {sorted(good)}"
