"""Everything the product needs, under one command; `run` calls this inside .venv."""

import http.client
import os
import socket
import sys
import time
from contextlib import closing, suppress
from typing import NoReturn

from devstack import checks
from devstack.checkout import ROOT, VAR, Occupied, Refused, hold, note, secret
from devstack.processes import Family, answer, comes_true, end_on_signals, foreground
from devstack.servers import Server, running

_MANAGE = (sys.executable, str(ROOT / "manage.py"))
_CELERY = ("-m", "celery", "--app=config", "--quiet")
_USAGE = """\
./run               set up and serve everything with the demo company
./run --empty       the same without demo data
./run test ARGS     pass the tests
./run check NAMES   lint, types and the other checks that need no test
./run benchmark     how fast it is, as ratios; says which benchmarks there are
./run manage ARGS   one management command on the same data
./run shell         a Python prompt on the same data"""


def main(arguments: list[str]) -> int:
    end_on_signals()
    try:
        match arguments:
            case []:
                serve({})
            case ["--empty"]:
                serve({"DEMO": "off"})
            case ["manage", *rest]:
                return manage(rest)
            case ["shell"]:
                return manage(arguments)
            case ["check", *names]:
                return checks.run(names)
            case ["benchmark", *rest]:
                return foreground([sys.executable, "-m", "benchmarks", *rest], env=os.environ)
    except Refused as reason:
        _say(str(reason))
        return 1
    _say(_USAGE)
    return 2


def serve(chosen: dict[str, str]) -> NoReturn:
    """Web, worker and beat on their servers, until Ctrl-C or until one of them ends."""
    began = time.monotonic()
    with hold("./run") as lock:
        port = _free_port()
        _say("Starting PostgreSQL and Valkey ...")
        with running(keep=True) as servers:
            facts = _urls(servers) | chosen
            note(lock, "./run", facts)
            env = _environment(facts)
            _say("Preparing the database ...")
            welcome = answer([*_MANAGE, "prepare"], env=env)
            _say("Starting web, worker and beat ...")
            ours = {each.name: each.process for each in servers if each.process}
            with closing(Family(ours, env)) as family:
                _add_product(family, port)
                _watch(family, port, welcome, began)


def manage(arguments: list[str]) -> int:
    """On the servers of the ./run that is up, or on servers of its own meanwhile."""
    command = [*_MANAGE, *arguments]
    try:
        with hold("./run manage"), running(keep=True) as servers:
            return foreground(command, env=_environment(_urls(servers)))
    except Occupied as other:
        if not other.facts:
            raise
        facts = {name: os.environ.get(name) or fact for name, fact in other.facts.items()}
        return foreground(command, env=_environment(facts))


def _urls(servers: list[Server]) -> dict[str, str]:
    return {each.variable: each.url for each in servers}


def _environment(facts: dict[str, str]) -> dict[str, str]:
    """A machine of one's own: plain HTTP, nothing to build first, made-up data."""
    ours = {"HTTPS": "off", "STATIC_BUILT": "off", "DEMO": "on", "PYTHONUNBUFFERED": "1"}
    if not os.environ.get("SECRET_KEY"):
        ours["SECRET_KEY"] = secret()
    given = {name: value for name, value in os.environ.items() if value}
    # Who wants no bytecode in the checkout gets it beside the data: without any, every process
    # would compile the whole product anew.
    if given.pop("PYTHONDONTWRITEBYTECODE", None):
        ours["PYTHONPYCACHEPREFIX"] = str(VAR / "bytecode")
    return {**ours, **given, **facts}


def _free_port() -> int:
    """Tried for two seconds: a run that was just killed may still be letting go of it."""
    wanted = os.environ.get("PORT") or "8000"
    if not wanted.isdecimal() or not 0 < int(wanted) < 65536:
        raise Refused(f"PORT={wanted} is no port; choose a number, like PORT=8001 ./run")
    if not comes_true(lambda: _is_free(int(wanted)), within=2):
        raise Refused(f"Port {wanted} is taken; choose another, like PORT=8001 ./run")
    return int(wanted)


def _is_free(port: int) -> bool:
    with suppress(OSError), socket.create_server(("127.0.0.1", port)):
        return True
    return False


def _add_product(family: Family, port: int) -> None:
    # Loaded once and then forked: on two cores that is a second less until it answers.
    web = ("gunicorn", "config.wsgi", f"--bind=127.0.0.1:{port}", "--workers=2", "--threads=4")
    # The control socket lies in the user's home: two checkouts would fight over it.
    family.add("web", "-m", *web, "--preload", "--access-logfile=-", "--no-control-socket")
    worker = ("worker", "--concurrency=2", "--loglevel=info", "--without-mingle")
    # Root is usual in a container; the warning is meant for production.
    family.add("worker", "-Wignore:You're running the worker with superuser", *_CELERY, *worker)


def _add_beat(family: Family) -> None:
    """Last, for nobody waits for it: what it sends is due once an hour."""
    family.add("beat", *_CELERY, "beat", f"--schedule={VAR / 'beat'}", "--loglevel=info")


def _watch(family: Family, port: int, welcome: str, began: float) -> NoReturn:
    # Preparing takes as long as the machine needs; only the product's own start has a limit.
    is_ready, ask_at, started = False, began, time.monotonic()
    while not (fallen := family.fallen()):
        family.listen(0.1)
        now = time.monotonic()
        if is_ready or now < ask_at:
            continue
        ask_at = now + 0.1
        if _is_ready(port):
            is_ready = True
            _add_beat(family)
            took = f"Ready after {now - began:.1f} s"
            _say(f"{took} at http://127.0.0.1:{port}/\n{welcome}Ctrl-C stops.")
        elif now - started > 80:
            raise Refused(
                "Not ready 80 seconds after its start; the lines above and var/log/ say why."
            )
    family.listen(0.1)
    raise Refused(f"{fallen}, so everything stops; the lines above and var/log/ say why.")


def _is_ready(port: int) -> bool:
    """Asks by plain HTTP: a proxy named in the environment has no business here."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
    with closing(connection), suppress(OSError, http.client.HTTPException):
        connection.request("GET", "/readyz")
        return connection.getresponse().status == 200
    return False


def _say(words: str) -> None:
    print(words, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
