"""What the two commands have in common that read costs and outside sales from a file."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar

from django.core.management.base import CommandError, CommandParser

from accounts import clock
from accounts.console import AnsweringCommand, a_day, refusals
from accounts.errors import Refused
from ledger.own_figures_import import Imported
from ledger.sheets import RowRefused, heads_of


class ImportCommand(AnsweringCommand):
    """Reads the file of its argument; a subclass says its `columns` and reads the content."""

    columns: ClassVar[Sequence[str]] = ()

    def read(self, content: bytes, **how: Any) -> Imported:
        raise NotImplementedError

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
        heads, on = self._heads(options["map"]), options["on"] or clock.today()
        with refusals():
            done = self.read(
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
            raise CommandError(f"Nothing was recorded: {faults}.", returncode=1)

    def _heads(self, named: str) -> dict[str, str]:
        if named == "generic":
            return {}
        try:
            return heads_of(Path(named).read_text(encoding="utf-8"), self.columns)
        except OSError as error:
            said = f"There is no mapping {named!r}: name generic, or a .toml file."
            raise CommandError(said, returncode=2) from error
        except (Refused, UnicodeDecodeError) as error:
            raise CommandError(f"{named}: {error}", returncode=2) from error


def _nothing(reason: Refused) -> dict[str, Any]:
    fault = RowRefused(0, reason.field, str(reason.value or ""), str(reason))
    return Imported(refused=[fault]).figures()
