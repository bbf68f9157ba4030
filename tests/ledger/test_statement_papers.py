"""The statement as a file, and by mail to the leads once its month is locked."""

from datetime import date
from decimal import Decimal
from io import BytesIO

import pytest
from django.core import mail
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from pypdf import PdfReader

from ledger import actions, statement_mails, statements
from ledger.models import Cause, SettlementRun, StatementMail, Transfer
from ledger.statement_pdf import pdf_of
from tests import make
from tests.make import APRIL, MARCH

pytestmark = pytest.mark.django_db
LOCKED_ON = date(2026, 4, 10)


def words_of(paper):
    return " ".join(page.extract_text() for page in PdfReader(BytesIO(paper)).pages)


def paid(payer, payee, amount, number=1):
    actions.pay(
        make.wallet(payer), make.wallet(payee), Decimal(amount), kind=Transfer.Kind.CHARGE,
        month=MARCH, on=LOCKED_ON, reference=f"2026-03/contract/{number}/net",
        cause=Cause("contracts:thing", number),
    )  # fmt: skip


@pytest.fixture
def shop():
    """1,000.00 granted in January, 200.00 paid to a lab of a long and foreign name in March."""
    shop, lab = make.me("Šiauliai Kvartālu Ēka"), make.me("Łódź Laboratory of Everything " * 3)
    make.granted(shop, "1000.00")
    make.granted(lab, "5.00")
    paid(shop, lab, "200.00")
    return shop


@pytest.fixture
def run():
    return SettlementRun.objects.create(
        month=MARCH, state="locked", opened_at=make.org().founded_at, posted_on=date(2026, 4, 6),
        locked_at=make.org().founded_at,
    )  # fmt: skip


def paper_of(me, run=None):
    found = statements.statement_of(me, month=MARCH, on=LOCKED_ON)
    return pdf_of(found, organization="Tallinn Water", currency="EUR", run=run, on=LOCKED_ON)


def test_the_paper_says_what_the_page_says_in_every_alphabet_of_the_firm(shop, run):
    words = words_of(paper_of(shop, run))
    assert "Statement, March 2026" in words
    assert "Šiauliai Kvartālu Ēka, operating fund" in words
    assert "Łódź Laboratory" in words
    assert "Locked on 1 January 2026" in words
    assert "1,000.00 0.00 −200.00 800.00 0.00 800.00" in words
    assert "Purchase inside" in words


def test_a_month_in_which_nothing_moved_is_one_page_that_says_so(shop):
    idle = make.me("Idle")
    paper = paper_of(idle)
    assert len(PdfReader(BytesIO(paper)).pages) == 1
    assert "Nothing moved in this month." in words_of(paper)
    assert "not locked yet" in words_of(paper)


def test_a_thousand_lines_stand_on_numbered_pages(shop):
    lab = make.me("Second")
    make.granted(lab, "1.00")
    for number in range(2, 202):
        paid(shop, lab, "1.00", number)
    pages = PdfReader(BytesIO(paper_of(shop))).pages
    assert len(pages) > 4
    assert f"{len(pages)} of {len(pages)}" in pages[-1].extract_text()
    assert "Sum of the movements" in pages[-1].extract_text()
    assert "Balance" in pages[1].extract_text()


def test_a_member_downloads_it_from_the_statement(client, shop):
    client.force_login(make.lead(shop))
    page = client.get("/money/2026-03/")
    assert b"format=pdf" in page.content
    answer = client.get("/money/2026-03/?format=pdf")
    assert answer["Content-Type"] == "application/pdf"
    assert "statement-siauliai-kvartalu-eka-2026-03-operating.pdf" in answer["Content-Disposition"]
    assert "Purchase inside" in words_of(answer.content)


def test_each_lead_gets_it_once_when_the_month_is_locked(
    shop, run, settings, django_capture_on_commit_callbacks
):
    settings.DEMO = False
    lead, _ = make.lead(shop), make.member(shop)
    with django_capture_on_commit_callbacks(execute=True):
        assert statement_mails.send_due(on=LOCKED_ON) == {"statements": 2, "mails": 1}
    (sent,) = mail.outbox
    assert sent.to == [lead.email]
    assert sent.subject == "Šiauliai Kvartālu Ēka: statement of March 2026"
    assert "Closing    800.00" in sent.body
    ((name, content, kind),) = sent.attachments
    assert (name, kind) == (
        "statement-siauliai-kvartalu-eka-2026-03-operating.pdf", "application/pdf",
    )  # fmt: skip
    assert "Purchase inside" in words_of(content)
    with django_capture_on_commit_callbacks(execute=True):
        assert statement_mails.send_due(on=LOCKED_ON) == {"statements": 0, "mails": 0}
    assert len(mail.outbox) == 1


def test_no_mail_before_the_lock_nor_long_after_it_nor_where_the_firm_wants_none(shop, run):
    make.lead(shop)
    nothing = {"statements": 0, "mails": 0}
    assert statement_mails.send_due(on=date(2026, 6, 10)) == nothing
    make.policy("statements_are_mailed", value=False)
    assert statement_mails.send_due(on=LOCKED_ON) == nothing


def test_a_month_that_is_posted_and_not_locked_is_not_mailed(shop):
    make.lead(shop)
    SettlementRun.objects.create(
        month=MARCH, state="posted", opened_at=make.org().founded_at, posted_on=date(2026, 4, 6)
    )
    assert statement_mails.send_due(on=LOCKED_ON) == {"statements": 0, "mails": 0}
    assert not StatementMail.objects.exists()


def test_one_statement_that_fails_stops_no_other(shop, run, monkeypatch):
    make.lead(shop)
    with connection.cursor() as cursor, transaction.atomic():
        # Nothing of ours is replaced: the database itself refuses this one ME.
        cursor.execute(
            "ALTER TABLE ledger_statementmail ADD CONSTRAINT not_this_one"
            f" CHECK (micro_enterprise_id <> {shop.pk})"
        )
    assert statement_mails.send_due(on=LOCKED_ON)["statements"] == 1
    assert not StatementMail.objects.filter(micro_enterprise=shop).exists()


def test_finding_whom_to_send_to_needs_a_fixed_number_of_queries_when_all_is_sent(shop, run):
    def asked():
        with CaptureQueriesContext(connection) as found:
            statement_mails.send_due(on=LOCKED_ON)
        return len(found)

    asked()
    few = asked()
    for number in range(20):
        extra = make.me(f"Extra {number}")
        make.granted(extra, "1.00", month=APRIL)
    assert asked() == few
