import sys
from typing import Any

from django.core.management.base import CommandParser

from accounts import clock
from accounts.actions import logins
from accounts.console import AnsweringCommand, refusals


class Command(AnsweringCommand):
    help = "Sets the password of a log-in; reads it from standard input, so that no list shows it."
    example = "set_password ann@example.com < password.txt"

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("email")

    def handle(self, *args: Any, **options: Any) -> None:
        if sys.stdin.isatty():
            self.stderr.write("The new password, then Enter:")
        password = sys.stdin.readline().rstrip("\r\n")
        with refusals():
            user = logins.reset_password(options["email"], password=password, on=clock.today())
        self.answer(
            {"email": user.email, "name": user.display_name, "is_active": user.is_active},
            [f"{user.email} has a new password; open sessions are over."],
            as_json=options["json"],
        )
