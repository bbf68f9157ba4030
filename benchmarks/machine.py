"""What the figures were measured on; without it a figure means nothing."""

import os
import platform
from contextlib import closing
from pathlib import Path

import psycopg2


def facts(database: str) -> list[str]:
    """Lines to print above the figures: processor, memory, versions, settings, load before."""
    with closing(psycopg2.connect(database)) as connection, connection.cursor() as cursor:
        cursor.execute("SHOW server_version")
        version = cursor.fetchone()
        cursor.execute(
            "SELECT string_agg(name || ' ' || setting || coalesce(unit, ''), ', ' ORDER BY name)"
            " FROM pg_settings WHERE name IN ('fsync', 'synchronous_commit', 'shared_buffers',"
            " 'max_wal_size', 'full_page_writes')"
        )
        settings = cursor.fetchone()
    return [
        f"{_processor()}, {os.cpu_count()} cores, {_memory()}, load {os.getloadavg()[0]:.1f}",
        f"Python {platform.python_version()}, PostgreSQL {version[0] if version else '?'}",
        settings[0] if settings else "",
    ]


def _processor() -> str:
    return _first_of("/proc/cpuinfo", "model name") or platform.processor()


def _memory() -> str:
    kilobytes = _first_of("/proc/meminfo", "MemTotal").split()
    return f"{int(kilobytes[0]) / 2**20:.0f} GiB" if kilobytes else "unknown"


def _first_of(path: str, name: str) -> str:
    try:
        with Path(path).open() as lines:
            return next((line.split(":", 1)[1].strip() for line in lines if name in line), "")
    except OSError:
        return ""
