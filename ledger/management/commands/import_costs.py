from typing import Any

from ledger.own_figures_command import ImportCommand
from ledger.own_figures_import import COST_COLUMNS, Imported, import_costs


class Command(ImportCommand):
    help = (
        "Records what micro-enterprises cost, from a file, each row once. "
        f"Columns: {', '.join(COST_COLUMNS)}."
    )
    example = "import_costs costs.csv --dry-run"
    columns = COST_COLUMNS

    def read(self, content: bytes, **how: Any) -> Imported:
        return import_costs(content, **how)
