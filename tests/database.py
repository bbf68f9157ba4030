"""Real threads on real connections, for what only happens when two do it at once."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from django.db import connection


def at_once(calls, *, timeout=60):
    """Run every call in a thread and connection of its own, all released at the same instant.

    The results come in the order of the calls; the first exception is raised. Tests that use it
    need `pytest.mark.django_db(transaction=True)`.
    """
    start = Barrier(len(calls))

    def run(call):
        try:
            start.wait(timeout)
            return call()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(calls)) as pool:
        return [job.result(timeout) for job in [pool.submit(run, call) for call in calls]]
