"""What was measured of a service level, and what the other side says of it."""

from tests.journeys.steps import contracts


def enters_the_figures(visitor, contract, level, figures, *, month):
    """As who measures it; `figures` are the fields of the form."""
    _opens_the_month(visitor, contract, month)
    visitor.row(level, "Enter figures").get_by_role("link", name="Enter figures").click()
    visitor.fills(figures)
    visitor.presses("Enter figures")
    visitor.is_told(f"{level}: ")


def confirms_the_figures(visitor, contract, level, *, month):
    _opens_the_month(visitor, contract, month)
    visitor.row(level, "Confirm").get_by_role("button", name="Confirm").click()
    visitor.is_told(f"{level} of {month:%B %Y} confirmed.")


def _opens_the_month(visitor, contract, month):
    contracts.opens(visitor, contract)
    visitor.follows(f"{month:%b}")
    visitor.reads(f"{month:%B %Y}", within=visitor.part("Service levels"))
