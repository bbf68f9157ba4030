from typing import Any

from django.core.management.base import CommandParser

from accounts import clock
from accounts.console import AnsweringCommand, a_month, refusals
from ledger import releasing


class Command(AnsweringCommand):
    help = "Releases the grants of a month that are due and were not released; safe to repeat."
    example = "release_budgets 2026-03"

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("month", type=a_month, help="YYYY-MM")

    def handle(self, *args: Any, **options: Any) -> None:
        with refusals():
            done = releasing.release_month(options["month"], on=clock.today())
        said = f"{done['month']}: {done['granted']} grants released, {done['total']} together."
        self.answer(done, [said], as_json=options["json"])
