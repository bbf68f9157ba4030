"""The REST edge of the market: what is sold inside, offered outside, and how it is rated."""

from marketplace.api.micro_enterprises import MicroEnterprises
from marketplace.api.offerings import Categories, Offerings
from marketplace.api.outside import OutsideOffers
from marketplace.api.scores import Scores

__all__ = ["Categories", "MicroEnterprises", "Offerings", "OutsideOffers", "Scores"]
