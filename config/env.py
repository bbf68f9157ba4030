"""The only reader of the environment; what is missing stops the start with one sentence."""

import os

import environ


def text(name: str, default: str | None = None) -> str:
    """Empty counts as absent, so that compose may pass on what nobody has set."""
    value = os.environ.get(name) or default
    if value is None:
        raise SystemExit(f"Set {name} in the environment; .env.example explains it.")
    return value


def flag(name: str, *, default: bool) -> bool:
    value = text(name, "on" if default else "off")
    if value not in ("on", "off"):
        raise SystemExit(f"{name} must be on or off, not {value!r}.")
    return value == "on"


def names(name: str, default: str = "") -> list[str]:
    return [part.strip() for part in text(name, default).split(",") if part.strip()]


def address(name: str, *, hosts: list[str], is_secure: bool) -> str:
    """Without a slash at its end; by default the first host by HTTPS, or this machine's port."""
    usual = f"https://{hosts[0].lstrip('*.') or 'localhost'}" if hosts else "https://localhost"
    url = text(name, usual if is_secure else f"http://127.0.0.1:{text('PORT', '8000')}")
    if not url.startswith(("https://", "http://")):
        raise SystemExit(f"{name} must start with https:// or http://, not {url!r}.")
    return url.rstrip("/")


def database(name: str) -> dict[str, object]:
    url = text(name)
    if not url.startswith(("postgres://", "postgresql://")):
        raise SystemExit(f"{name} must start with postgres://, the only database here.")
    return {**environ.Env.db_url_config(url), "CONN_MAX_AGE": 60, "CONN_HEALTH_CHECKS": True}


def redis(name: str) -> str:
    url = text(name)
    if not url.startswith(("redis://", "rediss://", "unix://")):
        raise SystemExit(f"{name} must start with redis://, rediss:// or unix://.")
    return url


def broker(name: str) -> str:
    """Celery has its own words for a socket; redis-py and Django's cache say unix://."""
    url = redis(name)
    if not url.startswith("unix://"):
        return url
    return url.replace("unix://", "redis+socket://", 1).replace("?db=", "?virtual_host=", 1)


def mail(name: str, default: str) -> dict[str, object]:
    return dict(environ.Env.email_url_config(text(name, default)))
