"""What is sold inside, what is offered outside, and how satisfied buyers are; knows no buyer."""

from marketplace.models.offerings import (
    PLANS,
    Category,
    OfferedLevel,
    OfferedMeasure,
    OfferingVersion,
    ServiceOffering,
    ServiceOfferingQuerySet,
    is_object,
)
from marketplace.models.outside import (
    OutsideOffer,
    OutsideOfferQuerySet,
    OutsideSupplier,
    a_year_before,
    months_before,
)
from marketplace.models.scores import SatisfactionScore

__all__ = [
    "PLANS",
    "Category",
    "OfferedLevel",
    "OfferedMeasure",
    "OfferingVersion",
    "OutsideOffer",
    "OutsideOfferQuerySet",
    "OutsideSupplier",
    "SatisfactionScore",
    "ServiceOffering",
    "ServiceOfferingQuerySet",
    "a_year_before",
    "is_object",
    "months_before",
]
