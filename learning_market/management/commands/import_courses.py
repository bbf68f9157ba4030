from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, CommandParser

from accounts import clock
from accounts.console import AnsweringCommand, a_day
from accounts.errors import Refused
from learning_market.course_import import PRESETS, Imported, RowRefused, import_courses


class Command(AnsweringCommand):
    help = "Imports courses and their runs from a CSV or XLSX file; a faulty file changes nothing."
    example = "import_courses courses.csv --dry-run"

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("file", type=Path)
        parser.add_argument("--map", default="generic", choices=list(PRESETS))
        parser.add_argument("--on", type=a_day, help="YYYY-MM-DD, today if not given")
        parser.add_argument("--dry-run", action="store_true", help="show it and change nothing")

    def handle(self, *args: Any, **options: Any) -> None:
        path, on = options["file"], options["on"] or clock.today()
        content = self.content_of(options, otherwise=_nothing)
        try:
            done = import_courses(
                content, name=path.name, preset=options["map"], by=None, on=on,
                is_dry_run=options["dry_run"],
            )  # fmt: skip
        except Refused as reason:
            done = _refused(reason)
        self.answer(done.figures(), _sentences(done), as_json=options["json"])
        if done.refused:
            raise CommandError(
                "Nothing was imported; mend the rows and run it again.", returncode=1
            )


def _refused(reason: Refused) -> Imported:
    fault = RowRefused(0, reason.field, str(reason.value or ""), str(reason))
    return Imported(refused=[fault])


def _nothing(reason: Refused) -> dict[str, Any]:
    return _refused(reason).figures()


def _sentences(done: Imported) -> list[str]:
    rows = [f"Row {each.row}, {each.field}: {each.message}" for each in done.refused]
    counts = f"{done.created} created, {done.updated} updated, {done.unchanged} unchanged"
    return [*rows, f"{done.read} rows read: {counts}, {len(done.refused)} refused."]
