"""Offerings, outside rates, and both side by side."""


def adds_a_category(visitor, name):
    visitor.opens("/hr/categories/")
    visitor.fills({"Name": name})
    visitor.presses("Create category")
    visitor.reads(name)


def publishes_an_offering(visitor, words, *, price, measure, level=None):
    """A provider writes it, looks it over and publishes; `price` is the plan and its fields."""
    plan, figures = price
    visitor.opens("/market/offerings/")
    visitor.follows("Write an offering")
    visitor.fills(words)
    visitor.fills({plan: True}, within=visitor.main.locator(".plan-choice"))
    visitor.fills(figures, within=visitor.main.locator("#plan-fields"))
    visitor.fills(measure, within=visitor.main.get_by_role("group", name="Measure 1"))
    if level:
        visitor.main.get_by_text("Add a service level", exact=True).click()
        visitor.fills(level, within=visitor.main.get_by_role("group", name="Service level 1"))
    visitor.presses("Save and look over")
    visitor.reads("If you publish this")
    visitor.presses("Publish offering")
    visitor.is_told(words["Name"])


def imports_outside_rates(visitor, file, *, category):
    """A price list: previewed, then recorded. Answers how many offers are new."""
    visitor.opens("/market/outside/import/")
    visitor.fills({
        "Price list": file, "How it is written": "GSA Schedule 70 labour rates",
        "Category": category,
    })  # fmt: skip
    visitor.presses("Preview")
    new = visitor.figure("New offers")
    visitor.presses(f"Record {new} offers")
    visitor.is_told(f"{new} offers recorded")
    return int(new.replace(",", ""))


def searches(visitor, words):
    """The search of the header, from any page."""
    search = visitor.page.get_by_role("searchbox", name="Search the market")
    search.fill(words)
    search.press("Enter")
    visitor.page.wait_for_url("**/market/?q=*")


def opens_the_offer(visitor, name):
    """From a list of the market."""
    offers = visitor.main.get_by_role("article").filter(has_text="Inside")
    offers.get_by_role("link", name=name, exact=True).first.click()
    visitor.reads("What success means")
