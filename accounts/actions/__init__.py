"""Writes: people, micro-enterprises, memberships and policies; one module per noun."""

from accounts.actions.leads import name_lead
from accounts.actions.memberships import (
    accept_all_terms,
    accept_terms,
    add_member,
    change_membership,
    end_membership,
)
from accounts.actions.micro_enterprises import (
    OutcomeTerms,
    activate,
    describe,
    end_right,
    form,
    grant_right,
    reject,
    set_rights,
)
from accounts.actions.policies import set_policy
from accounts.actions.roles import add_outcome, add_role, change_outcome, change_role, end_outcome

__all__ = [
    "OutcomeTerms",
    "accept_all_terms",
    "accept_terms",
    "activate",
    "add_member",
    "add_outcome",
    "add_role",
    "change_membership",
    "change_outcome",
    "change_role",
    "describe",
    "end_membership",
    "end_outcome",
    "end_right",
    "form",
    "grant_right",
    "name_lead",
    "reject",
    "set_policy",
    "set_rights",
]
