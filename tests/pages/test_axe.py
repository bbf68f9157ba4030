"""Every page to eyes, ears and thumbs: light, dark, on a phone, and with script switched off."""

from http import HTTPStatus

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from django.test import Client

from tests.pages.addresses import PAGES, ROLES
from tests.pages.world import NOW, build

pytestmark = pytest.mark.django_db(transaction=True)

# Who sees most of a page is the first of these that may look at it.
SEES_MOST = "lohasmcf"
RULES = {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}
AXE = Axe().axe_script
WIDE, PHONE = {"width": 1440, "height": 900}, {"width": 390, "height": 844}
# A file, and the part of a page that asks how far a run is.
NO_PAGES = {
    "ledger:statement march?me={shop}&format=csv", "contracts:settlement_progress march",
}  # fmt: skip
WITHOUT_SIGN_IN = [
    "/accounts/login/", "/accounts/signup/", "/accounts/inactive/", "/accounts/password/reset/",
    "/accounts/password/reset/done/", "/accounts/password/reset/key/1-over/",
    "/accounts/password/reset/key/done/", "/invitation/over/",
]  # fmt: skip
MORE = [
    ("hr_admin", "/"), ("auditor", "/"), ("hr_admin", "/market/"), ("other_lead", "/"),
    ("member", "/hr/budgets/"), ("member", "/contracts/999999/"), ("lead", "/market/?q=nothing"),
    ("lead", "/accounts/password/set/"), ("lead", "/accounts/logout/"),
]  # fmt: skip


@pytest.fixture
def world(settings, time_machine):
    settings.DEMO = True
    time_machine.move_to(NOW, tick=False)
    return build()


def addresses(world):
    """(role, address) of every page that is shown to somebody, those of a role together."""
    found = [("", each) for each in WITHOUT_SIGN_IN] + MORE
    for page in PAGES:
        if page.get and str(page) not in NO_PAGES and "format=" not in page.url(world):
            letter = next(each for each in SEES_MOST if each in page.get)
            found.append((ROLES[letter], page.url(world)))
    return sorted(set(found))


class Visit:
    """A browser that goes from page to page and writes down what it complains about."""

    def __init__(self, browser, live_server, world, **options):
        self.world, self.base, self.role, self.address = world, live_server.url, None, ""
        self.complaints = []
        self.context = browser.new_context(viewport=WIDE, reduced_motion="reduce", **options)
        self.page = self.context.new_page()
        self.page.on("console", lambda said: said.type == "error" and self.say(said.text))
        self.page.on("pageerror", lambda error: self.say(str(error)))

    def say(self, what):
        # That a refusal is a refusal is what the page is about.
        if "the server responded with a status of 4" not in what:
            self.complaints.append(f"{self.address} as {self.role or 'nobody'}: {what}")

    def go(self, role, address):
        if role != self.role:
            self.role = role
            self.context.clear_cookies()
            if role:
                client = Client()
                client.force_login(getattr(self.world, role))
                cookie = client.cookies["sessionid"].value
                self.context.add_cookies([{"name": "sessionid", "value": cookie, "url": self.base}])
        self.address = address
        answer = self.page.goto(self.base + address)
        if answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            self.say(f"status {answer.status}")


def axe(visit, look):
    """What is wrong once nothing moves any more: a colour on its way to another is none yet."""
    visit.page.evaluate("Promise.allSettled(document.getAnimations().map(each => each.finished))")
    options = {"runOnly": RULES, "resultTypes": ["violations"]}
    for each in visit.page.evaluate("options => axe.run(options)", options)["violations"]:
        nodes = [node["html"][:160] for node in each["nodes"][:3]]
        visit.say(f"{look}: {each['id']}, {len(each['nodes'])} times: {nodes}")


def test_every_page_is_readable_by_everybody(browser, live_server, world):
    visit = Visit(browser, live_server, world)
    for role, address in addresses(world):
        visit.page.set_viewport_size(WIDE)
        visit.page.emulate_media(color_scheme="light")
        visit.go(role, address)
        visit.page.evaluate(AXE)
        for size in (WIDE, PHONE):
            visit.page.set_viewport_size(size)
            for colours in ("light", "dark"):
                visit.page.emulate_media(color_scheme=colours)
                axe(visit, f"{colours}, {size['width']} pixels")
        width = visit.page.evaluate("document.documentElement.scrollWidth")
        if width > PHONE["width"]:
            visit.say(f"phone: {width} pixels wide")
    visit.context.close()
    assert not visit.complaints, "\n".join(visit.complaints)


# Of a page without script: forms with fields that nobody can send (one line of text alone is sent
# by Enter), and what is hidden although it is no extra that only script can offer.
_LOST = """() => {
    const shown = each => each.checkVisibility({visibilityProperty: true});
    const folded = each => each.closest('details:not([open])') || each.closest('dialog');
    const name = each => each.outerHTML.slice(0, 140);
    const fields = form => [...form.elements].filter(
        each => shown(each) && !['submit', 'button', 'hidden', 'fieldset'].includes(each.type));
    const isLine = each => ['text', 'search'].includes(each.type);
    const dead = [...document.querySelectorAll('form')].filter(
        form => shown(form) && !folded(form) && fields(form).length &&
            !(fields(form).length === 1 && isLine(fields(form)[0])) &&
            ![...form.elements].some(
                each => each.type === 'submit' && (shown(each) || folded(each))));
    const hidden = [...document.querySelectorAll('[hidden]')].filter(
        each => !each.matches('button[type=button], dialog, template, [data-script]'));
    return [...dead.map(each => 'cannot be sent: ' + name(each)),
            ...hidden.map(each => 'hidden for ever: ' + name(each))];
}"""


def test_every_page_works_without_script(browser, live_server, world):
    visit = Visit(browser, live_server, world, java_script_enabled=False)
    for role, address in addresses(world):
        visit.go(role, address)
        if not visit.page.locator("h1").first.is_visible():
            visit.say("no heading is to be seen")
        for each in visit.page.evaluate(_LOST):
            visit.say(each)
    visit.context.close()
    assert not visit.complaints, "\n".join(visit.complaints)
