import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts import clock
from accounts.console import a_month
from accounts.errors import Refused
from contracts.actions import ratings


class Command(BaseCommand):
    help = "Computes the satisfaction of every offering and provider over the six months to it."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.epilog = "Example: ./run manage score_month 2026-03"
        parser.add_argument("month", type=a_month, help="YYYY-MM")
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            done = ratings.score_month(options["month"], on=clock.today())
        except Refused as reason:
            raise CommandError(f"{reason} {reason.help}", returncode=1) from reason
        said = (
            f"{done['month']}: {done['offerings']} offerings, {done['scored']} with a score,"
            f" {done['not_enough']} with not enough ratings."
        )
        self.stdout.write(json.dumps(done) if options["json"] else said)
