"""An ME's money becomes real on a day: planned by HR admins, read by members."""


def opens(visitor, me):
    """From HR's list of all MEs."""
    visitor.opens("/hr/charged/")
    visitor.fills({"Name": me})
    visitor.presses("Find")
    visitor.follows(me)
    visitor.reads(f"{me}: notional or charged")


def shows_the_effect(visitor, words):
    visitor.fills(words)
    visitor.presses("Show the effect")


def plans(visitor, words):
    visitor.fills(words)
    visitor.presses("Plan the switch")
    visitor.is_told("is charged from")
