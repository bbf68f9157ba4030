import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounts.console import a_day
from accounts.errors import Refused
from config.demo import clock, telling


class Command(BaseCommand):
    help = "Moves the demo's day forward, running each day's jobs."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("to", type=a_day, metavar="YYYY-MM-DD")
        parser.add_argument("--json", action="store_true", help="print one JSON object")
        parser.epilog = "Example: ./run manage advance_clock 2026-11-15"

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            moved = clock.advance(options["to"], by=None)
        except Refused as reason:
            raise CommandError(f"{reason} {reason.help}".strip(), returncode=1) from reason
        if options["json"]:
            self.stdout.write(json.dumps(moved, default=str))
            return
        for sentence in telling.in_words(moved["jobs"]):
            self.stdout.write(sentence)
        self.stdout.write(f"The day moved from {moved['from']} to {moved['to']}.")
