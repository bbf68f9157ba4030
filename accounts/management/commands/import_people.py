import json
from dataclasses import replace
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, CommandParser

from accounts import clock
from accounts.console import AnsweringCommand, a_day
from accounts.errors import Refused
from accounts.hris import mapping, uploads
from accounts.hris.plan import KINDS, Plan


class Command(AnsweringCommand):
    help = "Imports people, or counted posts, from a CSV or XLSX file of the HR system."
    example = "import_people people.csv --map generic --on 2026-03-01 --dry-run"

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("file", type=Path)
        parser.add_argument(
            "--map", default="generic", help=f"{', '.join(mapping.presets())} or a .toml file"
        )
        parser.add_argument("--on", type=a_day, help="YYYY-MM-DD, today if not given")
        parser.add_argument("--source", help="the mapping's own source if not given")
        parser.add_argument(
            "--partial", action="store_true", help="whoever is missing in the file has not left"
        )
        parser.add_argument("--dry-run", action="store_true", help="show it and change nothing")

    def handle(self, *args: Any, **options: Any) -> None:
        content = self.content_of(options, otherwise=uploads.nothing)
        try:
            done = _import(content, options)
        except Refused as reason:
            if options["json"]:
                self.stdout.write(json.dumps(uploads.nothing(reason)))
            raise CommandError(f"{reason} {reason.help}".strip(), returncode=1) from reason
        self.answer(uploads.as_json(done), _sentences(done), as_json=options["json"])
        for note in done.notes:
            self.stderr.write(f"Note, row {note.row}, {note.field} {note.value!r}: {note.message}")
        if done.refused:
            count = len(done.refused)
            were, was = ("would not be", "would") if options["dry_run"] else ("were not", "was")
            raise CommandError(f"{count} rows {were} taken; the rest {was}.", returncode=1)


def _import(content: bytes, options: dict[str, Any]) -> Plan:
    chosen = mapping.find(options["map"])
    chosen = replace(
        chosen,
        source=options["source"] or chosen.source,
        is_full=chosen.is_full and not options["partial"],
    )
    today = clock.today()
    return uploads.import_file(
        content, name=options["file"].name, mapping=chosen,
        on=options["on"] or today, today=today, by=None, is_dry_run=options["dry_run"],
    )  # fmt: skip


def _sentences(done: Plan) -> list[str]:
    counts = done.counts()
    figures = [f"{counts['read']} rows read"]
    figures += [f"{counts[kind]} {kind}" for kind in (*KINDS, "unchanged", "refused")]
    lines = [f"New micro-enterprise proposed: {unit}" for unit in done.new_units]
    lines += [
        f"Row {r.row} was not taken, {r.field} {r.value!r}: {r.message}" for r in done.refused
    ]
    return [*lines, ", ".join(figures) + "."]
