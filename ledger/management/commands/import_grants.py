from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, CommandParser

from accounts import clock
from accounts.console import AnsweringCommand, a_day, refusals
from ledger import grant_import


class Command(AnsweringCommand):
    help = (
        "Grants money from a CSV file, each row once by its reference. "
        f"Columns: {', '.join(grant_import.COLUMNS)}."
    )
    example = "import_grants grants.csv --dry-run"

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("file", type=Path)
        parser.add_argument("--on", type=a_day, help="YYYY-MM-DD, today if not given")
        parser.add_argument("--dry-run", action="store_true", help="show it and change nothing")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            content = options["file"].read_bytes()
        except OSError as error:
            raise CommandError(f"{options['file']}: {error.strerror}.", returncode=1) from error
        on = options["on"] or clock.today()
        with refusals():
            done = grant_import.import_grants(content, by=None, on=on, dry_run=options["dry_run"])
        figures = done.figures()
        counts = ", ".join(f"{name} {figures[name]}" for name in list(figures)[:4])
        self.answer(figures, [counts], as_json=options["json"])
        for each in done.refused:
            self.stderr.write(f"Row {each.row}, {each.field}: {each.message}")
        if done.refused:
            faults = f"{len(done.refused)} faults" if len(done.refused) > 1 else "1 fault"
            raise CommandError(f"Nothing was granted: {faults}.", returncode=1)
