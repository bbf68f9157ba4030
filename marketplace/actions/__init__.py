"""Writes of the market, a module per noun."""

from marketplace.actions.scores import Score, record_satisfaction

__all__ = ["Score", "record_satisfaction"]
