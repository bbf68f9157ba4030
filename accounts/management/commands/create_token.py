import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounts import client_secrets, clock, tokens
from accounts.errors import Refused


class Command(BaseCommand):
    help = "Creates a token for an integration client; it is shown once."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("client", help="the client's name, such as hris")
        parser.add_argument("--scope", nargs="+", required=True, metavar="SCOPE")
        parser.add_argument(
            "--secret",
            action="store_true",
            help="an id and a secret for /oauth/token/ instead; they replace earlier ones",
        )
        parser.add_argument("--json", action="store_true", help="print one JSON object")
        parser.epilog = "Example: ./run manage create_token hris --scope people:read people:write"

    def handle(self, *args: Any, **options: Any) -> None:
        scopes = options["scope"]
        make = _secret if options["secret"] else _token
        try:
            made = make(options["client"], scopes)
        except Refused as reason:
            raise CommandError(str(reason), returncode=1) from reason
        if options["json"]:
            answer = {"client": options["client"], "scopes": scopes, **made}
            self.stdout.write(json.dumps(answer))
        else:
            self.stdout.write("\n".join(made.values()))


def _token(client: str, scopes: list[str]) -> dict[str, str]:
    return {"token": tokens.create_client_token(client, scopes=scopes, by=None, on=clock.today())}


def _secret(client: str, scopes: list[str]) -> dict[str, str]:
    return client_secrets.create(client, scopes=scopes, by=None, on=clock.today())._asdict()
