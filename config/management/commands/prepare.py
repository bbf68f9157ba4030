from argparse import ArgumentParser

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand
from django.db import transaction

from accounts import founding
from accounts.models import User
from config import demo, health


class Command(BaseCommand):
    help = "Migrates the database and, with DEMO=on, fills an empty one once. Safe to repeat."
    # At most starts nothing is new, so that the checks wait for a release that brings something.
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.epilog = "Example: ./run manage prepare"

    def handle(self, *args: object, **options: object) -> None:
        if not health.migrations_are_applied():
            self.check()
            call_command("migrate", verbosity=0, interactive=False)
        if settings.DEMO:
            _fill_if_empty()
            for line in demo.as_table(demo.logins()):
                self.stdout.write(line)
        if not founding.is_founded():
            self.stdout.write("  Found the organisation at /found/ with this one-time code:")
            self.stdout.write(f"  {founding.new_code()}")


@transaction.atomic
def _fill_if_empty() -> None:
    """Only ever an empty database: DATABASE_URL may name one that people work in."""
    if not User.objects.exists():
        demo.build()
