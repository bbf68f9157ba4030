from collections.abc import Callable
from queue import Empty

import pytest

from config.celery import app


@pytest.fixture
def workers() -> Callable[[], int]:
    """Does what lies in the settlement queue, as a worker would; how many messages there were."""

    def work() -> int:
        done = 0
        with app.connection_for_read() as connection:
            # The stubs know names only; a queue goes as well.
            queue = connection.SimpleQueue(app.amqp.queues["settlement"])  # type: ignore[arg-type]
            while True:
                try:
                    message = queue.get(block=False)
                except Empty:
                    return done
                message.ack()
                arguments = message.payload[0]
                app.tasks[message.headers["task"]](*arguments)
                done += 1

    work()  # What an earlier test left there is not this one's.
    return work
