"""The installation's own secrets: made at the first start, kept in files only their owner can read."""

from __future__ import annotations

import base64
import os
from collections.abc import Callable, Sequence
from pathlib import Path

from cryptography.fernet import Fernet
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.core.exceptions import ImproperlyConfigured
from django.core.management.utils import get_random_secret_key


def private_directory(path: Path) -> Path:
    """``path``, made with mode 0700 if it was not there. Raises ``ImproperlyConfigured`` naming DATA_DIR."""
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise ImproperlyConfigured(f"DATA_DIR={path}: cannot be made or used ({error.strerror}).") from error
    return path


def kept(path: Path, make: Callable[[], str]) -> str:
    """The secret in ``path``, made and written (0600) if there is none. Two processes that start at once agree:
    the file appears whole, under its name, exactly once."""
    try:
        return path.read_text().strip()
    except FileNotFoundError:
        pass
    except OSError as error:
        raise ImproperlyConfigured(f"{path}: cannot be read ({error.strerror}).") from error
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(make() + "\n")
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(draft, path)
        except FileExistsError:
            pass
    except OSError as error:
        raise ImproperlyConfigured(f"DATA_DIR={path.parent}: cannot be written ({error.strerror}).") from error
    finally:
        draft.unlink(missing_ok=True)
    return path.read_text().strip()


def secret_key(data_dir: Path, given: str, encryption_keys: Sequence[str], *, shared: bool) -> str:
    """``SECRET_KEY``: as given; else derived from the first encryption key where several machines must agree; else
    kept in ``data_dir``."""
    if given:
        return given
    if shared:
        derived = HKDF(algorithm=hashes.SHA256(), length=48, salt=None, info=b"switchboard secret key")
        return base64.urlsafe_b64encode(derived.derive(encryption_keys[0].encode())).decode()
    return kept(data_dir / "secret_key", get_random_secret_key)


def encryption_keys(data_dir: Path, given: Sequence[str], *, shared: bool) -> list[str]:
    """``ENCRYPTION_KEYS``: as given, else kept in ``data_dir``. Raises ``ImproperlyConfigured`` where a database
    server is configured without keys: another machine would make its own and read nothing."""
    keys = [key.strip() for key in given if key.strip()]
    if keys:
        return keys
    if shared:
        raise ImproperlyConfigured(
            "DATABASE_URL is set but ENCRYPTION_KEYS is not: every machine needs the same key. Make one with: "
            'python -c "from cryptography.fernet import Fernet; print(Fernet.generate_key().decode())"'
        )
    return [kept(data_dir / "encryption_key", lambda: Fernet.generate_key().decode())]
