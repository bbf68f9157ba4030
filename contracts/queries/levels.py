"""Service levels and what was measured of them, as pages and rules read them (PRODUCT 4.11)."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import NamedTuple

from accounts import policy
from accounts.models import MicroEnterprise
from contracts.closing import closes_on, settles_in
from contracts.models import Contract, Measurement
from contracts.queries.agreements import in_states
from contracts.service_levels import ChronicRule, chronic_misses, window
from marketplace.service_levels import is_missed, tiers_of

State = Measurement.State


class Chronic(NamedTuple):
    """A level that was missed so often that the buyer may end the contract at once."""

    level: str
    missed: Sequence[date]

    @property
    def words(self) -> str:
        months = ", ".join(f"{month:%B %Y}" for month in self.missed)
        return f"“{self.level}” was missed in {months}"


def contest_until(measurement: Measurement) -> date:
    """The last day on which the other side may contest it (PRODUCT 4.10)."""
    return closes_on(settles_in(measurement.month, stands_since=measurement.entered_on))


def state_of(measurement: Measurement, *, on: date) -> Measurement.State:
    """The word that counts that day: silence past the closing day confirms."""
    is_silent = measurement.state == State.ENTERED and on > contest_until(measurement)
    return State.CONFIRMED if is_silent else State(measurement.state)


def chronic_levels(contract: Contract, *, on: date) -> list[Chronic]:
    """The levels of the contract that are chronically missed that day, by name; two queries.

    What counts is confirmed by the other side or by its silence; a contested one does not.
    """
    return _chronic([contract], on=on).get(contract.pk, [])


def chronic_contracts(
    buyer: MicroEnterprise, *, on: date, most: int
) -> list[tuple[Contract, list[Chronic]]]:
    """What the ME buys and may end at once for chronic failure; a fixed number of queries."""
    running = Contract.objects.filter(
        in_states(Contract.State.ACTIVE, Contract.State.NOTICE, on=on), buyer=buyer
    )
    contracts = running.filter(pk__in=Measurement.objects.values("contract"))
    related = contracts.select_related("offering__current", "provider").order_by("pk")
    found = {contract.pk: contract for contract in related}
    chronic = _chronic(found.values(), on=on)
    return [(found[key], levels) for key, levels in sorted(chronic.items())][:most]


def _chronic(contracts: Iterable[Contract], *, on: date) -> Mapping[int, list[Chronic]]:
    policies = policy.in_force(on=on)
    rule = ChronicRule(policies["chronic_misses"], policies["chronic_window_months"])
    rows = Measurement.objects.filter(
        contract__in=[each.pk for each in contracts], month__in=window(on=on, months=rule.months)
    )
    missed: dict[tuple[int, str], list[date]] = defaultdict(list)
    for each in rows.select_related("level"):
        share = each.share
        stands = state_of(each, on=on) == State.CONFIRMED
        if stands and share is not None and is_missed(tiers_of(each.level.tiers), share):
            missed[each.contract_id, each.term].append(each.month)
    found: dict[int, list[Chronic]] = defaultdict(list)
    for (contract, term), months in sorted(missed.items()):
        if chronic := chronic_misses(months, on=on, rule=rule):
            found[contract].append(Chronic(term, chronic))
    return found
