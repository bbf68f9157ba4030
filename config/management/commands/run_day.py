import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounts import clock
from accounts.console import a_day
from config import timetable


class Command(BaseCommand):
    help = "Runs everything that the timetable does for a day that has come; safe to repeat."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("day", type=a_day, metavar="YYYY-MM-DD")
        parser.add_argument("--json", action="store_true", help="print one JSON object")
        parser.epilog = "Example: ./run manage run_day 2026-11-04"

    def handle(self, *args: Any, **options: Any) -> None:
        if options["day"] > (today := clock.today()):
            # A contract that ended too early stays ended, so a slip of the pen must not pass.
            raise CommandError(
                f"{options['day']} is after today, {today}: its contracts would start and end too"
                " early. Name today or a day before it.",
                returncode=1,
            )
        jobs = timetable.run_day(options["day"])
        if options["json"]:
            self.stdout.write(json.dumps({"day": str(options["day"]), "jobs": jobs}, default=str))
        else:
            for job in jobs:
                self.stdout.write(f"{job['job']}: {job.get('error') or job['result']}")
        if any("error" in job for job in jobs):
            raise CommandError("A job failed; the lines above and the log say why.", returncode=1)
