"""Who takes part: the organisation, its people, their micro-enterprises, and what was done."""

from accounts.models.micro_enterprises import (
    CustomerOutcome,
    Membership,
    MembershipQuerySet,
    MicroEnterprise,
    MicroEnterpriseQuerySet,
    OutcomeLink,
    RightsGrant,
    Role,
)
from accounts.models.organization import Holiday, Organization, Policy
from accounts.models.people import HeadCount, Person, User
from accounts.models.records import AuditEvent, IdempotentAnswer, SentMail

__all__ = [
    "AuditEvent",
    "CustomerOutcome",
    "HeadCount",
    "Holiday",
    "IdempotentAnswer",
    "Membership",
    "MembershipQuerySet",
    "MicroEnterprise",
    "MicroEnterpriseQuerySet",
    "Organization",
    "OutcomeLink",
    "Person",
    "Policy",
    "RightsGrant",
    "Role",
    "SentMail",
    "User",
]
