"""The REST edge of the money: wallets, what moved between them, and what is granted."""

from ledger.api.budgets import Budgets
from ledger.api.grants import Allocations, Grants
from ledger.api.journal import Journal
from ledger.api.keeping import Freezes, Moves
from ledger.api.own_figures import CostRecords, OutsideSales
from ledger.api.profit import Profits, ValueVerdicts
from ledger.api.requests import BudgetRequests, BudgetRounds
from ledger.api.shadows import ShadowStatements
from ledger.api.statements import Statements
from ledger.api.switches import Switches
from ledger.api.wallets import Transfers, Wallets
from ledger.api.years import Forecasts, YearEnds

__all__ = [
    "Allocations",
    "BudgetRequests",
    "BudgetRounds",
    "Budgets",
    "CostRecords",
    "Forecasts",
    "Freezes",
    "Grants",
    "Journal",
    "Moves",
    "OutsideSales",
    "Profits",
    "ShadowStatements",
    "Statements",
    "Switches",
    "Transfers",
    "ValueVerdicts",
    "Wallets",
    "YearEnds",
]
