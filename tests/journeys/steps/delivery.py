"""What is delivered and how far it was a success."""

from tests.journeys.steps import contracts


def enters(visitor, contract, quantity, *, on, note):
    contracts.opens(visitor, contract)
    visitor.follows("Enter delivery")
    visitor.fills({"Quantity": quantity, "Delivered on": on.isoformat(), "Note": note})
    visitor.presses("Enter delivery")
    visitor.is_told(f"{quantity} ")


def confirms(visitor, contract, note):
    contracts.opens(visitor, contract)
    visitor.row(note).get_by_role("button", name="Confirm").click()
    visitor.is_told("Delivery confirmed.")


def enters_the_result(visitor, contract, measure, value, *, month):
    _opens_the_month(visitor, contract, month)
    visitor.row(measure, within=visitor.part("Results")).get_by_role("link", name="Enter").click()
    visitor.main.get_by_label(measure).fill(value)
    visitor.presses("Enter value")
    visitor.is_told("entered.")


def confirms_the_result(visitor, contract, measure, *, month):
    _opens_the_month(visitor, contract, month)
    row = visitor.row(measure, within=visitor.part("Results"))
    row.get_by_role("button", name="Confirm").click()
    visitor.is_told("Value confirmed.")


def _opens_the_month(visitor, contract, month):
    contracts.opens(visitor, contract)
    visitor.follows(f"{month:%b}")
    visitor.reads(f"Results of {month:%B %Y}")
