"""What a contract is expected to cost, month by month: over its versions, without its pauses."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal

from contracts import lifecycle
from contracts.models import Contract, ContractVersion, Suspension
from contracts.pricing import Days, Planned, planned_over
from contracts.queries.delivery import signed_versions
from contracts.spans import in_force
from contracts.terms import terms_of

Plan = dict[date, Decimal]


def plan_of(
    contract: Contract,
    *,
    also: ContractVersion | None = None,
    last_on: date | None = None,
    pauses: Sequence[Days] | None = None,
) -> Plan:
    """The months from its start to its last day with what each is expected to cost.

    By the versions that both sides signed; by the current one while they have not. For what would
    be: with `also` as if that version were signed too, its end included; with another last day or
    other suspended days as if those held.
    """
    versions = list(signed_versions(Contract.objects.filter(pk=contract.pk)))
    last = last_on or lifecycle.last_day_of(contract)
    if also:
        versions, last = [*versions, also], max(last, also.ends_on)
    if pauses is None:
        pauses = pauses_of(contract)
    return _planned(contract, versions, last_on=last, pauses=pauses)


def plans_of(contracts: Sequence[Contract]) -> Mapping[int, Plan]:
    """`plan_of` for many contracts, in two queries; each carries its `current`."""
    keys = [contract.pk for contract in contracts]
    versions: dict[int, list[ContractVersion]] = defaultdict(list)
    for version in signed_versions(Contract.objects.filter(pk__in=keys)):
        versions[version.contract_id].append(version)
    pauses: dict[int, list[Days]] = defaultdict(list)
    for key, *days in Suspension.objects.filter(contract__in=keys).values_list(
        "contract", "first_on", "last_on"
    ):
        pauses[key].append(Days(*days))
    return {
        contract.pk: _planned(
            contract, versions[contract.pk], last_on=lifecycle.last_day_of(contract),
            pauses=pauses[contract.pk],
        )
        for contract in contracts
    }  # fmt: skip


def pauses_of(contract: Contract) -> list[Days]:
    """Its suspended days; those of an open suspension as long as it can last."""
    rows = contract.suspensions.order_by("first_on").values_list("first_on", "last_on")
    return [Days(*row) for row in rows]


def _planned(
    contract: Contract,
    versions: Sequence[ContractVersion],
    *,
    last_on: date,
    pauses: Sequence[Days],
) -> Plan:
    held = versions or ([contract.current] if contract.current else [])
    days = Days(contract.starts_on, last_on)
    spans = in_force(((each.valid_from_on, each) for each in held), within=days)
    return planned_over([_priced(span, version) for span, version in spans], suspended=pauses)


def _priced(days: Days, version: ContractVersion) -> Planned:
    terms = terms_of(version.terms)
    return Planned(days, terms.price_plan, terms.expected_quantity)
