"""The REST edge of contracts, delivery, settlement and orders outside, a module for each noun."""

from contracts.api.changes import RunningContracts as Contracts
from contracts.api.corrections import Corrections
from contracts.api.delivery import SuccessResults, UsageEntries
from contracts.api.disputes import Disputes, Overages
from contracts.api.measurements import Measurements
from contracts.api.outside import OutsidePurchases
from contracts.api.ratings import Ratings
from contracts.api.settlement import SettlementRuns

__all__ = [
    "Contracts",
    "Corrections",
    "Disputes",
    "Measurements",
    "OutsidePurchases",
    "Overages",
    "Ratings",
    "SettlementRuns",
    "SuccessResults",
    "UsageEntries",
]
