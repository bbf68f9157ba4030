"""What the management commands have in common: `--json`, and a refusal that ends in status 1."""

import json
from argparse import ArgumentTypeError
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts import spreadsheets
from accounts.errors import Invalid, Refused


class AnsweringCommand(BaseCommand):
    """Prints one JSON object with `--json`, sentences without; status 1 where it was refused."""

    example = ""

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="print one JSON object")
        parser.epilog = f"Example: ./run manage {self.example}"

    def answer(self, told: Any, sentences: list[str], *, as_json: bool) -> None:
        """The same facts for a program or for a person."""
        self.stdout.write(json.dumps(told, default=str) if as_json else "\n".join(sentences))

    def content_of(
        self, options: Mapping[str, Any], *, otherwise: Callable[[Refused], Any]
    ) -> bytes:
        """What is in the file that the arguments name.

        One that cannot be read is a wrong argument: status 2, and with `--json` the command's usual
        object, which `otherwise` makes of the reason.
        """
        path = Path(options["file"])
        try:
            # One byte too many is enough to tell; the reader says so.
            with path.open("rb") as file:
                return file.read(spreadsheets.MAX_BYTES + 1)
        except OSError as error:
            said = f"There is no file {path} to read ({error.strerror}). Name one that exists."
            reason = Invalid(said, field="file", value=str(path))
            if options["json"]:
                self.stdout.write(json.dumps(otherwise(reason), default=str))
            raise CommandError(said, returncode=2) from error


def a_day(text: str) -> date:
    """An argument like 2026-10-31; another word ends with a sentence and status 2."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ArgumentTypeError(f"{text!r} is no day; write it like 2026-10-31.") from None


def a_month(text: str) -> date:
    """An argument like 2026-10 as the first day of that month, refused as `a_day` refuses."""
    try:
        if len(text) == len("2026-10"):
            return date.fromisoformat(f"{text}-01")
    except ValueError:
        pass
    raise ArgumentTypeError(f"{text!r} is no month; write it like 2026-10.")


@contextmanager
def refusals() -> Iterator[None]:
    """The rule's own sentence on standard error, and status 1."""
    try:
        yield
    except Refused as reason:
        raise CommandError(f"{reason} {reason.help}".strip(), returncode=1) from reason
