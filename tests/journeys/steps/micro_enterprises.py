"""From a proposal to an ME that trades: lead, outcome, rights, members."""

from playwright.sync_api import expect


def opens(visitor, name):
    """Looks it up in the list of all MEs."""
    visitor.page.locator(".menu-account > summary").click()
    visitor.follows("All micro-enterprises", within=visitor.page.locator(".menu-account"))
    visitor.fills({"Name or purpose": name})
    visitor.presses("Apply filters")
    visitor.follows(name)
    visitor.reads("Purpose")


def acts_for(visitor, name):
    """Of several MEs, chosen in the head of every page."""
    menu = visitor.page.locator(".menu-me")
    menu.locator("summary").click()
    visitor.presses(name, within=menu)
    expect(menu.locator("summary")).to_have_text(name)


def forms(visitor, name, *, kind, purpose, outcome, role):
    """A member proposes a new ME with its first customer outcome."""
    visitor.page.locator(".menu-account > summary").click()
    visitor.follows("All micro-enterprises", within=visitor.page.locator(".menu-account"))
    visitor.follows("Form a micro-enterprise")
    visitor.fills(
        {"Name": name, kind: True, "Purpose": purpose, **outcome, "Your role in it": role}
    )
    visitor.fills({"I accept the partnership terms": True})
    visitor.presses("Form micro-enterprise")
    visitor.is_told(f"{name} is proposed.")


def describes(visitor, *, kind, purpose, has_outside_customer=False):
    """What an imported unit is there for, on the page of the ME that is open."""
    visitor.follows("Change its words")
    visitor.fills({kind: True, "Purpose": purpose})
    visitor.fills({"It has a customer outside the firm": has_outside_customer})
    visitor.presses("Save words")
    visitor.is_told("are saved.")


def names_the_lead(visitor, person):
    visitor.follows("Name the lead")
    _finds(visitor, person)
    visitor.presses("Name lead")
    visitor.is_told(person.name)


def grants_the_right_to_decide(visitor, extent):
    visitor.follows("Grant rights")
    visitor.fills({"Decide what it does, buys and signs": True, "How far it may decide": extent})
    visitor.presses("Save rights")
    visitor.is_told("are saved.")


def activates(visitor):
    visitor.presses("Activate")
    visitor.reads("active")


def accepts_the_terms(visitor):
    visitor.presses("Accept terms")
    visitor.does_not_read("Accept the partnership terms")


def adds_an_outcome(visitor, outcome):
    visitor.follows("Add an outcome")
    visitor.fills(outcome)
    visitor.presses("Add outcome")
    visitor.reads(outcome["What changes?"])


def adds_a_member(visitor, person, *, role):
    """The lead takes somebody in; adding accepts the terms for the ME."""
    visitor.follows("Add a member")
    _finds(visitor, person)
    visitor.fills({"Role": "A new role, named below", "New role": role, SHARE: "20"})
    visitor.presses("Add member")
    visitor.reads(person.name)


def _finds(visitor, person):
    visitor.fills({"Name of the person": person.name})
    visitor.presses("Find people")
    visitor.main.get_by_role("radio", name=f"{person.name} (").check()


SHARE = "Share of the person’s time, %"
