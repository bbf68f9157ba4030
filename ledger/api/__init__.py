"""The REST edge of the money: wallets, what moved between them, and what is granted."""

from ledger.api.budgets import Budgets
from ledger.api.grants import Allocations, Grants
from ledger.api.journal import Journal
from ledger.api.own_figures import CostRecords, OutsideSales
from ledger.api.statements import Statements
from ledger.api.wallets import Transfers, Wallets
from ledger.api.years import Forecasts, Switches, YearEnds

__all__ = [
    "Allocations",
    "Budgets",
    "CostRecords",
    "Forecasts",
    "Grants",
    "Journal",
    "OutsideSales",
    "Statements",
    "Switches",
    "Transfers",
    "Wallets",
    "YearEnds",
]
