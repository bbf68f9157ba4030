"""Money for tests, through the ledger's own actions."""

from decimal import Decimal
from itertools import count

from ledger import actions, budget_drafts, budget_preview, budget_publishing, drafting, queries
from ledger.models import Cause, Transfer, Wallet
from tests.make.people import FORMED, TODAY, hr_admin

_numbers = count(1)


def granted(to, amount, *, fund="operating", month=FORMED, on=TODAY):
    """Grant the ME money of that month's fiscal year and return its wallet, fresh."""
    number = next(_numbers)
    actions.pay(
        actions.system_wallet("treasury"), actions.wallet_of(to, month=month, fund=fund),
        Decimal(amount), kind=Transfer.Kind.GRANT, month=month, on=on,
        reference=f"grant/test/{number}", cause=Cause("ledger:grant", number),
    )  # fmt: skip
    return wallet(to, fund=fund)


def wallet(of, *, fund="operating", year=2026):
    return Wallet.objects.get(owner=of, fund=fund, fiscal_year=year)


def money(of, *, on=TODAY, fund="operating"):
    """The money bar of the ME on that day."""
    return queries.money_of(of, on=on, fund=fund)


def budget_draft(to, amount, *, release="yearly", by=None, reference="", year=2026):
    """A budget that grants the ME this amount, not yet published."""
    envelope = drafting.Envelope("operating", year, release, "Travel 2026")
    return drafting.draft_grant(
        to, Decimal(amount), envelope, by=by or hr_admin(), on=TODAY, reference=reference
    )


def year_budget(*rules, fund="operating", year=2026, by=None, on=TODAY):
    """A draft of the year's budget; a rule is (kind, terms) or (kind, terms, release)."""
    by = by or hr_admin()
    budget = budget_drafts.start(fund=fund, fiscal_year=year, name="", by=by, on=on)
    for kind, terms, *release in rules:
        add_rule(budget, kind, terms, *release, by=by, on=on)
    return budget


def add_rule(budget, kind, terms, release="yearly", *, by=None, on=TODAY, instead_of=None, **more):
    return budget_drafts.put_rule(
        budget, kind=kind, name="", release=release, terms=terms, by=by or hr_admin(), on=on,
        instead_of=instead_of, **more,
    )  # fmt: skip


def published_budget(budget, *, by=None, on=TODAY, starts_on=None):
    """The draft, published with the figures that it has."""
    starts_on = starts_on or budget_preview.first_day(budget, on=on)
    seen = budget_preview.preview(budget, on=on).seen
    return budget_publishing.publish(
        budget, seen=seen, starts_on=starts_on, by=by or hr_admin(), on=on
    )


def figures(budget, *, on=TODAY, starts_on=None):
    """The amounts of the preview by the name of the ME."""
    found = budget_preview.preview(budget, on=on, starts_on=starts_on)
    assert not found.faults, found.faults
    return {row.name: row.amount for row in found.rows}
