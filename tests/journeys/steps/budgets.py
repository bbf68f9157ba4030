"""HR admins draft budgets, read them once more, and publish."""


def gives_a_department_to_its_customers(visitor, department, customers, *, cost, by_heads):
    """`customers` are rows of name, use and heads; `by_heads` is the share in percent."""
    visitor.chooses_from_the_menu("Budgets")
    visitor.follows("Department to its customers")
    visitor.fills({
        "Department": department, "Former cost": cost, "Period": "2025",
        "Share divided by head count": by_heads, "What it is for": "Recruiting budget 2026",
    })  # fmt: skip
    for name, use, heads in customers:
        row = visitor.main.locator("tr", has=visitor.page.locator(f'[value="{name}"]'))
        visitor.fills({"Used": use, "Heads": heads}, within=row)
    visitor.presses("Preview shares")
    visitor.reads("If you publish this")


def grants(visitor, me, amount, *, fund, name, year=None):
    """Of the running fiscal year, unless told."""
    visitor.chooses_from_the_menu("Budgets")
    visitor.follows("Grant money")
    if year:
        visitor.fills({"Fiscal year": year})
    visitor.fills({
        "Micro-enterprise": me, "Amount": amount, "What it is for": name, fund: True,
        "Reason": "A new task",
    })  # fmt: skip
    visitor.presses("Draft grant")
    visitor.reads("If you publish this")


def publishes(visitor):
    visitor.presses_and_confirms("Publish budget")
    visitor.reads("Released so far")
