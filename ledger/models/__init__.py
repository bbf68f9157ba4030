"""Tables of the ledger; the triggers that refuse changes are in its migrations."""

from ledger.models.budgets import Allocation, BudgetRule
from ledger.models.checks import MoneyCheck
from ledger.models.months import SettlementChunk, SettlementRun
from ledger.models.statements import StatementMail
from ledger.models.wallets import Cause, Caused, Reservation, ReservationQuerySet, Transfer, Wallet

__all__ = [
    "Allocation",
    "BudgetRule",
    "Cause",
    "Caused",
    "MoneyCheck",
    "Reservation",
    "ReservationQuerySet",
    "SettlementChunk",
    "SettlementRun",
    "StatementMail",
    "Transfer",
    "Wallet",
]
