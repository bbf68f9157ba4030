"""Somebody at the browser: opens pages, follows links, fills in forms and presses buttons."""

import re
from decimal import Decimal

from playwright.sync_api import expect

AMOUNT = re.compile(r"[−+]?[\d,]+\.\d\d")


class Visitor:
    """The same browser for everybody; `becomes` changes who sits in front of it."""

    def __init__(self, page, url, sign_in=None):
        self.page, self.url, self._sign_in = page, url, sign_in

    @property
    def main(self):
        return self.page.get_by_role("main")

    def becomes(self, user):
        self._sign_in(user)
        return self

    def opens(self, address):
        self.page.goto(self.url + address)

    def follows(self, name, *, within=None, exact=True):
        (within or self.main).get_by_role("link", name=name, exact=exact).first.click()

    def chooses_from_the_menu(self, name):
        """A page of the main navigation."""
        menu = self.page.get_by_role("navigation", name="Main")
        menu.get_by_role("link", name=name, exact=True).click()

    def presses(self, name, *, within=None):
        (within or self.main).get_by_role("button", name=name, exact=True).click()

    def presses_and_confirms(self, name, *, answer=None, within=None):
        """A button that asks first; `answer` is the button of the question if it says more."""
        self.presses(name, within=within)
        self.page.get_by_role("dialog").get_by_role("button", name=answer or name).click()

    def fills(self, words, *, within=None):
        """Each field by its label: text, a choice of a list, a file, or True for a tick."""
        for label, value in words.items():
            self._fill(within or self.main, label, value)

    def _fill(self, part, label, value):
        named = part.get_by_label(re.compile(rf"^\s*{re.escape(label)}(\s+optional)?\s*$"))
        field = named.and_(self.page.locator("input, select, textarea")).first
        kind = field.evaluate("each => each.type")
        if kind in {"checkbox", "radio"}:
            field.set_checked(value)
        elif kind == "select-one":
            field.select_option(label=str(value))
        elif kind == "file":
            field.set_input_files(value)
        else:
            field.fill(str(value))

    def reads(self, *texts, within=None):
        """Waits until all of it stands on the page."""
        for text in texts:
            expect(within or self.main).to_contain_text(text)

    def does_not_read(self, text, *, within=None):
        expect(within or self.main).not_to_contain_text(text)

    def is_told(self, text):
        """The message after a deed."""
        expect(self.main.locator(".messages")).to_contain_text(text)

    def part(self, name):
        """The section or panel of that title."""
        return self.main.locator("section, aside").filter(
            has=self.page.get_by_role("heading", name=name, exact=True)
        )

    def row(self, *words, within=None):
        """The first row of a table that has all these words."""
        rows = (within or self.main).get_by_role("row")
        for word in words:
            rows = rows.filter(has_text=word)
        return rows.first

    def figure(self, label, *, within=None):
        """What stands beside a word in a list of figures."""
        term = self.page.locator("dt", has_text=re.compile(rf"^\s*{re.escape(label)}\s*$"))
        part = (within or self.main).locator("dl > div, .figure").filter(has=term)
        return part.first.locator("dd").first.inner_text().strip()


def amount(text):
    """−1,234.50 as printed, as a Decimal; nothing printed is 0."""
    found = AMOUNT.search(text)
    return Decimal(found[0].replace(",", "").replace("−", "-")) if found else Decimal(0)
