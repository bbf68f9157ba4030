"""Every list costs the same number of queries with ten rows and with a thousand."""

import re
from copy import copy
from itertools import count
from pathlib import Path

import pytest
from django.core.paginator import Page as PageOfRows
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from oauth2_provider.models import AccessToken

from accounts.models import MicroEnterprise, SentMail
from contracts.models import Contract, OutsidePurchase
from ledger.models import Allocation, BudgetRequest, Freeze, MoneyCheck, Reservation, ValueVerdict
from marketplace.models import Category
from tests.make.people import FORMED, MARCH
from tests.pages.addresses import PAGES, ROLES
from tests.pages.world import TODAY

pytestmark = pytest.mark.django_db

_numbers = count(10_000)
# The test that shows it for a list page, in its own file.
ELSEWHERE = {
    "accounts:audit": "accounts/test_me_forms.py it_costs_the_same_for_ten_and_for_a_thousand",
    "accounts:people": "accounts/test_people_pages.py the_list_costs_the_same_whatever_its_length",
    "contracts:contracts": "contracts/test_pages.py a_list_costs_the_same_with_ten",
    "contracts:corrections": "contracts/test_correction_pages.py a_list_of_corrections_costs",
    "contracts:dispute_pairs": "contracts/test_dispute_pages.py pairs_cost_the_same_for_one",
    "contracts:disputes": "contracts/test_dispute_pages.py a_list_of_disputes_costs_the_same",
    "contracts:outside_purchases": "contracts/test_pages.py a_list_costs_the_same_with_ten",
    "contracts:settlement_month": "contracts/test_month_pages.py the_months_page_costs_the_same",
    "learning_market:catalogue": "learning/test_pages.py the_catalogue_costs_the_same_queries",
    "learning_market:purchases": "learning/test_pages.py our_learning_costs_the_same_queries",
    "ledger:all_money": "ledger/test_money_pages.py a_thousand_mes_are_listed_in_a_fixed_number",
    "ledger:budgets": "ledger/test_budget_pages.py the_list_costs_the_same_queries_with_many",
    "ledger:journal": "contracts/test_journal.py a_month_is_read_with_a_fixed_number_of_queries",
    "ledger:money": "ledger/test_money_pages.py the_page_costs_the_same_queries_with_a_thousand",
    "ledger:profit": "ledger/test_profit_pages.py the_page_costs_the_same_with_many_entries",
    "ledger:statement": "ledger/test_statements.py a_statement_costs_the_same_queries_however_long",
    "ledger:year_budget": "ledger/test_year_budget_pages.py the_preview_of_a_thousand_mes",
    "ledger:year_end": "ledger/test_year_end_page.py the_page_costs_the_same_with_many_wallets",
    "marketplace:browse": "marketplace/test_market_pages.py the_list_costs_the_same_queries",
    "marketplace:me": "marketplace/test_me_pages.py the_page_of_an_me_costs_the_same_for_ten_and",
    "marketplace:mes": "marketplace/test_me_pages.py the_list_costs_the_same_for_ten",
    "marketplace:our_offerings": "marketplace/test_provider_pages.py our_offerings_cost_the_same",
}
# As many as there are months, rules or measures: they do not grow with the firm.
SHORT = {"contracts:settlement_months", "gallery"}


def copies(row, number, **changed):
    """The row again and again; what is `changed` is made for each from its number."""
    made = []
    for _ in range(number):
        twin, own = copy(row), next(_numbers)
        twin.pk = None
        for name, value in changed.items():
            setattr(twin, name, value(own))
        made.append(twin)
    type(row).objects.bulk_create(made)


def tokens(user):
    return lambda world, number: copies(
        AccessToken.objects.filter(user=getattr(world, user)).first(), number, token="t{}".format
    )


def mails(world, number):
    copies(SentMail.objects.first(), number, to=lambda _: world.lead.email)


def imported(world, number):
    row = world.upload
    row.changes = [
        {"kind": "joiners", "row": at, "key": f"K{at}", "name": "Ann", "before": {}, "after": {}}
        for at in range(number)
    ]
    row.counts |= {"joiners": number}
    row.save()


def formed(_, number):
    return MicroEnterprise.objects.bulk_create(
        MicroEnterprise(name=f"ME {next(_numbers)}", kind="service", formed_on=FORMED)
        for _ in range(number)
    )


def planned(world, number):
    mes = formed(world, number)
    Allocation.objects.bulk_create(
        Allocation(rule=world.grant_draft, micro_enterprise=me, amount=5) for me in mes
    )


def judged(_, number):
    ValueVerdict.objects.bulk_create(
        ValueVerdict(
            micro_enterprise=me, month=MARCH, is_judged=True, value_added=5, labour=6,
            has_paying_customer=True, has_met_outcome=False, judged_on=FORMED,
        )
        for me in formed(_, number)
    )  # fmt: skip


