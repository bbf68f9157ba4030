"""The day of the demo, moved by its control in the footer."""

import re

from playwright.sync_api import expect


def moves_to(visitor, day):
    """To that day; the jobs of each day in between run on the way."""
    footer = visitor.page.get_by_role("contentinfo")
    footer.get_by_label("Demo: move the day to").fill(day.isoformat())
    footer.get_by_role("button", name="Move to", exact=True).click()
    expect(visitor.main).to_contain_text(f"Today is now {day:%-d %B %Y}", timeout=180_000)
    expect(visitor.main).not_to_contain_text(" failed on ")


def reads_the_day(visitor, day):
    footer = visitor.page.get_by_role("contentinfo")
    expect(footer).to_contain_text(re.compile(rf"Today is {day:%-d %B %Y}"))
