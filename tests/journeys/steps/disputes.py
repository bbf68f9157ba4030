"""A line is disputed, and both sides come to its end."""

from tests.journeys.steps import contracts


def disputes_a_line(visitor, contract, kind, amount, *, reason):
    """As the buyer, on the contract's page; `kind` is what the line is called there."""
    contracts.opens(visitor, contract)
    table = visitor.part("Settled months").get_by_role("table")
    row = visitor.row(kind, "Dispute this line", within=table)
    visitor.follows("Dispute this line", within=row)
    visitor.fills({"Amount": amount, "What is wrong": reason})
    visitor.presses("Dispute it")
    visitor.is_told("disputed.")


def opens(visitor, about):
    visitor.chooses_from_the_menu("Contracts")
    visitor.follows("Disputes")
    visitor.follows(about)
    visitor.reads("What is disputed")


def offers_a_part(visitor, about, percent, *, words):
    opens(visitor, about)
    visitor.fills({
        "Offer a part of it": True, "Percent for the buyer": percent, "In a word": words,
    })  # fmt: skip
    visitor.presses("Send answer")
    visitor.is_told("Offer made.")


def rejects_it(visitor, about, *, words):
    opens(visitor, about)
    visitor.fills({"Reject: a mediator is called": True, "In a word": words})
    visitor.presses("Send answer")
    visitor.is_told("In mediation.")


def accepts_the_offer(visitor, about):
    opens(visitor, about)
    visitor.presses("Accept the offer")
    visitor.is_told("Settled.")


def names_the_mediator(visitor, about, email):
    """As the CHRO, where the terms name nobody."""
    opens(visitor, about)
    visitor.fills({"Mediator’s e-mail address": email})
    visitor.presses("Name mediator")
    visitor.is_told("In mediation.")


def proposes_a_share(visitor, about, percent, *, why):
    """As the mediator."""
    opens(visitor, about)
    visitor.fills({"Percent for the buyer": percent, "Why": why})
    visitor.presses("Propose it")
    visitor.is_told("In mediation.")


def accepts_the_proposal(visitor, about, *, then):
    opens(visitor, about)
    visitor.presses("Accept the proposal")
    visitor.is_told(f"{then}.")
