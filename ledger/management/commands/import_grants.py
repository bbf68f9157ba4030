from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, CommandParser

from accounts import clock
from accounts.console import AnsweringCommand, a_day, refusals
from accounts.errors import Refused
from ledger import grant_import
from ledger.sheets import RowRefused, heads_of


class Command(AnsweringCommand):
    help = (
        "Grants money from a CSV or XLSX file, each row once by its reference. "
        f"Columns: {', '.join(grant_import.COLUMNS)}."
    )
    example = "import_grants grants.csv --dry-run"

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("file", type=Path)
        parser.add_argument(
            "--map", default="generic", help="generic, or a .toml file whose [columns] names yours"
        )
        parser.add_argument("--on", type=a_day, help="YYYY-MM-DD, today if not given")
        parser.add_argument("--dry-run", action="store_true", help="show it and change nothing")

    def handle(self, *args: Any, **options: Any) -> None:
        content = self.content_of(options, otherwise=_nothing)
        heads, on = _heads(options["map"]), options["on"] or clock.today()
        with refusals():
            done = grant_import.import_grants(
                content, by=None, on=on, dry_run=options["dry_run"], name=options["file"].name,
                heads=heads,
            )  # fmt: skip
        figures = done.figures()
        counts = ", ".join(f"{name} {figures[name]}" for name in list(figures)[:4])
        self.answer(figures, [counts], as_json=options["json"])
        for each in done.refused:
            self.stderr.write(f"Row {each.row}, {each.field}: {each.message}")
        if done.refused:
            faults = f"{len(done.refused)} faults" if len(done.refused) > 1 else "1 fault"
            raise CommandError(f"Nothing was granted: {faults}.", returncode=1)


def _nothing(reason: Refused) -> dict[str, Any]:
    fault = RowRefused(0, reason.field, str(reason.value or ""), str(reason))
    return grant_import.Imported(refused=[fault]).figures()


def _heads(named: str) -> dict[str, str]:
    if named == "generic":
        return {}
    try:
        return heads_of(Path(named).read_text(encoding="utf-8"), grant_import.COLUMNS)
    except OSError as error:
        said = f"There is no mapping {named!r}: name generic, or a .toml file."
        raise CommandError(said, returncode=2) from error
    except (Refused, UnicodeDecodeError) as error:
        raise CommandError(f"{named}: {error}", returncode=2) from error
