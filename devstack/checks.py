"""What can be said about the code without running it; `./run check` and continuous integration."""

import os
import subprocess
import sys
import time
from contextlib import ExitStack
from pathlib import Path

from devstack.checkout import ROOT, Refused
from devstack.servers import running

_TOOLS = Path(sys.executable).parent
_MANAGE = (sys.executable, "manage.py")
_CHECKS: dict[str, tuple[str, ...]] = {
    "lint": ("ruff", "check", "."),
    "format": ("ruff", "format", "--check", "."),
    "imports": ("lint-imports",),
    "templates": ("djlint", "--check", "--lint", "--quiet", "templates"),
    "compose": ("check-jsonschema", "--builtin-schema=vendor.compose-spec", "docker-compose.yml"),
    "migrations": (*_MANAGE, "makemigrations", "--check", "--dry-run"),
    "deployment": (*_MANAGE, "check", "--deploy", "--fail-level=WARNING"),
    "types": ("mypy", "."),
}
# Production as .env.example describes it, so that the checks see what it will see.
PRODUCTION = {
    "ALLOWED_HOSTS": "market.example",
    "CSRF_TRUSTED_ORIGINS": "https://market.example",
    "DEBUG": "off",
    "DEMO": "off",
    "HTTPS": "on",
    "STATIC_BUILT": "on",
    "SECRET_KEY": "long enough, and of many different letters: 0123456789 abcdefghijklm",
}


def run(names: list[str]) -> int:
    """All of them even after one fails: a person wants to mend everything at once."""
    if unknown := set(names) - set(_CHECKS):
        words = ", ".join(sorted(unknown))
        raise Refused(f"There is no check {words}; the checks are {', '.join(_CHECKS)}.")
    with ExitStack() as servers:
        urls = {each.variable: each.url for each in servers.enter_context(running(keep=False))}
        env = {**os.environ, **PRODUCTION, **urls}
        failed = [name for name in names or _CHECKS if not _passes(name, env)]
    if failed:
        raise Refused(f"Failed: {', '.join(failed)}. One alone: ./run check {failed[0]}")
    return 0


def command(name: str) -> list[str]:
    """The tools lie beside Python; joined to that folder, an absolute program stays as it is."""
    program, *rest = _CHECKS[name]
    return [str(_TOOLS / program), *rest]


def _passes(name: str, env: dict[str, str]) -> bool:
    began = time.monotonic()
    print(f"{name} ...", flush=True)
    passed = subprocess.run(command(name), cwd=ROOT, env=env, check=False).returncode == 0
    seconds = time.monotonic() - began
    print(f"{name} {'passed' if passed else 'FAILED'} ({seconds:.1f} s)", flush=True)
    return passed
