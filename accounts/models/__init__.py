"""Who takes part: the organisation, its people, their micro-enterprises, and what was done."""

from accounts.models.clients import ClientScopes, TokenUse
from accounts.models.imports import PeopleImport
from accounts.models.micro_enterprises import (
    CustomerOutcome,
    DissolutionVote,
    Membership,
    MembershipQuerySet,
    MicroEnterprise,
    MicroEnterpriseQuerySet,
    OutcomeLink,
    RightsGrant,
    Role,
)
from accounts.models.organization import FoundingCode, Holiday, Organization, Policy
from accounts.models.people import HeadCount, Person, User
from accounts.models.records import AuditEvent, IdempotentAnswer, SentMail

__all__ = [
    "AuditEvent",
    "ClientScopes",
    "CustomerOutcome",
    "DissolutionVote",
    "FoundingCode",
    "HeadCount",
    "Holiday",
    "IdempotentAnswer",
    "Membership",
    "MembershipQuerySet",
    "MicroEnterprise",
    "MicroEnterpriseQuerySet",
    "Organization",
    "OutcomeLink",
    "PeopleImport",
    "Person",
    "Policy",
    "RightsGrant",
    "Role",
    "SentMail",
    "TokenUse",
    "User",
]
