import json
import time
from typing import Any

from celery import current_app
from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts import clock
from accounts.console import a_month
from accounts.errors import Refused
from contracts import settlement
from contracts.queries.settlement import progress_of, summary
from contracts.tasks import wake
from ledger import runs
from ledger.models import SettlementRun

State = SettlementRun.State
_ASKED_FOR = (State.COMPUTED, State.POSTED, State.LOCKED)


class Command(BaseCommand):
    help = (
        "Settles a month through the Celery workers and waits for them: computes its lines, posts "
        "what moves, locks it. Safe to repeat; refused contracts stop nothing."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.epilog = "Example: ./run manage settle_month 2026-03 --to posted"
        parser.add_argument("month", type=a_month, help="YYYY-MM")
        parser.add_argument(
            "--to",
            choices=[state.value for state in _ASKED_FOR],
            default=State.POSTED.value,
            help="how far (default: posted)",
        )
        parser.add_argument("--wait", type=int, default=900, metavar="SECONDS", help="at most")
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        month, to = options["month"], State(options["to"])
        try:
            run = settlement.ask_for(month, to=to, on=clock.today())
        except Refused as reason:
            raise CommandError(f"{reason} {reason.help}", returncode=1) from reason
        if runs.is_at_work(run):
            self._wait_for_workers(run, to, seconds=options["wait"])
        result = summary(month)
        if options["json"]:
            self.stdout.write(json.dumps(result))
        else:
            self._tell(result)
        if not runs.has_reached(result["state"], to):
            raise CommandError(f"{result['month']} is {result['state']}, not {to}.", returncode=1)

    def _wait_for_workers(self, run: SettlementRun, to: State, *, seconds: int) -> None:
        """Wake them, and print how far they are; bounded, and plain when nobody answers."""
        if not wake(run) or not current_app.control.ping(timeout=3):
            raise CommandError(
                "No worker answers. Start one (./run does); the month is asked for and goes on as"
                " soon as one is there.",
                returncode=1,
            )
        end, said = time.monotonic() + seconds, ""
        while runs.is_at_work(run):
            if time.monotonic() > end:
                raise CommandError(f"Not done after {seconds} seconds; it goes on.", returncode=1)
            progress = progress_of(run)
            words = f"{progress.done} of {progress.total} contracts {run.goal}"
            if words != said:
                self.stderr.write(said := words)
            time.sleep(0.5)
            run.refresh_from_db()

    def _tell(self, result: dict[str, Any]) -> None:
        self.stdout.write(
            f"{result['month']} is {result['state']}: {result['lines']} lines, gross"
            f" {result['gross']}, credits {result['credits']}, net {result['net']}."
        )
        for each in result["refused"]:
            self.stdout.write(f"Contract {each['contract']} refused: {each['detail']}")
