"""The pieces as a browser shows them: to eyes, to ears, to the keyboard, and without script."""

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def address(settings, live_server):
    settings.DEMO = True
    return f"{live_server.url}/gallery/"


@pytest.mark.parametrize(("theme", "width"), [("light", 1440), ("dark", 390)])
def test_every_piece_is_readable_by_everybody(page, address, theme, width):
    page.set_viewport_size({"width": width, "height": 900})
    page.emulate_media(color_scheme=theme)
    page.goto(address)
    violations = Axe().run(page).response["violations"]
    assert [(each["id"], each["nodes"][0]["html"]) for each in violations] == []


@pytest.mark.parametrize("width", [360, 720])
def test_nothing_sticks_out_on_a_small_phone_or_when_zoomed(page, address, width):
    page.set_viewport_size({"width": width, "height": 640})
    page.goto(address)
    assert page.evaluate("document.documentElement.scrollWidth") == width


def test_the_keyboard_reaches_content_search_and_menus(page, address):
    page.goto(address)
    page.keyboard.press("Tab")
    assert page.locator(":focus").inner_text() == "Skip to content"
    page.keyboard.press("/")
    assert page.locator(":focus").get_attribute("name") == "q"
    page.locator(".menu-account > summary").focus()
    page.keyboard.press("Enter")
    assert page.get_by_text("Sign out").is_visible()
    page.keyboard.press("Escape")
    assert not page.get_by_text("Sign out").is_visible()


def test_the_palette_goes_to_a_page_by_its_name(page, address):
    page.goto(address)
    page.keyboard.press("Control+k")
    page.keyboard.type("settle")
    assert page.locator(".palette a").first.get_attribute("href") == "/settlement/"


def test_the_chosen_theme_is_there_again_on_the_next_page(page, address):
    page.goto(address)
    page.locator(".menu-account > summary").click()
    page.get_by_role("button", name="Dark").click()
    assert page.locator("html").get_attribute("data-theme") == "dark"
    page.reload()
    assert page.locator("html").get_attribute("data-theme") == "dark"


def test_a_question_before_what_cannot_be_undone_leaves_everything_as_it_was(page, address):
    page.goto(address)
    page.get_by_role("button", name="Open dialog").click()
    page.keyboard.press("Escape")
    assert page.url == address
    assert not page.locator("dialog[open]").count()
