"""A contract from its draft to the second signature, and what happens to it afterwards."""

from tests.journeys.steps import market


def drafts_from_the_offering(visitor, terms):
    """As the buyer, on the page of an offering."""
    visitor.presses("Draft contract")
    visitor.fills(terms)
    visitor.presses("Write the draft")
    visitor.is_told("Draft written.")


def drafts_for_a_customer(visitor, offering_name, terms):
    """As the provider, from the own offering."""
    visitor.opens("/market/offerings/")
    visitor.follows(offering_name)
    visitor.follows("Draft a contract for a customer")
    visitor.fills(terms)
    visitor.presses("Write the draft")
    visitor.is_told("Draft written.")


def opens(visitor, name):
    """From the list of our contracts."""
    visitor.chooses_from_the_menu("Contracts")
    visitor.follows(name)
    visitor.reads("Price and term")


def signs_and_offers(visitor):
    visitor.main.get_by_label("I have read version").check()
    visitor.presses("Sign and offer")
    visitor.reads("has the turn")


def counters(visitor, terms):
    visitor.follows("Counter")
    visitor.fills(terms)
    visitor.presses("Sign and send counter-offer")
    visitor.is_told("Counter-offer sent.")


def signs(visitor):
    visitor.main.get_by_label("I have read version").check()
    visitor.presses("Sign contract")
    visitor.reads("Both sides agree")


def buys(visitor, offering, term, *, terms=None):
    """As the buyer, from the search to the own signature; `term` is what the calculator asks."""
    visitor.opens("/")
    market.searches(visitor, offering.lower())
    market.opens_the_offer(visitor, offering)
    visitor.fills(term)
    visitor.presses("Calculate")
    drafts_from_the_offering(visitor, terms or {})
    signs_and_offers(visitor)


def proposes_to_suspend(visitor, name, *, reason):
    opens(visitor, name)
    _proposes(visitor, "Suspend it", "Propose to suspend", reason)
    visitor.is_told("You propose to suspend it.")


def confirms_the_suspension(visitor, name):
    opens(visitor, name)
    visitor.presses("Suspend from today")
    visitor.is_told("The contract is suspended.")


def proposes_to_resume(visitor, name, *, reason):
    opens(visitor, name)
    _proposes(visitor, "Resume it", "Propose to resume", reason)
    visitor.is_told("You propose to resume it.")


def confirms_the_resumption(visitor, name):
    opens(visitor, name)
    visitor.presses("Resume from today")
    visitor.is_told("The contract goes on.")


def _proposes(visitor, title, button, reason):
    deed = visitor.main.locator("details").filter(
        has=visitor.page.get_by_role("button", name=button, exact=True, include_hidden=True)
    )
    deed.get_by_text(title, exact=True).click()
    visitor.fills({"Why": reason}, within=deed)
    visitor.presses(button, within=deed)


def accepts_the_overage(visitor, name):
    """What waits for the buyer is paid at once."""
    opens(visitor, name)
    visitor.presses("Accept and pay", within=visitor.part("Settled months").get_by_role("table"))
    dialog = visitor.page.get_by_role("dialog")
    dialog.get_by_role("button", name="Accept and pay", exact=True).click()
    visitor.reads("and paid", within=visitor.row("More than planned"))
