"""How statements call what money was for; only this app knows everything that costs money."""

from collections.abc import Collection

from contracts.queries import names
from learning_market.queries import purchase_names
from ledger.causes import name_with
from ledger.models import BudgetRule, SettlementRun


def name_all() -> None:
    name_with("contracts:contract", names.contract_names)
    name_with("contracts:outside_purchase", names.outside_purchase_names)
    name_with("learning_market:purchase", purchase_names)
    name_with("ledger:budget", _budget_names)
    name_with("contracts:settlement_run", _month_names)


def _budget_names(keys: Collection[int]) -> dict[int, str]:
    return dict(BudgetRule.objects.filter(pk__in=keys).values_list("pk", "name"))


def _month_names(keys: Collection[int]) -> dict[int, str]:
    runs = SettlementRun.objects.filter(pk__in=keys)
    return {run.pk: f"Earned in {run.month:%B %Y}" for run in runs}
