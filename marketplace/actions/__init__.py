"""Writes of the market, a module per noun."""

from marketplace.actions.offerings import (
    MeasureTerms,
    OfferingTerms,
    change_draft,
    discard_draft,
    draft_offering,
    publish,
    start_new_version,
    terms_of,
    withdraw,
)
from marketplace.actions.outside import Imported, import_outside_offers, record_outside_offer
from marketplace.actions.scores import Score, record_satisfaction
from marketplace.actions.subsidies import allow_subsidy, end_subsidy

__all__ = [
    "Imported",
    "MeasureTerms",
    "OfferingTerms",
    "Score",
    "allow_subsidy",
    "change_draft",
    "discard_draft",
    "draft_offering",
    "end_subsidy",
    "import_outside_offers",
    "publish",
    "record_outside_offer",
    "record_satisfaction",
    "start_new_version",
    "terms_of",
    "withdraw",
]
