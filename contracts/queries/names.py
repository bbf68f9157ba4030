"""What contracts and orders outside are called, where only their keys are known."""

from collections.abc import Collection

from contracts.models import Contract, Dispute, OutsidePurchase


def contract_names(keys: Collection[int]) -> dict[int, str]:
    """The offering's name as it was signed, by the contract's key; one query."""
    found = Contract.objects.filter(pk__in=keys)
    return dict(found.values_list("pk", "offering__current__name"))


def outside_purchase_names(keys: Collection[int]) -> dict[int, str]:
    """The outside offer's name by the purchase's key; one query."""
    return dict(OutsidePurchase.objects.filter(pk__in=keys).values_list("pk", "offer__name"))


def dispute_names(keys: Collection[int]) -> dict[int, str]:
    """What is disputed, by the dispute's key; one query."""
    found = Dispute.objects.filter(pk__in=keys)
    rows = found.values_list("pk", "contract__offering__current__name", "month")
    return {pk: f"Dispute {pk}: {name}, {month:%B %Y}" for pk, name, month in rows}
