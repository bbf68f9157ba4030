"""Tables of the ledger; the triggers that refuse changes are in its migrations."""

from ledger.models.budgets import (
    Allocation,
    BoardSeat,
    Budget,
    BudgetRequest,
    BudgetRule,
    RequestVote,
)
from ledger.models.checks import MoneyCheck
from ledger.models.keeping import Freeze, MoneyMove, MoneyReason
from ledger.models.months import SettlementChunk, SettlementRun
from ledger.models.profit import CostRecord, OutsideSale, OwnFigure, ValueVerdict
from ledger.models.statements import StatementMail
from ledger.models.switches import ChargedSwitch
from ledger.models.wallets import Cause, Caused, Reservation, ReservationQuerySet, Transfer, Wallet
from ledger.models.year_end import WalletClosing

__all__ = [
    "Allocation",
    "BoardSeat",
    "Budget",
    "BudgetRequest",
    "BudgetRule",
    "Cause",
    "Caused",
    "ChargedSwitch",
    "CostRecord",
    "Freeze",
    "MoneyCheck",
    "MoneyMove",
    "MoneyReason",
    "OutsideSale",
    "OwnFigure",
    "RequestVote",
    "Reservation",
    "ReservationQuerySet",
    "SettlementChunk",
    "SettlementRun",
    "StatementMail",
    "Transfer",
    "ValueVerdict",
    "Wallet",
    "WalletClosing",
]
