"""HR admins let the workers compute, post and lock a month."""

from playwright.sync_api import expect


def opens(visitor, month):
    visitor.chooses_from_the_menu("Settlement")
    visitor.follows(f"{month:%B %Y}")
    visitor.reads(f"Settlement, {month:%B %Y}")


def lets_it_be(visitor, state, *, month):
    """`state` is computed, posted or locked; waits until a worker has brought the month there."""
    verb = {"computed": "Compute", "posted": "Post", "locked": "Lock"}[state]
    visitor.presses_and_confirms(f"{verb} {month:%B}")
    visitor.is_told(f"{month:%B %Y} is being {state}.")
    at_work = visitor.main.locator("#progress")
    expect(at_work).not_to_contain_text("The workers are at it", timeout=120_000)
    visitor.page.reload()
    expect(visitor.main.locator(".page-title")).to_contain_text(state.capitalize())
