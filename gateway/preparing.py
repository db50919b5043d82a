"""What is done before the server starts, one process at a time: database, first rows, static files."""

from __future__ import annotations

import hashlib
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command
from django.db import OperationalError, connection

from gateway import environment
from gateway.bootstrap import Bootstrapped, bootstrap
from gateway.locks import setup_lock
from providers.env_tokens import sync_tokens
from providers.models import EncryptionCheck
from providers.shipped import sync_shipped


class Unreachable(Exception):
    """The database does not answer; the message names DATABASE_URL or DATA_DIR, and no password."""


def prepare() -> Bootstrapped:
    """Migrations, the encryption check, shipped rows, the environment's tokens, static files, the first start. Raises
    ``Unreachable`` and ``ImproperlyConfigured``."""
    reach_database()
    with setup_lock(settings.DATA_DIR):
        call_command("migrate", interactive=False, verbosity=0)
        EncryptionCheck.verify()
        sync_shipped(simulation_enabled=settings.DEMO_BY_DEFAULT)
        sync_tokens(environment.current())
        collect_static(settings.STATIC_ROOT)
        return bootstrap(password=settings.BOOTSTRAP_ADMIN_PASSWORD, api_key=settings.BOOTSTRAP_API_KEY)


def reach_database() -> None:
    try:
        connection.ensure_connection()
    except OperationalError as error:
        what = (
            "DATABASE_URL: the database cannot be used"
            if settings.POSTGRES
            else "DATA_DIR: the database cannot be opened"
        )
        raise Unreachable(f"{what}: {_without_password(str(error))}") from None


def _without_password(text: str) -> str:
    password = str(connection.settings_dict.get("PASSWORD") or "")
    shown = text.replace(password, "***") if password else text
    return " ".join(shown.split())


def collect_static(target: Path) -> bool:
    """Copies static files to where the server reads them, if one was added, changed or taken away since last time.
    Says whether it did."""
    stamp = target / ".stamp"
    mark = _static_mark()
    if stamp.is_file() and stamp.read_text() == mark:
        return False
    call_command("collectstatic", interactive=False, verbosity=0, ignore_patterns=["*.scss"])
    stamp.write_text(mark)
    return True


def _static_mark() -> str:
    digest = hashlib.sha256(str(settings.STORAGES["staticfiles"]).encode())
    for finder in get_finders():
        for path, storage in finder.list(None):
            file = Path(storage.path(path)).stat()
            digest.update(f"{path}\0{file.st_size}\0{file.st_mtime_ns}\n".encode())
    return digest.hexdigest()
