"""Every price plan by its word: what it charges, what it needs to know, what it says."""

from collections.abc import Mapping

from marketplace.plans.banded import Graduated, Volume
from marketplace.plans.linear import CostPlus, DualPrice, Fixed, MarketMinus, PerUnit, TwoPart
from marketplace.plans.measured import GainShare, Outcome, TimeCapped
from marketplace.plans.rules import Rule

RULES: Mapping[str, Rule] = {
    "fixed": Fixed(),
    "per_unit": PerUnit(),
    "graduated": Graduated(),
    "volume": Volume(),
    "two_part": TwoPart(),
    "cost_plus": CostPlus(),
    "market_minus": MarketMinus(),
    "time_capped": TimeCapped(),
    "outcome": Outcome(),
    "gain_share": GainShare(),
    "dual_price": DualPrice(),
}
