"""Where the money comes from: the former recruiting budget, and what each ME was granted."""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from functools import partial

from config.demo.cast import Cast
from config.demo.diary import Deed
from config.demo.founding import HR_ADMIN
from config.demo.teams import DEPARTMENTS, INCUBATING
from ledger import budgets, drafting, grant_import
from ledger.drafting import Customer, Envelope
from ledger.models import BudgetRule

GRANTED = date(2026, 3, 16)
YEAR = 2026
SECOND_HR_ADMIN = "kwame.boateng"
# PRODUCT 4.8: what each team used of the department in 2025, and its heads.
RECRUITING_COST = Decimal("240000.00")
_CUSTOMERS = (
    ("Tallinn Installations", 60, 20), ("Riga Installations", 30, 20), ("Tartu and South", 10, 10),
)  # fmt: skip


def deeds(cast: Cast) -> Iterator[Deed]:
    yield Deed(GRANTED, partial(_give_department_to_customers, cast))
    yield Deed(GRANTED, partial(_grant_by_file, cast))
    yield Deed(date(2026, 3, 17), partial(_publish_waiting, cast))
    yield Deed(INCUBATING["formed_on"], partial(_fund_the_young, cast))
    yield Deed(date(2026, 9, 21), partial(_take_back, cast))
    yield Deed(date(2026, 10, 12), partial(_draft_more, cast))


def _give_department_to_customers(cast: Cast, on: date) -> None:
    """The cost of the recruiting department becomes money of the teams that used it."""
    rule = drafting.draft_department(
        cast.me("Recruiting"),
        [
            Customer(cast.me(name), Decimal(use), Decimal(heads))
            for name, use, heads in _CUSTOMERS
        ],
        Envelope("operating", YEAR, "yearly", "Recruiting, given to its customers"),
        former_cost=RECRUITING_COST, period="2025, by posts filled", phase_in=Decimal("0.25"),
        by=cast.user(HR_ADMIN), on=on,
    )  # fmt: skip
    budgets.publish(rule, by=cast.user(HR_ADMIN), on=on)


def _grant_by_file(cast: Cast, on: date) -> None:
    """Everything else comes as a file from finance; learning money is released month by month."""
    lines = [",".join(grant_import.COLUMNS)]
    for number, told in enumerate(DEPARTMENTS, start=1):
        for fund, release in (("operating", "yearly"), ("learning", "monthly")):
            reference = f"FIN-2026-{number:02}-{fund[0].upper()}"
            lines.append(f"{told['name']},{fund},{told[fund]}.00,{YEAR},{release},{reference}")
    done = grant_import.import_grants("\n".join(lines).encode(), by=cast.user(HR_ADMIN), on=on)
    if done.refused:
        raise AssertionError(done.refused)


def _publish_waiting(cast: Cast, on: date) -> None:
    """What goes to the HR admin's own ME is published by the second one."""
    for rule in BudgetRule.objects.filter(state="draft").order_by("pk"):
        budgets.publish(rule, by=cast.user(SECOND_HR_ADMIN), on=on)


def _fund_the_young(cast: Cast, on: date) -> None:
    for fund in ("operating", "learning"):
        budgets.grant(
            cast.me(INCUBATING["name"]), Decimal(INCUBATING[fund]),
            Envelope(fund, YEAR, "yearly", f"{INCUBATING['name']}, first year"),
            by=cast.user(HR_ADMIN), on=on, reference=f"FIN-2026-INC-{fund[0].upper()}",
        )  # fmt: skip


def _take_back(cast: Cast, on: date) -> None:
    """Half of a grant was typed twice at finance, and comes back."""
    me = cast.me("Fleet and Tools")
    allocation = me.allocations.select_related("rule").get(rule__fund="operating")
    budgets.take_back(
        allocation, Decimal("1500.00"), number=1, reason="Tyres of two vans were budgeted twice",
        by=cast.user(HR_ADMIN), on=on,
    )  # fmt: skip


def _draft_more(cast: Cast, on: date) -> None:
    """Two drafts wait: one of the second HR admin's for the first, and one that only the second may
    publish.
    """
    for name, amount, words, by in (
        ("Home Service", "9000.00", "Winter standby of Home Service", SECOND_HR_ADMIN),
        ("Market Office", "2400.00", "Coaching days in November", HR_ADMIN),
    ):
        drafting.draft_grant(
            cast.me(name), Decimal(amount), Envelope("operating", YEAR, "yearly", words),
            by=cast.user(by), on=on,
        )  # fmt: skip
