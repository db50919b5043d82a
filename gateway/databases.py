"""DATABASE_URL as Django's settings, and SQLite as this project needs it."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import environ
from django.core.exceptions import ImproperlyConfigured

FORM = "write it as postgres://user:password@host:5432/name, with special characters percent-encoded."


def database(url: str, data_dir: Path) -> dict[str, Any]:
    """The settings of the database: SQLite in ``data_dir`` without a ``url``. Raises ``ImproperlyConfigured`` naming
    DATABASE_URL and never its password."""
    if not url:
        return sqlite(data_dir / "switchboard.sqlite3")
    try:
        with warnings.catch_warnings(action="ignore"):  # they quote the password
            config: dict[str, Any] = environ.Env.db_url_config(url)
    except Exception:  # the parser's own message may quote the password
        raise ImproperlyConfigured(f"DATABASE_URL cannot be read: {FORM}") from None
    engine = config.get("ENGINE", "")
    if engine == "django.db.backends.sqlite3" and config["NAME"] not in {"", ":memory:"}:
        return sqlite(Path(config["NAME"]))
    if engine != "django.db.backends.postgresql" or not config["NAME"]:
        raise ImproperlyConfigured(f"DATABASE_URL must name a PostgreSQL database: {FORM}")
    config.setdefault("CONN_HEALTH_CHECKS", True)
    config.setdefault("CONN_MAX_AGE", 60)
    config["OPTIONS"] = {"connect_timeout": 10, **config.get("OPTIONS", {})}
    return config


def sqlite(path: Path) -> dict[str, Any]:
    """WAL, so that readers and the one writer do not wait for each other; IMMEDIATE, so that a transaction that
    will write waits at its begin and not in its middle, where SQLite would refuse it at once."""
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": path,
        "OPTIONS": {
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA cache_size=-16000;",
        },
    }
