"""What buyer and provider promise each other, what was delivered, and what the month made of it."""

from contracts.models.agreements import (
    Contract,
    ContractEvent,
    ContractQuerySet,
    ContractVersion,
    EndProposal,
    Signature,
    SuccessMeasure,
)
from contracts.models.changes import Breach, Proposal, Suspension
from contracts.models.delivery import Rating, RatingInvitation, SuccessResult, Usage
from contracts.models.disputes import CarriedAmount, Correction, Dispute, PanelSeat
from contracts.models.levels import Measurement, ServiceLevel
from contracts.models.outside import OutsidePurchase
from contracts.models.settlement import Overage, SettlementLine, SettlementRefusal

__all__ = [
    "Breach",
    "CarriedAmount",
    "Contract",
    "ContractEvent",
    "ContractQuerySet",
    "ContractVersion",
    "Correction",
    "Dispute",
    "EndProposal",
    "Measurement",
    "OutsidePurchase",
    "Overage",
    "PanelSeat",
    "Proposal",
    "Rating",
    "RatingInvitation",
    "ServiceLevel",
    "SettlementLine",
    "SettlementRefusal",
    "Signature",
    "SuccessMeasure",
    "SuccessResult",
    "Suspension",
    "Usage",
]
