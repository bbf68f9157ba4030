"""Valid things for tests: a test states only what it cares about."""

from tests.make.market import category, offering, outside_offer, supplier
from tests.make.money import granted, wallet
from tests.make.people import (
    APRIL,
    MARCH,
    TODAY,
    hr_admin,
    lead,
    me,
    member,
    office,
    org,
    person,
    user,
)

__all__ = [
    "APRIL",
    "MARCH",
    "TODAY",
    "category",
    "granted",
    "hr_admin",
    "lead",
    "me",
    "member",
    "offering",
    "office",
    "org",
    "outside_offer",
    "person",
    "supplier",
    "user",
    "wallet",
]
