"""When the database itself is away: restarted, moved to another machine, out of reach."""

from django.db import InterfaceError, OperationalError

# Classes of SQLSTATE: it shuts down or starts up; the connection to it broke.
_AWAY = ("57P", "08")


def is_outage(error: BaseException | None) -> bool:
    """Whether the database could not be asked, as opposed to one that answered no.

    A deadlock or a timeout is an answer. An error without a code comes from the client's own side:
    there was nobody to give one.
    """
    if not isinstance(error, OperationalError | InterfaceError):
        return False
    code = getattr(error.__cause__, "pgcode", None)
    return code is None or code.startswith(_AWAY)
