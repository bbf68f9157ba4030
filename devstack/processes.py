"""Child processes that never outlive their parent and whose lines carry their name."""

import ctypes
import os
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import IO, NoReturn

from devstack.checkout import ME, ROOT, Account, Refused

Process = subprocess.Popen[bytes]
_ENDINGS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_LIBC = ctypes.CDLL(None)
_SET_PARENT_DEATH_SIGNAL = 1


def end_on_signals() -> None:
    """Turns Ctrl-C and its kin into an ordinary exit, so that every `with` closes in order."""
    for each in _ENDINGS:
        signal.signal(each, _end)


def _end(number: int, frame: object) -> NoReturn:
    """Once asked to stop, finish: a second Ctrl-C must not leave half of it running."""
    for each in _ENDINGS:
        signal.signal(each, signal.SIG_IGN)
    sys.exit(128 + number)


def _die_with(parent: int, farewell: int) -> None:
    """Runs in the child: kill -9 of the parent must leave nobody holding port or data."""
    if sys.platform == "linux":
        _LIBC.prctl(_SET_PARENT_DEATH_SIGNAL, farewell)
        if os.getppid() != parent:
            os._exit(1)


def start(
    command: Sequence[str],
    *,
    env: Mapping[str, str],
    output: int | IO[bytes] | None = subprocess.PIPE,
    folder: Path = ROOT,
    account: Account = ME,
    farewell: signal.Signals = signal.SIGTERM,
) -> Process:
    """With output of its own it gets a session of its own, out of reach of the Ctrl-C we heed."""
    return subprocess.Popen(
        command,
        env=env,
        cwd=folder,
        stdin=None if output is None else subprocess.DEVNULL,
        stdout=output,
        stderr=None if output is None else subprocess.STDOUT,
        **account.login(),
        start_new_session=output is not None,
        # Safe, as this program has no threads; and it runs after the change of user that undoes it.
        preexec_fn=partial(_die_with, os.getpid(), farewell),  # noqa: PLW1509
    )


def stop(process: Process, farewell: signal.Signals = signal.SIGTERM) -> None:
    """Asks first; what has not gone after ten seconds is killed."""
    if process.poll() is None:
        process.send_signal(farewell)
    if not comes_true(lambda: process.poll() is not None, within=10):
        process.kill()
        process.wait()


def comes_true(condition: Callable[[], bool], *, within: float) -> bool:
    limit = time.monotonic() + within
    while not (is_true := condition()) and time.monotonic() < limit:
        time.sleep(0.02)
    return is_true


def foreground(command: Sequence[str], *, env: Mapping[str, str]) -> int:
    """Ctrl-C belongs to the command: at a prompt it clears the line and ends nothing."""
    signal.signal(signal.SIGINT, lambda *_: None)
    process = start(command, env=env, output=None)
    try:
        code = process.wait()
    finally:
        stop(process)
    return code if code >= 0 else 128 - code


def answer(
    command: Sequence[str], *, env: Mapping[str, str], folder: Path = ROOT, account: Account = ME
) -> str:
    """What a command printed; one that fails shows its words and ends everything."""
    process = start(command, env=env, folder=folder, account=account)
    try:
        printed = process.communicate()[0].decode()
    finally:
        stop(process)
    if process.returncode:
        raise Refused(f"{printed}\nFailed: {' '.join(command)}")
    return printed


class Family:
    """Processes that live and die together, and whose output is read by one loop."""

    def __init__(self, servers: Mapping[str, Process], env: Mapping[str, str]) -> None:
        self._env = env
        self._servers = servers
        self._members: dict[str, Process] = {}
        self._unfinished: dict[str, bytes] = {}
        self._pipes = selectors.DefaultSelector()

    def add(self, name: str, *command: str) -> None:
        process = self._members[name] = start([sys.executable, *command], env=self._env)
        if process.stdout:
            self._pipes.register(process.stdout, selectors.EVENT_READ, name)

    def listen(self, seconds: float) -> None:
        """Passes on what was said, whole lines only, so that no two are mixed."""
        for key, _ in self._pipes.select(seconds):
            said = os.read(key.fd, 65536)
            if not said:
                self._pipes.unregister(key.fileobj)
            *lines, rest = (self._unfinished.pop(key.data, b"") + said).split(b"\n")
            self._unfinished[key.data] = rest
            for line in lines:
                print(f"{key.data:<6} | {line.decode(errors='replace')}", flush=True)

    def fallen(self) -> str | None:
        for name, process in {**self._servers, **self._members}.items():
            if process.poll() is not None:
                return f"{name} ended by itself (status {process.returncode})"
        return None

    def close(self) -> None:
        """The youngest goes first: no new work, then no work, then no pages."""
        for name, process in reversed(self._members.items()):
            if process.poll() is None:
                process.terminate()
            limit = time.monotonic() + 10
            while process.poll() is None and time.monotonic() < limit:
                self.listen(0.05)
            stop(process, signal.SIGKILL)
            print(f"{name} stopped.", file=sys.stderr, flush=True)
