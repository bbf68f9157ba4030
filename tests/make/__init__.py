"""Valid things for tests: a test states only what it cares about."""

from tests.make.api import api_of, api_with
from tests.make.contracts import (
    active,
    agreed,
    draft,
    ended,
    lead_of,
    measure,
    offered,
    ordered_outside,
    terms,
)
from tests.make.delivery import confirmed, contested, copied, hires, rated, settled, used
from tests.make.learning import run as course_run
from tests.make.levels import agreed_on, doubted, level, levelled, measured
from tests.make.market import category, offering, outside_offer, score, supplier
from tests.make.micro_enterprises import outcome_terms, proposed
from tests.make.money import budget_draft, granted, money, wallet
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
    policy,
    user,
)

__all__ = [
    "APRIL",
    "MARCH",
    "TODAY",
    "active",
    "agreed",
    "agreed_on",
    "api_of",
    "api_with",
    "budget_draft",
    "category",
    "confirmed",
    "contested",
    "copied",
    "course_run",
    "doubted",
    "draft",
    "ended",
    "granted",
    "hires",
    "hr_admin",
    "lead",
    "lead_of",
    "level",
    "levelled",
    "me",
    "measure",
    "measured",
    "member",
    "money",
    "offered",
    "offering",
    "office",
    "ordered_outside",
    "org",
    "outcome_terms",
    "outside_offer",
    "person",
    "policy",
    "proposed",
    "rated",
    "score",
    "settled",
    "supplier",
    "terms",
    "used",
    "user",
    "wallet",
]
