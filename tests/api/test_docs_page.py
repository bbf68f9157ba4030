"""The documentation opens in a browser under the strict Content-Security-Policy."""

import pytest

from tests import make


@pytest.mark.django_db(transaction=True)
def test_the_docs_list_every_resource_and_open_an_operation_without_a_complaint(page, live_server):
    make.org()
    page.set_viewport_size({"width": 1440, "height": 1000})
    page.set_default_timeout(60_000)
    page.goto(f"{live_server.url}/api/v1/docs/")
    contracts = page.locator(".opblock-tag[data-tag=contracts]")
    contracts.wait_for()
    tags = set(page.locator(".opblock-tag").evaluate_all("all => all.map(e => e.dataset.tag)"))
    assert {"contracts", "grants", "people", "statements"} <= tags
    contracts.click()
    page.locator("#operations-contracts-contracts_accept .opblock-summary-control").click()
    opened = page.locator("#operations-contracts-contracts_accept .opblock-body")
    opened.get_by_text("Idempotency-Key").first.wait_for()
    assert "409" in opened.inner_text()


def test_the_documents_themselves_are_open_to_everybody(client, db):
    make.org()
    assert client.get("/api/v1/schema/").status_code == 200
    answer = client.get("/api/v1/docs/")
    policy = answer.headers["Content-Security-Policy"]
    assert answer.status_code == 200
    assert "unsafe" not in policy
