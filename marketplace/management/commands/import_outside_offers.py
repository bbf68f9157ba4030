import json
from argparse import ArgumentParser
from datetime import date
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounts import clock
from accounts.errors import Refused
from marketplace import price_lists
from marketplace.actions import Imported, import_outside_offers
from marketplace.price_layouts import PRESETS, Layout, layout_of


class Command(BaseCommand):
    help = "Records the outside offers of a price list (CSV); the same list again changes nothing."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, metavar="FILE")
        parser.add_argument(
            "--map",
            metavar="FILE.toml or preset",
            help=f"how the list is written: {', '.join(PRESETS)}, or a TOML file; "
            "without it, the preset that fits the file's columns",
        )
        parser.add_argument("--category", default="", help="where the offers belong")
        parser.add_argument("--on", type=date.fromisoformat, metavar="DATE", help="default: today")
        parser.add_argument("--dry-run", action="store_true", help="say what would change")
        parser.add_argument("--json", action="store_true", help="print one JSON object")
        parser.epilog = (
            "Example: ./run manage import_outside_offers s70_data.csv --map gsa-schedule70 "
            "--category 'IT services'"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        layout = _layout(options["map"])
        try:
            content = options["file"].read_bytes()
        except OSError as error:
            raise CommandError(f"{options['file']}: {error.strerror}.", returncode=2) from error
        try:
            done = import_outside_offers(
                price_lists.read(content, layout=layout),
                category=options["category"],
                by=None,
                on=options["on"] or clock.today(),
                is_trial=options["dry_run"],
            )
        except Refused as reason:
            done = Imported(
                refused=[price_lists.RefusedRow(1, reason.field, str(reason.value), str(reason))]
            )
        self._answer(done, as_json=options["json"], is_trial=options["dry_run"])

    def _answer(self, done: Imported, *, as_json: bool, is_trial: bool) -> None:
        if as_json:
            self.stdout.write(json.dumps(done.as_dict()))
        else:
            for refused in done.refused:
                self.stdout.write(f"Row {refused.row}, {refused.field}: {refused.message}")
            would = "would be " if is_trial else ""
            self.stdout.write(
                f"{done.read} rows read: {done.created} {would}created, {done.updated} "
                f"{would}updated, {done.unchanged} unchanged, {len(done.refused)} refused."
            )
        if done.refused:
            raise SystemExit(1)


def _layout(named: str | None) -> Layout | None:
    if named is None or named in PRESETS:
        return PRESETS.get(named or "")
    try:
        return layout_of(Path(named).read_text(encoding="utf-8"))
    except OSError as error:
        raise CommandError(
            f"{named!r} is no preset ({', '.join(PRESETS)}) and no file that can be read.",
            returncode=2,
        ) from error
    except (Refused, UnicodeDecodeError) as error:
        raise CommandError(f"{named}: {error}", returncode=2) from error
