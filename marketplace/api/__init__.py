"""The REST edge of the market: what is sold inside, offered outside, and how it is rated."""

from marketplace.api.micro_enterprises import MicroEnterprises

__all__ = ["MicroEnterprises"]
