import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from contracts.integrity import verify_contracts


class Command(BaseCommand):
    help = "Checks the hashes, signatures and event chains of all contracts."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="print one JSON object")
        parser.epilog = "Example: ./run manage verify_contracts --json"

    def handle(self, *args: Any, **options: Any) -> None:
        found = verify_contracts()
        if options["json"]:
            self.stdout.write(json.dumps(found))
        else:
            self.stdout.write(f"{found['checked']} contracts checked.")
            for fault in found["broken"]:
                self.stdout.write(f"{fault['what']}: {fault['detail']}")
        if found["broken"]:
            raise CommandError(f"{len(found['broken'])} faults found.", returncode=1)