def promised(world, number):
    row = Reservation.objects.open().filter(wallet__owner=world.shop).first()
    copies(row, number, cause_id=lambda own: own)


def ordered(world, number):
    copies(OutsidePurchase.objects.get(pk=world.ordered.pk), number)


def running(world, number):
    copies(Contract.objects.get(pk=world.counted.pk), number)


def promising(world, number):
    """Contracts with a service level each, which nobody measured."""
    running = Contract.objects.get(pk=world.levelled.pk)
    old, level = running.current, running.current.levels.get()
    contracts, versions, levels = [], [], []
    for _ in range(number):
        contract, version, promise = copy(running), copy(old), copy(level)
        contract.pk = version.pk = promise.pk = None
        contract.current, version.contract, promise.version = None, contract, version
        contracts.append(contract), versions.append(version), levels.append(promise)
    for rows in (contracts, versions, levels):
        type(rows[0]).objects.bulk_create(rows)
    for contract, version in zip(contracts, versions, strict=True):
        contract.current = version
    Contract.objects.bulk_update(contracts, ["current"])


def asked(world, number):
    BudgetRequest.objects.bulk_create(
        BudgetRequest(
            rule=world.requests_rule, micro_enterprise=me, amount=5, reason="Tools",
            asked_by=world.lead, asked_on=TODAY,
        )
        for me in formed(world, number)
    )  # fmt: skip


def frozen(world, number):
    Freeze.objects.bulk_create(
        Freeze(micro_enterprise=me, reason="Audit", frozen_on=TODAY, frozen_by=world.hr_admin)
        for me in formed(world, number)
    )


def moved(world, number):
    copies(world.done_move, number, key="k{}".format)


HERE = {
    "accounts:clients": ("hr_admin", tokens("client")),
    "accounts:tokens": ("member", tokens("member")),
    "accounts:mails": ("lead", mails),
    "accounts:import": ("hr_admin", imported),
    "contracts:delivery": ("other_lead", running),
    "contracts:ratings": ("lead", running),
    "contracts:unmeasured": ("hr_admin", promising),
    "contracts:lost": ("other_lead", ordered),
    "ledger:board": ("hr_admin", asked),
    "ledger:freezes": ("hr_admin", frozen),
    "ledger:moves": ("hr_admin", moved),
    "ledger:rule_requests": ("hr_admin", asked),
    "ledger:budget": ("hr_admin", planned),
    "ledger:checks": ("hr_admin", lambda _, number: copies(MoneyCheck.objects.first(), number)),
    "ledger:promises": ("lead", promised),
    "ledger:switches": ("hr_admin", formed),
    "ledger:verdicts": ("chro", judged),
    "marketplace:categories": (
        "hr_admin", lambda world, number: copies(
            Category.objects.get(pk=world.category.pk), number,
            name="Category {}".format, slug="c{}".format,
        ),
    ),
}  # fmt: skip
OF = {
    "accounts:import": ["upload"],
    "ledger:board": ["requests_rule"],
    "ledger:budget": ["grant_draft"],
    "ledger:rule_requests": ["year_draft", "requests_rule"],
}


def browser(world, role):
    client = Client()
    client.force_login(getattr(world, role))
    return client


@pytest.mark.parametrize("name", HERE)
def test_a_list_costs_the_same_queries_for_ten_rows_and_for_a_thousand(world, name):
    role, more = HERE[name]
    point, client = transaction.savepoint(), browser(world, role)
    address = reverse(name, args=[getattr(world, each).pk for each in OF.get(name, [])])

    def queries():
        client.get(address)
        with CaptureQueriesContext(connection) as seen:
            answer = client.get(address)
        return len(seen), len(answer.context["page"].paginator.object_list)

    more(world, 10)
    few, first = queries()
    more(world, 990)
    many, second = queries()
    transaction.savepoint_rollback(point)
    assert first < 100
    assert second >= 990
    # A page full of one kind asks for the names of fewer kinds.
    assert many <= few


def test_every_page_with_a_list_is_named_with_its_test(world):
    lists = set()
    for page in PAGES:
        letter = next((each for each in "lohasmcf" if each in (page.get or "")), None)
        if letter and page.name not in lists:
            answer = browser(world, ROLES[letter]).get(page.url(world))
            shown = [each for part in answer.context or [] for each in part]
            if any(isinstance(value, PageOfRows) for each in shown for value in each.values()):
                lists.add(page.name)
    known = set(HERE) | set(ELSEWHERE) | SHORT
    assert lists <= known, "Show what it costs, here or elsewhere."
    for place in ELSEWHERE.values():
        file, name = place.split()
        text = (Path(__file__).parent.parent / file).read_text()
        assert re.search(rf"def test_{name}", text), place
