"""What a contract is expected to cost, month by month: over its versions, without its pauses."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal

from contracts import lifecycle
from contracts.models import Contract, ContractVersion, Suspension
from contracts.pricing import Days, Planned, planned_over
from contracts.queries.delivery import signed_versions
from contracts.spans import in_force
from contracts.terms import terms_of

Plan = dict[date, Decimal]


def plan_of(contract: Contract, *, also: ContractVersion | None = None) -> Plan:
    """The months from its start to its last day with what each is expected to cost.

    By the versions that both sides signed; by the current one while they have not. With `also` as
    if that version were signed too, its end included.
    """
    return plans_of([contract], also=also)[contract.pk]


def plans_of(
    contracts: Sequence[Contract], *, also: ContractVersion | None = None
) -> Mapping[int, Plan]:
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
    plans = {}
    for contract in contracts:
        held = versions[contract.pk] or ([contract.current] if contract.current else [])
        plans[contract.pk] = _planned(contract, held, pauses[contract.pk], also=also)
    return plans


def _planned(
    contract: Contract,
    versions: Iterable[ContractVersion],
    pauses: Sequence[Days],
    *,
    also: ContractVersion | None,
) -> Plan:
    last = max(lifecycle.last_day_of(contract), also.ends_on) if also else None
    days = Days(contract.starts_on, last or lifecycle.last_day_of(contract))
    held = [*versions, also] if also else list(versions)
    spans = in_force(((each.valid_from_on, each) for each in held), within=days)
    return planned_over([_priced(span, version) for span, version in spans], suspended=pauses)


def _priced(days: Days, version: ContractVersion) -> Planned:
    terms = terms_of(version.terms)
    return Planned(days, terms.price_plan, terms.expected_quantity)
