import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts import clock
from ledger import checks


class Command(BaseCommand):
    help = "Proves that the money adds up, by derivations of its own; status 1 if it does not."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.epilog = "Example: ./run manage check_money --json"
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        check = checks.check_money(by=None, on=clock.today())
        told = checks.as_json(check)
        if options["json"]:
            self.stdout.write(json.dumps(told))
        else:
            for each in check.findings:
                self.stdout.write(f"{'broken' if each['broken'] else 'holds '}  {each['means']}")
        if told["broken"]:
            for fault in told["broken"]:
                self.stderr.write(f"{fault['what']}: {fault['detail']}")
            raise CommandError("The money does not add up.", returncode=1)
