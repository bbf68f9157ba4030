"""The transfers of one posting, written at once by COPY, and what they change in each wallet."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from io import StringIO

from django.db import connection

from ledger.charges import Levy
from ledger.models import Cause, Transfer
from ledger.money import ZERO, exact
from ledger.months import text_of

_COPY_TRANSFERS = """
    COPY ledger_transfer (month, payer_id, payee_id, amount, kind, reference, posted_on, posted_at,
                          note, cause_route, cause_id, is_charged) FROM STDIN"""
_CHARGE, _CREDIT = Transfer.Kind.CHARGE.value, Transfer.Kind.CREDIT.value
_HOLD, _LEVY = Transfer.Kind.HOLD.value, Transfer.Kind.LEVY.value
_SUBSIDY = Transfer.Kind.SUBSIDY.value


@dataclass(slots=True)
class Sheet:
    """The transfers of one posting in COPY's text form, and what they change in each wallet."""

    route: str
    month: date
    on: date
    at: datetime
    levy: Levy | None = None
    levy_wallet: int = 0
    held_wallet: int = 0
    treasury: int = 0
    # The wallets of MEs that were charged on the first day of the month.
    charged: frozenset[int] = frozenset()
    rows: list[str] = field(default_factory=list)
    moved: dict[int, Decimal] = field(default_factory=lambda: defaultdict(lambda: ZERO))
    held: dict[int, Decimal] = field(default_factory=lambda: defaultdict(lambda: ZERO))
    earned: dict[int, Decimal] = field(default_factory=lambda: defaultdict(lambda: ZERO))

    def pay(self, cause_id: int, payer: int, payee: int, amount: Decimal, part: str) -> None:
        if amount:
            self._move(Cause(self.route, cause_id), payer, payee, amount, _CHARGE, part)
            self.moved[payee] += amount
            self.earned[payee] += amount

    def give_back(self, cause_id: int, payer: int, payee: int, amount: Decimal) -> None:
        if amount:
            self._move(Cause(self.route, cause_id), payer, payee, amount, _CREDIT, "credit")
            self.moved[payee] += amount

    def subsidize(self, cause_id: int, buyer: int, payee: int, amount: Decimal) -> None:
        """The treasury stores no balance; what it adds is earned as the charge beside it."""
        if amount:
            cause, is_charged = Cause(self.route, cause_id), self._is_charged(buyer, payee)
            self._move(cause, self.treasury, payee, amount, _SUBSIDY, "subsidy", is_charged)
            del self.moved[self.treasury]
            self.moved[payee] += amount
            self.earned[payee] += amount

    def hold(self, cause: Cause, payer: int, provider: int, amount: Decimal) -> None:
        """The wallet of held money stores no balance, so only the payer's changes.

        It is charged as it would be had the provider been paid.
        """
        if amount:
            is_charged = self._is_charged(payer, provider)
            self._move(cause, payer, self.held_wallet, amount, _HOLD, "hold", is_charged)

    def take_levy(self, cause_id: int, provider: int, wallet: int, paid: Decimal) -> None:
        if self.levy is None or not (amount := self.levy.of(paid, provider=provider)):
            return
        self._move(Cause(self.route, cause_id), wallet, self.levy_wallet, amount, _LEVY, "levy")
        self.moved[self.levy_wallet] += amount
        self.earned[wallet] -= amount
        self.earned[self.levy_wallet] += amount

    def _is_charged(self, payer: int, payee: int) -> bool:
        return payer in self.charged and payee in self.charged

    def _move(
        self,
        cause: Cause,
        payer: int,
        payee: int,
        amount: Decimal,
        kind: str,
        part: str,
        is_charged: bool | None = None,  # noqa: FBT001
    ) -> None:
        if is_charged is None:
            is_charged = self._is_charged(payer, payee)
        reference = reference_of(cause, month=self.month, part=part)
        self.rows.append(
            f"{self.month}\t{payer}\t{payee}\t{exact(amount)}\t{kind}\t{reference}"
            f"\t{self.on}\t{self.at.isoformat()}\t\t{cause.cause_route}\t{cause.cause_id}"
            f"\t{'t' if is_charged else 'f'}\n"
        )
        self.moved[payer] -= amount

    def write(self) -> None:
        if self.rows:
            # Django turns the errors of execute() into its own, but not those of copy_expert().
            with connection.cursor() as cursor, connection.wrap_database_errors:
                cursor.copy_expert(_COPY_TRANSFERS, StringIO("".join(self.rows)))
            self.rows.clear()


def reference_of(cause: Cause, *, month: date, part: str) -> str:
    """`2026-03/contract/9/net`: month first, so that a month's references lie together."""
    return f"{prefix_of(cause.cause_route, month)}{cause.cause_id}/{part}"


def prefix_of(route: str, month: date) -> str:
    """`2026-03/contract/`: what all references of one route and month begin with."""
    return f"{text_of(month)}/{route.partition(':')[2]}/"
