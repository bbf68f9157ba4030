"""The statement of an ME: what its wallet held, every movement with its cause, what is left.

`opening + sum of the lines = closing`, always; months use the wallet of their fiscal year.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet, Sum
from django.utils.text import slugify

from accounts.models import MicroEnterprise
from ledger import causes, queries
from ledger.basis import NOTIONAL, of_me, word
from ledger.models import Reservation, Transfer, Wallet
from ledger.money import ZERO
from ledger.months import last_day, text_of

Kind = Transfer.Kind
System = Wallet.System

# How a kind is called where money comes in and where it goes out.
NAMES_IN: dict[str, str] = {
    Kind.CHARGE: "Sale inside",
    Kind.PURCHASE: "Refund from outside",
    Kind.LEARNING: "Learning sold",
    Kind.RELEASE: "Held money released",
    Kind.SUBSIDY: "Subsidy of the treasury",
}
NAMES_OUT: dict[str, str] = {
    Kind.GRANT: "Grant taken back",
    Kind.CHARGE: "Purchase inside",
    Kind.PURCHASE: "Purchase outside",
    Kind.HOLD: "Held for a dispute",
    Kind.CREDIT: "Credit given",
}
SYSTEM_NAMES = {
    System.TREASURY: "Treasury",
    System.OUTSIDE: "Outside suppliers",
    System.HELD: "Held money",
}

SECTIONS = {
    "granted": "In: granted and moved",
    "earned": "In: earned and returned",
    "inside": "Out, to micro-enterprises of the firm",
    "outside": "Out, to outside suppliers",
    "held": "Held until a dispute is decided",
    "back": "Moved on and given back",
    "levy": "Levy",
}


@dataclass(frozen=True)
class Line:
    """One movement; `amount` is above zero what came in, `balance` what the wallet held then."""

    on: date
    kind: str
    name: str
    party: str
    note: str
    amount: Decimal
    balance: Decimal
    cause: str
    cause_url: str
    group: str
    basis: str = NOTIONAL

    @property
    def money_in(self) -> Decimal | None:
        return self.amount if self.amount > 0 else None

    @property
    def money_out(self) -> Decimal | None:
        return -self.amount if self.amount < 0 else None


@dataclass(frozen=True)
class Statement:
    """A month of one wallet; `reserved` is what was promised at its end, or now if it is not over.

    The lines are grouped: what came in, then what went to MEs, outside, on hold, and back.
    """

    micro_enterprise: MicroEnterprise
    fund: str
    month: date
    opening: Decimal
    lines: list[Line]
    closing: Decimal
    reserved: Decimal
    # Whether the ME was charged on the first day of the month (PRODUCT 4.7).
    basis: str = NOTIONAL

    @property
    def money_in(self) -> Decimal:
        return sum((line.amount for line in self.lines if line.amount > 0), ZERO)

    @property
    def money_out(self) -> Decimal:
        return sum((line.amount for line in self.lines if line.amount < 0), ZERO)

    @property
    def paid_out(self) -> Decimal:
        return -self.money_out

    @property
    def taken_up(self) -> Decimal:
        return -self.reserved

    @property
    def available(self) -> Decimal:
        return self.closing - self.reserved

    def as_json(self) -> dict[str, Any]:
        """The shape that the API and other systems rely on; amounts as text."""
        return {
            "micro_enterprise": self.micro_enterprise.pk,
            "fund": self.fund,
            "month": text_of(self.month),
            "basis": self.basis,
            "opening": str(self.opening),
            "lines": [
                {
                    "on": line.on.isoformat(), "kind": line.kind, "amount": str(line.amount),
                    "cause": line.cause, "cause_url": line.cause_url, "basis": line.basis,
                }
                for line in self.lines
            ],
            "closing": str(self.closing),
            "reserved": str(self.reserved),
        }  # fmt: skip


def statement_of(
    me: MicroEnterprise, *, month: date, on: date, fund: str = Wallet.Fund.OPERATING
) -> Statement:
    """The statement of that month; zeros before the ME has a wallet. A fixed number of queries."""
    year = queries.fiscal_year_of(month)
    wallet = Wallet.objects.filter(owner=me, fund=fund, fiscal_year=year).first()
    basis = of_me(me, month=month)
    if wallet is None:
        return Statement(me, fund, month, ZERO, [], ZERO, ZERO, basis)
    opening = _opening(wallet, month)
    moved = Transfer.objects.filter(Q(payer=wallet) | Q(payee=wallet), month=month)
    rows = moved.select_related("payer__owner", "payee__owner").order_by("posted_on", "pk")
    lines = list(_lines(wallet, rows, opening))
    closing = lines[-1].balance if lines else opening
    reserved = _reserved(wallet, month=month, day=min(on, last_day(month)))
    return Statement(me, fund, month, opening, lines, closing, reserved, basis)


def file_name(found: Statement, ending: str) -> str:
    """`statement-finders-2026-03-operating.pdf`, for whatever is downloaded or mailed."""
    name = slugify(found.micro_enterprise.name) or found.micro_enterprise.pk
    return f"statement-{name}-{text_of(found.month)}-{found.fund}.{ending}"


def _opening(wallet: Wallet, month: date) -> Decimal:
    before = Transfer.objects.filter(Q(payer=wallet) | Q(payee=wallet), month__lt=month)
    sums = before.aggregate(
        received=Sum("amount", filter=Q(payee=wallet), default=ZERO),
        paid=Sum("amount", filter=Q(payer=wallet), default=ZERO),
    )
    return Decimal(sums["received"] - sums["paid"])


def _reserved(wallet: Wallet, *, month: date, day: date) -> Decimal:
    """What is promised at the end of the month, or by `day` while the month runs.

    The closing balance holds the month's own charges and revenue, whatever day they were posted.
    So a promise of the month that was used for them counts no more, and what was earned in it but
    is not free yet counts already: else the same money would be taken off twice, or not at all.
    A promise that the year's end moved to the next wallet was not used.
    """
    window = Q(kind=Reservation.Kind.DISPUTE_WINDOW)
    made = Q(made_on=None) | Q(made_on__lte=day) | window & Q(month__lte=month)
    rows = Reservation.objects.filter(made, Q(closed_on=None) | Q(closed_on__gt=day), wallet=wallet)
    used = ~window & Q(month__lte=month, closed_on__isnull=False) & ~Exists(_moved_on())
    over = window & Q(ends_on__lt=day)
    open_rows = rows.exclude(used).exclude(over)
    return Decimal(open_rows.aggregate(total=Sum("amount", default=ZERO))["total"])


def _moved_on() -> QuerySet[Reservation]:
    return Reservation.objects.filter(
        cause_route=OuterRef("cause_route"), cause_id=OuterRef("cause_id"),
        kind=OuterRef("kind"), month=OuterRef("month"), made_on=OuterRef("closed_on"),
        wallet__fiscal_year=OuterRef("wallet__fiscal_year") + 1,
    )  # fmt: skip


def _lines(wallet: Wallet, rows: QuerySet[Transfer], opening: Decimal) -> Iterator[Line]:
    balance = opening
    words = causes.words_for(row.cause for row in rows)
    for number, row in sorted(((_group(wallet, row), row) for row in rows), key=_by_group):
        amount = row.amount if row.payee_id == wallet.pk else -row.amount
        balance += amount
        yield Line(
            on=row.posted_on,
            kind=row.kind,
            name=name_of(row.kind, comes_in=amount > 0),
            party=party_of(row.payer if amount > 0 else row.payee),
            note="" if row.note == words[row.cause] else row.note,
            amount=amount,
            balance=balance,
            cause=words[row.cause],
            cause_url=causes.address_of(row.cause),
            group=GROUPS[number],
            basis=word(row.is_charged),
        )


GROUPS = ("granted", "earned", "inside", "outside", "held", "back", "levy")


def _by_group(pair: tuple[int, Transfer]) -> int:
    return pair[0]  # A stable sort: within a group the lines stay in their order.


def _group(wallet: Wallet, row: Transfer) -> int:
    if row.payee_id == wallet.pk:
        is_plain = row.kind in {Kind.GRANT, Kind.CARRY_OVER, Kind.MOVE, Kind.UPSIDE}
        return 0 if is_plain else 1
    if row.kind == Kind.LEVY:
        return 6
    if row.payee.system == System.OUTSIDE:
        return 3
    if row.payee.system == System.HELD:
        return 4
    gives_back = row.kind in {Kind.GRANT, Kind.CARRY_OVER, Kind.MOVE, Kind.UPSIDE, Kind.LAPSE}
    return 5 if gives_back else 2


def name_of(kind: str, *, comes_in: bool) -> str:
    """The kind of a movement as the ME sees it: a charge is a sale to one, a purchase to one."""
    names = NAMES_IN if comes_in else NAMES_OUT
    return names.get(kind, kind.replace("_", " ").capitalize())


def party_of(other: Wallet) -> str:
    """The other side: an ME, or a wallet of the system in words."""
    return SYSTEM_NAMES[System(other.system)] if other.system else str(other.owner)
