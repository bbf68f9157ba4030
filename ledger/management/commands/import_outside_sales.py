from typing import Any

from ledger.own_figures_command import ImportCommand
from ledger.own_figures_import import SALE_COLUMNS, Imported, import_outside_sales


class Command(ImportCommand):
    help = (
        "Records what micro-enterprises sold outside the firm, from a CSV or XLSX file. "
        f"Columns: {', '.join(SALE_COLUMNS)}."
    )
    example = "import_outside_sales sales.csv --dry-run"
    columns = SALE_COLUMNS

    def read(self, content: bytes, **how: Any) -> Imported:
        return import_outside_sales(content, **how)
