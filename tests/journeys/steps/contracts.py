"""A contract from its draft to the second signature."""


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
