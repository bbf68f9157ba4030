from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, CommandParser

from accounts import clock
from accounts.console import AnsweringCommand, a_day, refusals
from contracts import measurement_import


class Command(AnsweringCommand):
    help = (
        "Enters what was measured of service levels from a CSV or XLSX file. "
        f"Columns: {', '.join(measurement_import.COLUMNS)}."
    )
    example = "import_measurements march.csv --dry-run"

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("file", type=Path)
        parser.add_argument("--on", type=a_day, help="YYYY-MM-DD, today if not given")
        parser.add_argument("--dry-run", action="store_true", help="show it and change nothing")

    def handle(self, *args: Any, **options: Any) -> None:
        path = options["file"]
        try:
            content = path.read_bytes()
        except OSError as error:
            raise CommandError(f"{path}: {error.strerror}.", returncode=1) from error
        on = options["on"] or clock.today()
        with refusals():
            done = measurement_import.import_measurements(
                content, name=path.name, by=None, on=on, dry_run=options["dry_run"]
            )
        figures = done.figures()
        counts = ", ".join(f"{name} {figures[name]}" for name in list(figures)[:4])
        self.answer(figures, [counts], as_json=options["json"])
        for each in done.refused:
            self.stderr.write(f"Row {each.row}, {each.field}: {each.message}")
        if done.refused:
            faults = f"{len(done.refused)} faults" if len(done.refused) > 1 else "1 fault"
            raise CommandError(f"Nothing was entered: {faults}.", returncode=1)
