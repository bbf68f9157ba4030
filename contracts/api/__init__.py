"""The REST edge of contracts, delivery, settlement and orders outside, a module for each noun."""

from contracts.api.agreements import Contracts

__all__ = ["Contracts"]
