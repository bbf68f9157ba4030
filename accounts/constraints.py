"""The database keeps the promise; this puts its refusal into words."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import IntegrityError, transaction

from accounts.errors import Refused


def name_of(error: IntegrityError) -> str | None:
    """The name of the constraint or trigger that refused, as PostgreSQL tells it."""
    diagnosis = getattr(error.__cause__, "diag", None)
    return getattr(diagnosis, "constraint_name", None)


@contextmanager
def saying(**refusals: Refused) -> Iterator[None]:
    """Each keyword is the name of a constraint; any other one stays the fault that it is."""
    try:
        with transaction.atomic():
            yield
    except IntegrityError as error:
        refusal = refusals.get(name_of(error) or "")
        if refusal is None:
            raise
        raise refusal from error
