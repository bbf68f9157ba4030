import json
from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts import clock
from accounts.errors import Refused
from ledger import budgets, months


class Command(BaseCommand):
    help = "Releases the grants of a month that are due and were not released; safe to repeat."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.epilog = "Example: ./run manage release_budgets 2026-03"
        parser.add_argument("month", type=_month, help="YYYY-MM")
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            done = budgets.release_month(options["month"], on=clock.today())
        except Refused as reason:
            raise CommandError(f"{reason} {reason.help}", returncode=1) from reason
        said = f"{done['month']}: {done['granted']} grants released, {done['total']} together."
        self.stdout.write(json.dumps(done) if options["json"] else said)


def _month(text: str) -> date:
    return months.parse(text)
