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
    reached = visitor.main.locator(".page-title .state")
    for _ in range(60):
        if reached.inner_text().strip().lower() == state:
            break
        visitor.page.wait_for_timeout(500)
        visitor.page.reload()
    expect(reached).to_have_text(state, ignore_case=True)
