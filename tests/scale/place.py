"""The database that a large log lies in, and Django set up for it. To be called before anything of the project is
imported."""

from __future__ import annotations

import os
from pathlib import Path

from tests.isolation import isolate
from tests.services import drop_database, with_database

SERVER = "postgresql://postgres@127.0.0.1:5432/postgres"
NAME = "switchboard_scale"
KEY = "c3dpdGNoYm9hcmQtc2NhbGUta2V5LTMyLWJ5dGVzISE="  # of a database that holds nothing real


def set_up(name: str = NAME, *, server: str = "") -> str:
    """Points Django at the database and returns its URL; migrating is the caller's."""
    scratch = Path("/tmp") / f"{name}-data"
    scratch.mkdir(exist_ok=True)
    (scratch / "static").mkdir(exist_ok=True)
    isolate(os.environ, data_dir=scratch)
    url = with_database(server or SERVER, name)
    os.environ.update(
        DATABASE_URL=url,
        ENCRYPTION_KEYS=KEY,
        DJANGO_SETTINGS_MODULE="gateway.settings",
        ALLOWED_HOSTS="testserver,127.0.0.1",
    )
    import django

    django.setup()
    return url


def drop(name: str = NAME, *, server: str = "") -> None:
    drop_database(server or SERVER, name)
