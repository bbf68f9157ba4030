"""Facts of this checkout: where its data lives, who serves it, who is using it now."""

import fcntl
import hashlib
import json
import os
import pwd
import secrets
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple, TextIO, TypedDict

ROOT = Path(__file__).resolve().parent.parent
VAR = ROOT / "var"
_KEY = f"devstack-{hashlib.sha256(bytes(ROOT)).hexdigest()[:8]}"


class Refused(Exception):
    """What stands in the way, in words for the person at the terminal."""


class Occupied(Refused):
    """Another command holds this checkout; `facts` name its servers once they run."""

    def __init__(self, noted: str) -> None:
        self.command, self.process, self.facts = json.loads(noted or '["./run", "?", {}]')
        who = f"{self.command} (process {self.process})"
        super().__init__(f"{who} is already at work in this checkout; stop it first (Ctrl-C).")


class Login(TypedDict):
    user: int
    group: int
    extra_groups: list[int] | None


class Account(NamedTuple):
    uid: int
    gid: int

    def login(self) -> Login:
        """The words of subprocess; only root may give up its further groups."""
        groups = None if self == ME else list[int]()
        return {"user": self.uid, "group": self.gid, "extra_groups": groups}

    def enters(self, place: Path) -> bool:
        """Asks the kernel: a checkout in root's home is closed to everyone else."""
        question = ["/bin/sh", "-c", 'test -x "$0"', str(place)]
        answer = subprocess.run(question, cwd="/", **self.login(), check=False)
        return answer.returncode == 0


ME = Account(os.geteuid(), os.getegid())
OWNER = Account(ROOT.stat().st_uid, ROOT.stat().st_gid)


def server_account() -> Account:
    """PostgreSQL refuses root, so root lends it the checkout's owner, or nobody."""
    if ME.uid:
        return ME
    nobody = pwd.getpwnam("nobody")
    return OWNER if OWNER.uid else Account(nobody.pw_uid, nobody.pw_gid)


def folder(path: Path) -> Path:
    try:
        path.mkdir(exist_ok=True)
    except PermissionError:
        raise Refused(f"{path} cannot be made; run as the owner of the checkout.") from None
    return path


def secret() -> str:
    """Made once: a new one at each start would sign everybody out."""
    path = folder(VAR) / "secret_key"
    if not path.exists():
        path.touch(mode=0o600)
        path.write_text(secrets.token_urlsafe(50))
    return path.read_text()


def data_home() -> Path:
    """var/, or a folder outside where the servers' account cannot enter the checkout."""
    if server_account().enters(ROOT):
        return folder(VAR)
    outside = Path("/var/tmp") / _KEY  # noqa: S108  its owner is checked below
    outside.mkdir(mode=0o755, exist_ok=True)
    if outside.lstat().st_uid != ME.uid:
        raise Refused(f"{outside} belongs to somebody else; remove it and start again.")
    return outside


@contextmanager
def scratch() -> Iterator[Path]:
    """A short path, for a socket's holds 107 bytes; what a killed run left goes first."""
    for left in Path(tempfile.gettempdir()).glob(f"{_KEY}-*"):
        if not is_alive(int(left.name.split("-")[2])):
            shutil.rmtree(left, ignore_errors=True)
    place = Path(tempfile.mkdtemp(prefix=f"{_KEY}-{os.getpid()}-"))
    os.chown(place, *server_account())
    try:
        yield place
    finally:
        shutil.rmtree(place, ignore_errors=True)


@contextmanager
def hold(command: str) -> Iterator[TextIO]:
    """The kernel lets go of the lock even after kill -9, so it never goes stale."""
    path = folder(VAR) / "lock"
    try:
        path.touch(mode=0o600)
        lock = path.open("r+")
    except PermissionError:
        raise Refused(
            f"{path} belongs to somebody else; run as the owner of the checkout."
        ) from None
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Occupied(lock.read()) from None
        note(lock, command, {})
        try:
            yield lock
        finally:
            _hand_back()


def _hand_back() -> None:
    """What root made in somebody's checkout becomes theirs, for their next ./run."""
    if not ME.uid and OWNER.uid:
        for place in (VAR, *VAR.rglob("*")):
            os.chown(place, *OWNER, follow_symlinks=False)


def note(lock: TextIO, command: str, facts: dict[str, str]) -> None:
    """Tells other commands in this checkout who is at work and where the servers are."""
    lock.seek(0)
    lock.truncate()
    json.dump([command, os.getpid(), facts], lock)
    lock.flush()


def is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
