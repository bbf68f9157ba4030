from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, CommandParser

from accounts import clock
from accounts.console import AnsweringCommand, a_day, refusals
from accounts.errors import Refused
from accounts.models import User
from contracts import usage_import
from ledger.sheets import RowRefused, heads_of


class Command(AnsweringCommand):
    help = (
        "Enters delivered quantities from a CSV or XLSX file, each row once by its key. "
        f"Columns: {', '.join(usage_import.REQUIRED)}; "
        f"if wanted {', '.join(usage_import.OPTIONAL)}. A wrong row is refused, the rest entered."
    )
    example = "import_usage usage.csv --by mari@example.com --dry-run"

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("file", type=Path)
        parser.add_argument(
            "--by", required=True, metavar="EMAIL", help="the member of the provider who enters it"
        )
        parser.add_argument(
            "--map", default="generic", help="generic, or a .toml file whose [columns] names yours"
        )
        parser.add_argument("--on", type=a_day, help="YYYY-MM-DD, today if not given")
        parser.add_argument("--dry-run", action="store_true", help="show it and change nothing")

    def handle(self, *args: Any, **options: Any) -> None:
        content = self.content_of(options, otherwise=_nothing)
        heads, by = _heads(options["map"]), _user(options["by"])
        with refusals():
            done = usage_import.import_usage(
                content, by=by, on=options["on"] or clock.today(), dry_run=options["dry_run"],
                name=options["file"].name, heads=heads,
            )  # fmt: skip
        figures = done.figures()
        counts = ", ".join(f"{name} {figures[name]}" for name in list(figures)[:3])
        self.answer(figures, [counts], as_json=options["json"])
        for each in done.refused:
            self.stderr.write(f"Row {each.row}, {each.field}: {each.message}")
        if done.refused:
            rows = f"{len(done.refused)} rows were" if len(done.refused) > 1 else "1 row was"
            raise CommandError(f"{rows} refused.", returncode=1)


def _user(email: str) -> User:
    user = User.objects.filter(email__iexact=email).first()
    if user is None:
        said = f"There is no log-in {email!r}. Name a member of the provider."
        raise CommandError(said, returncode=2)
    return user


def _nothing(reason: Refused) -> dict[str, Any]:
    fault = RowRefused(0, reason.field, str(reason.value or ""), str(reason))
    return usage_import.Imported(refused=[fault]).figures()


def _heads(named: str) -> dict[str, str]:
    if named == "generic":
        return {}
    try:
        return heads_of(Path(named).read_text(encoding="utf-8"), usage_import.COLUMNS)
    except OSError as error:
        said = f"There is no mapping {named!r}: name generic, or a .toml file."
        raise CommandError(said, returncode=2) from error
    except (Refused, UnicodeDecodeError) as error:
        raise CommandError(f"{named}: {error}", returncode=2) from error
