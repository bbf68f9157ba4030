"""The REST edge of people, micro-enterprises, roles, outcomes and the audit trail."""

from accounts.api.audit import AuditEvents
from accounts.api.memberships import Memberships
from accounts.api.micro_enterprises import MicroEnterprises
from accounts.api.people import People
from accounts.api.roles import CustomerOutcomes, Roles

__all__ = ["AuditEvents", "CustomerOutcomes", "Memberships", "MicroEnterprises", "People", "Roles"]
