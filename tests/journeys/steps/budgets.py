"""HR admins draft budgets, read them once more, and publish."""


def gives_a_department_to_its_customers(visitor, department, customers, *, cost, by_heads):
    """`customers` are rows of name, use and heads; `by_heads` is the share in percent."""
    visitor.chooses_from_the_menu("Budgets")
    visitor.follows("Department to its customers")
    visitor.fills({
        "Department": department, "Former cost": cost, "Period": "2025",
        "Share divided by head count": by_heads, "What it is for": "Recruiting budget 2026",
    })  # fmt: skip
    rows = visitor.main.get_by_role("table").locator("tbody tr")
    for at, (name, use, heads) in enumerate(customers):
        visitor.fills({"Customer": name, "Used": use, "Heads": heads}, within=rows.nth(at))
    visitor.presses("Preview shares")
    visitor.reads("If you publish this")


def grants(visitor, me, amount, *, fund, name):
    visitor.chooses_from_the_menu("Budgets")
    visitor.follows("Grant money")
    visitor.fills({"Micro-enterprise": me, "Amount": amount, "What it is for": name, fund: True})
    visitor.presses("Draft grant")
    visitor.reads("If you publish this")


def publishes(visitor):
    visitor.presses_and_confirms("Publish budget")
    visitor.reads("Released so far")
