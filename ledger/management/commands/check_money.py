from typing import Any

from django.core.management.base import CommandError

from accounts import clock
from accounts.console import AnsweringCommand
from ledger import checks


class Command(AnsweringCommand):
    help = "Proves that the money adds up, by derivations of its own; status 1 if it does not."
    example = "check_money --json"

    def handle(self, *args: Any, **options: Any) -> None:
        check = checks.check_money(by=None, on=clock.today())
        told = checks.as_json(check)
        sentences = [
            f"{'broken' if each['broken'] else 'holds '}  {each['means']}"
            for each in check.findings
        ]  # fmt: skip
        self.answer(told, sentences, as_json=options["json"])
        for fault in told["broken"]:
            self.stderr.write(f"{fault['what']}: {fault['detail']}")
        if told["broken"]:
            raise CommandError("The money does not add up.", returncode=1)
