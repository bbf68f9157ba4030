"""Mail to people: plain text, sent once the transaction that caused it is committed."""

import logging
from collections.abc import Callable, Sequence
from datetime import datetime
from email.utils import format_datetime, parsedate_to_datetime
from functools import partial
from smtplib import SMTPException

from django.conf import settings
from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend
from django.db import transaction
from django.template.loader import render_to_string

from accounts import clock
from accounts.models import Organization, Person, SentMail, User

logger = logging.getLogger(__name__)
# Name, content and media type of a file.
Attachment = tuple[str, bytes, str]


class DemoMailBackend(BaseEmailBackend):
    """Keeps every mail as a row, one for each reader, so that it can be read at /demo/mails/."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        rows = [
            SentMail(
                sent_at=_caused_at(each), sender=each.from_email[:254], to=reader[:1000],
                subject=str(each.subject)[:500], body=str(each.body),
            )
            for each in email_messages
            for reader in each.recipients()
        ]  # fmt: skip
        SentMail.objects.bulk_create(rows)
        return len(email_messages)


def send(
    template: str,
    *,
    to: Person | User | str,
    subject: str,
    attach: Callable[[], Sequence[Attachment]] | None = None,
    **context: object,
) -> None:
    """Mail one reader: `template` names a text below templates/mail/, which gets the context, the
    reader's `name`, the `organization` and the `site` that its links begin with.

    Whoever has no address, has left or whose log-in is closed gets none. A mail that cannot be
    handed over is logged and undoes nothing. `attach` makes the files, after the commit; the
    demo's mails are read on a page and have none.
    """
    address = address_of(to)
    if not address:
        return
    told = {
        "name": _name_of(to), "organization": Organization.objects.first(),
        "site": settings.PUBLIC_URL, **context,
    }  # fmt: skip
    message = EmailMessage(
        subject=" ".join(subject.split()),
        body=render_to_string(f"mail/{template}.txt", told),
        from_email=settings.DEFAULT_FROM_EMAIL,
        to=[address],
        # The instant of the deed, however long its transaction still takes.
        headers={"Date": format_datetime(clock.now())},
    )
    transaction.on_commit(partial(_deliver, message, template, attach))


def address_of(reader: Person | User | str) -> str:
    """Where mail for a reader goes; empty where none may go."""
    if isinstance(reader, str):
        return reader
    if isinstance(reader, User):
        is_here = reader.person is None or reader.person.left_on is None
        return reader.email if reader.is_active and is_here else ""
    return reader.email if reader.left_on is None else ""


def _name_of(reader: Person | User | str) -> str:
    if isinstance(reader, User):
        return reader.display_name
    return reader.name if isinstance(reader, Person) else ""


def _caused_at(message: EmailMessage) -> datetime:
    date = message.extra_headers.get("Date")
    return parsedate_to_datetime(date) if date else clock.now()


def _deliver(
    message: EmailMessage, template: str, attach: Callable[[], Sequence[Attachment]] | None
) -> None:
    try:
        for each in attach() if attach and not settings.DEMO else ():
            message.attach(*each)
        message.send()
    except (SMTPException, OSError):
        # The address stays out of the log.
        logger.exception("The mail %r could not be handed over.", template)
