import json
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from accounts import clock, tokens
from accounts.models import User
from config import demo


class Command(BaseCommand):
    help = "Prints whom one may sign in as in the demo; with --json also a new API token for each."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="print one JSON list, with tokens")
        parser.epilog = "Example: ./run manage demo_logins --json"

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.DEMO:
            raise CommandError("Only a demo has demo log-ins. Start it with DEMO=on.", returncode=1)
        found = demo.logins()
        if not found:
            raise CommandError("This database holds no demo company.", returncode=1)
        if options["json"]:
            told = [each | {"token": _token_of(each["email"])} for each in found]
            self.stdout.write(json.dumps(told, ensure_ascii=False))
            return
        for line in demo.as_table(found):
            self.stdout.write(line)


def _token_of(email: str) -> str:
    return tokens.create_person_token(User.objects.get(email=email), by=None, on=clock.today())
