"""The market to eyes, ears and thumbs, with script and without."""

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]

from tests import make

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def market(live_server, sign_in):
    """A lead with money, an offering and two outside offers, one of them expired."""
    shop = make.me("Shop North", kind="frontline")
    make.granted(shop, "50000.00")
    inside = make.offering(
        make.me("Lab"), name="Water samples", plan="per_unit", price="58.00", unit="sample"
    )
    outside = make.outside_offer(name="Water panel", unit="sample", price="63.35")
    old = make.outside_offer(
        name="Old list", unit="sample", price="40.00", valid_until_on=make.TODAY
    )
    lead = make.lead(shop)
    sign_in(lead)
    return {"url": live_server.url, "inside": inside, "outside": outside, "old": old}


def pages(market):
    inside, outside, old = (market[name].pk for name in ("inside", "outside", "old"))
    return [
        "/market/", f"/market/offerings/{inside}/", f"/market/outside/{old}/",
        f"/market/compare/?item=o{inside}&item=x{outside}&item=x{old}", "/market/offerings/",
        "/market/offerings/new/", "/market/outside/new/", "/market/outside/import/",
    ]  # fmt: skip


@pytest.mark.parametrize(("theme", "width"), [("light", 1440), ("dark", 360)])
def test_every_page_is_readable_by_everybody_and_nothing_sticks_out(page, market, theme, width):
    page.set_viewport_size({"width": width, "height": 900})
    page.emulate_media(color_scheme=theme)
    for address in pages(market):
        page.goto(market["url"] + address)
        violations = Axe().run(page).response["violations"]
        assert [(each["id"], each["nodes"][0]["html"]) for each in violations] == [], address
        assert page.evaluate("document.documentElement.scrollWidth") == width, address


def test_filters_answer_at_once_and_stand_in_the_address(page, market):
    page.goto(market["url"] + "/market/")
    page.locator("#satisfied-80").check()
    page.get_by_text("Nothing found").wait_for()
    assert "satisfied=80" in page.url
    page.locator(".chip", has_text="At least 80 of 100 satisfied").click()
    page.get_by_text("3 offers").wait_for()


def test_what_it_costs_changes_while_one_types(page, market):
    page.goto(f"{market['url']}/market/offerings/{market['inside'].pk}/")
    page.locator("#id_quantity").fill("40")
    page.locator("#id_quantity").press("Tab")
    page.get_by_text("2,320.00").first.wait_for()
    assert page.get_by_role("button", name="Draft contract").is_visible()


def test_what_one_types_meanwhile_is_not_lost_when_the_cost_arrives(page, market):
    page.goto(f"{market['url']}/market/offerings/{market['inside'].pk}/")
    last = page.locator("[name=ends_on]")
    last.evaluate("field => { window.typedInto = field }")
    page.locator("#id_quantity").fill("40")
    page.locator("#id_quantity").press("Tab")
    page.get_by_text("2,320.00").first.wait_for()
    assert last.evaluate("field => field === window.typedInto")


def test_without_script_filters_costs_and_comparison_work_too(browser, page, market):
    context = browser.new_context(
        java_script_enabled=False, storage_state=page.context.storage_state()
    )
    plain = context.new_page()
    plain.goto(market["url"] + "/market/")
    plain.locator("[name=price_to]").fill("50")
    plain.get_by_role("button", name="Apply filters").click()
    assert plain.get_by_text("1 offer", exact=True).is_visible()
    plain.goto(f"{market['url']}/market/offerings/{market['inside'].pk}/")
    plain.locator("#id_quantity").fill("10")
    plain.get_by_role("button", name="Calculate", exact=True).click()
    assert plain.get_by_text("A month at 10 × 58.00").is_visible()
    plain.get_by_role("button", name="Compare line by line").click()
    assert "Inside is 8.4 % cheaper" in plain.locator(".verdict").inner_text()
    context.close()
