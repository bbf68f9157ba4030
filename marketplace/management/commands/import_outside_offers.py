from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, CommandParser

from accounts import clock
from accounts.console import AnsweringCommand, a_day
from accounts.errors import Refused
from marketplace import price_lists
from marketplace.actions import Imported, import_outside_offers
from marketplace.price_layouts import PRESETS, Layout, layout_of


class Command(AnsweringCommand):
    help = "Records the outside offers of a price list; the same list again changes nothing."
    example = (
        "import_outside_offers s70_data.csv --map gsa-schedule70 --category 'IT services' --dry-run"
    )

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("file", type=Path, metavar="FILE", help="CSV or XLSX")
        parser.add_argument(
            "--map",
            metavar="FILE.toml or preset",
            help=f"how the list is written: {', '.join(PRESETS)}, or a TOML file; "
            "without it, the preset that fits the file's columns",
        )
        parser.add_argument("--category", default="", help="the mapping's own if not given")
        parser.add_argument("--on", type=a_day, help="YYYY-MM-DD, today if not given")
        parser.add_argument("--dry-run", action="store_true", help="show it and change nothing")

    def handle(self, *args: Any, **options: Any) -> None:
        path, is_trial = options["file"], options["dry_run"]
        layout, content = _layout(options["map"]), self.content_of(options, otherwise=_nothing)
        try:
            done = import_outside_offers(
                price_lists.read(content, name=path.name, layout=layout),
                category=options["category"],
                by=None,
                on=options["on"] or clock.today(),
                is_trial=is_trial,
            )
        except Refused as fault:
            done = _refused(fault)
        self.answer(done.as_dict(), _sentences(done, is_trial), as_json=options["json"])
        if done.refused:
            were, was = ("would not be", "would") if is_trial else ("were not", "was")
            said = f"{len(done.refused)} rows {were} taken; the rest {was}."
            raise CommandError(said if done.read else "Nothing was changed.", returncode=1)


def _sentences(done: Imported, is_trial: bool) -> list[str]:  # noqa: FBT001
    would = "would be " if is_trial else ""
    lines = [f"Row {r.row} was not taken, {r.field} {r.value!r}: {r.message}" for r in done.refused]
    figures = (
        f"{done.read} rows read, {done.created} {would}created, {done.updated} {would}updated, "
        f"{done.unchanged} unchanged, {len(done.refused)} refused."
    )
    return [*lines, figures]


def _refused(fault: Refused) -> Imported:
    return Imported(refused=[price_lists.whole_file(fault)])


def _nothing(fault: Refused) -> dict[str, Any]:
    return _refused(fault).as_dict()


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
