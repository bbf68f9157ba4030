"""The REST edge of the money: wallets, what moved between them, and what is granted."""

from ledger.api.grants import Allocations, Grants
from ledger.api.wallets import Transfers, Wallets

__all__ = ["Allocations", "Grants", "Transfers", "Wallets"]
