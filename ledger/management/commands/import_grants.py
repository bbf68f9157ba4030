import json
from datetime import date
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts import clock
from accounts.errors import Refused
from ledger import grant_import, sheets


class Command(BaseCommand):
    help = "Grants money from a CSV file, each row once by its reference."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.epilog = (
            f"Columns: {', '.join(grant_import.COLUMNS)}. "
            "Example: ./run manage import_grants grants.csv --dry-run"
        )
        parser.add_argument("file", type=Path)
        parser.add_argument("--on", type=date.fromisoformat, help="YYYY-MM-DD, today if not given")
        parser.add_argument("--dry-run", action="store_true", help="show it and change nothing")
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            content = options["file"].read_bytes()
        except OSError as error:
            raise CommandError(f"{options['file']}: {error.strerror}.", returncode=1) from error
        on = options["on"] or clock.today()
        try:
            done = grant_import.import_grants(content, by=None, on=on, dry_run=options["dry_run"])
        except Refused as reason:
            raise CommandError(f"{reason} {reason.help}", returncode=1) from reason
        figures = done.figures()
        if options["json"]:
            self.stdout.write(json.dumps(figures))
        else:
            counts = ", ".join(f"{name} {figures[name]}" for name in list(figures)[:4])
            self.stdout.write(counts)
        if done.refused:
            self._explain(done.refused)

    def _explain(self, refused: list[sheets.RowRefused]) -> None:
        for each in refused:
            self.stderr.write(f"Row {each.row}, {each.field}: {each.message}")
        faults = f"{len(refused)} faults" if len(refused) > 1 else "1 fault"
        raise CommandError(f"Nothing was granted: {faults}.", returncode=1)
