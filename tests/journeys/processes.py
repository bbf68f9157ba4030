"""Processes of the product that a test may kill, and a PostgreSQL that it may stop."""

import os
import signal
import socket
import sys
from contextlib import ExitStack, closing, contextmanager, suppress
from http.client import HTTPConnection
from itertools import count
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit, urlunsplit

import environ
from django.db import connection

from devstack import servers
from devstack.checkout import server_account
from devstack.processes import answer, comes_true, start, stop

PATIENCE = 60
_numbers = count(1)
# What was committed is in the system's memory, which outlives the server.
_KEEPS_WORD = ("-cfsync=off", "-cfull_page_writes=off")


def environment(*, broker="", database=""):
    parts = urlsplit(os.environ["DATABASE_URL"])
    url = urlunsplit(parts._replace(path=f"/{connection.settings_dict['NAME']}"))
    env = os.environ | {"DATABASE_URL": database or url}
    return env | ({"REDIS_URL": broker} if broker else {})


class Worker:
    """`celery worker` with one child that does the work, as a group that can be killed."""

    def __init__(self, folder, **where):
        self.log = folder / f"worker-{next(_numbers)}.log"
        command = [sys.executable, "-Wignore", "-m", "celery", "--app=config", "--quiet", "worker"]
        command += ["--concurrency=1", "--loglevel=info", "--without-gossip", "--without-mingle"]
        command += ["--without-heartbeat", f"--hostname={self.log.stem}@faults"]
        with self.log.open("wb") as words:
            self.process = start(command, env=environment(**where), output=words)

    def is_ready(self):
        return " ready." in self.log.read_text()

    def children(self):
        own = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        return [int(each) for each in own.read_text().split()]

    def kill_child(self):
        for each in self.children():
            with suppress(ProcessLookupError):
                os.kill(each, signal.SIGKILL)

    def kill(self):
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


@contextmanager
def working(folder, count=1, **where):
    with ExitStack() as stack:
        found = []
        for _ in range(count):
            found.append(Worker(folder, **where))
            stack.callback(stop, found[-1].process)
            stack.callback(found[-1].kill)
        for each in found:
            assert comes_true(each.is_ready, within=PATIENCE), each.log.read_text()
        yield found


class Answer(NamedTuple):
    status: int
    text: str
    headers: dict[str, str]


class Web:
    """Two threads of one web process, as somebody who is signed in sees them."""

    def __init__(self, port, cookie):
        self.port, self.cookie = port, cookie

    def get(self, path, *, is_supervisor=False):
        """As who is signed in, or without a cookie as a supervisor asks."""
        headers = {} if is_supervisor else {"Cookie": f"sessionid={self.cookie}"}
        with closing(HTTPConnection("127.0.0.1", self.port, timeout=20)) as caller:
            caller.request("GET", path, headers=headers)
            answer = caller.getresponse()
            return Answer(answer.status, answer.read().decode(), dict(answer.getheaders()))

    def answers(self):
        with suppress(OSError):
            return self.get("/healthz", is_supervisor=True).status == 200
        return False


@contextmanager
def serving(folder, client, **where):
    """The web process as ./run starts it, for whom this test client is signed in as."""
    with closing(socket.create_server(("127.0.0.1", 0))) as free:
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "gunicorn", "config.wsgi", f"--bind=127.0.0.1:{port}"]
    command += ["--workers=1", "--threads=2", "--no-control-socket"]
    log = folder / "web.log"
    with log.open("wb") as words:
        process = start(command, env=environment(**where), output=words)
    try:
        web = Web(port, client.cookies["sessionid"].value)
        assert comes_true(web.answers, within=PATIENCE), log.read_text()
        yield web
    finally:
        stop(process)


class Database:
    """A PostgreSQL of its own that stops as `pg_ctl -m fast` and `-m immediate` stop it."""

    FAST, IMMEDIATE = signal.SIGINT, signal.SIGQUIT

    def __init__(self, server):
        self.url, self.process = server.url, server.process
        self._sockets = Path(server.url.partition("?host=")[2])

    def copy(self, url):
        programs = Path(self.process.args[0]).parent
        copy = self._sockets / "copy.sql"
        answer([f"{programs}/pg_dump", f"--dbname={url}", f"--file={copy}"], env={})
        answer([f"{programs}/psql", "--quiet", f"--file={copy}", self.url], env={})

    def stop(self, how):
        self.process.send_signal(how)
        self.process.wait(20)
        connection.close()

    def start(self):
        with (self._sockets / "again.log").open("ab") as words:
            self.process = start(
                self.process.args, env={}, folder=Path("/"), output=words,
                account=server_account(), farewell=signal.SIGINT,
            )  # fmt: skip
        assert comes_true(lambda: servers._has_database(self._sockets), within=20)  # noqa: SLF001


@contextmanager
def database_of_its_own():
    """Django, in this process too, speaks to a server that nobody else uses.

    Its tables are copied: to migrate a second time takes much longer.
    """
    with ExitStack() as stack:
        server = stack.enter_context(servers._postgres(_KEEPS_WORD, keep=False))  # noqa: SLF001
        found = Database(server)
        stack.callback(lambda: stop(found.process, Database.FAST))
        found.copy(environment()["DATABASE_URL"])
        connection.close()
        settings, before = connection.settings_dict, dict(connection.settings_dict)
        stack.callback(settings.update, before)
        stack.callback(connection.close)
        settings.update(environ.Env.db_url_config(server.url))
        yield found
