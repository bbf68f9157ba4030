from typing import Any

from django.core.management.base import CommandParser

from accounts import founding
from accounts.console import AnsweringCommand, refusals


class Command(AnsweringCommand):
    help = "Founds the organisation and its first HR admin, as the first visit would."
    example = (
        "found_organization --name 'Tallinn Water' --currency EUR --time-zone Europe/Tallinn "
        "--fiscal-year-start 1 --admin ann@example.com"
    )

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--name", required=True)
        parser.add_argument("--currency", required=True, help="ISO 4217, such as EUR")
        parser.add_argument("--time-zone", required=True, help="such as Europe/Tallinn")
        parser.add_argument("--fiscal-year-start", type=int, default=1, metavar="MONTH")
        parser.add_argument("--admin", required=True, metavar="EMAIL", help="the first HR admin")

    def handle(self, *args: Any, **options: Any) -> None:
        with refusals():
            organization, admin = founding.found(
                name=options["name"],
                currency=options["currency"].upper(),
                time_zone=options["time_zone"],
                fiscal_year_start_month=options["fiscal_year_start"],
                admin_email=options["admin"],
            )
        told = {
            "name": organization.name,
            "currency": organization.currency,
            "time_zone": organization.time_zone,
            "fiscal_year_start_month": organization.fiscal_year_start_month,
            "admin": admin.email,
        }
        sentences = [
            f"{organization} is founded; {admin.email} is its HR admin.",
            f"Set the password next: ./run manage set_password {admin.email}",
        ]
        self.answer(told, sentences, as_json=options["json"])
