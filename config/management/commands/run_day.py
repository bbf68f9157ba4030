import json
from argparse import ArgumentParser
from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from config import timetable


class Command(BaseCommand):
    help = "Runs everything that the timetable would do for a day; safe to repeat."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("day", type=date.fromisoformat, metavar="YYYY-MM-DD")
        parser.add_argument("--json", action="store_true", help="print one JSON object")
        parser.epilog = "Example: ./run manage run_day 2026-11-04"

    def handle(self, *args: Any, **options: Any) -> None:
        jobs = timetable.run_day(options["day"])
        if options["json"]:
            self.stdout.write(json.dumps({"day": str(options["day"]), "jobs": jobs}, default=str))
        else:
            for job in jobs:
                self.stdout.write(f"{job['job']}: {job.get('error') or job['result']}")
        if any("error" in job for job in jobs):
            raise CommandError("A job failed; the lines above and the log say why.", returncode=1)
