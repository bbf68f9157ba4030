"""What stands open on a running contract, as its row shows it to its parties."""

from rest_framework import serializers

from accounts.rest import KeyField
from accounts.rest.resources import Row
from contracts.models import Breach, Proposal, Suspension


class SuspensionRow(Row[Suspension]):
    """Suspended days; `last_on` of one that is open is the day with which it lapses."""

    class Meta:
        model = Suspension
        fields = ("first_on", "last_on", "is_open", "is_ordered", "reason", "decided_on")


class ProposalRow(Row[Proposal]):
    """What one side asks and the other may confirm; `hash` is of the terms that it would sign."""

    micro_enterprise = KeyField(source="proposed_for", read_only=True)
    hash = serializers.SerializerMethodField()

    class Meta:
        model = Proposal
        fields = ("kind", "micro_enterprise", "proposed_on", "answer_until_on", "hash", "reason")

    def get_hash(self, proposal: Proposal) -> str | None:
        return proposal.version.hash if proposal.version else None


class BreachRow(Row[Breach]):
    """A notice of breach; left uncured it ends the contract with `cure_until_on`."""

    micro_enterprise = KeyField(source="reported_for", read_only=True)

    class Meta:
        model = Breach
        fields = ("micro_enterprise", "delivered_on", "text", "cure_until_on", "state")
