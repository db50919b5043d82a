"""Tests read nothing of the developer's: no .env, no data directory, no keys that lie in the shell."""

from __future__ import annotations

import re
from collections.abc import MutableMapping
from pathlib import Path

EXAMPLE = Path(__file__).resolve().parent.parent / ".env.example"
SERVICES = "SWITCHBOARD_TEST_SERVICES"  # set by tests.services: DATABASE_URL and REDIS_URL are the tests' own
PROVIDERS = re.compile(r"[A-Z][A-Z0-9_]*_(ENABLED|API_KEY|AUTH_TOKEN|BASE_URL|API_BASE|MODEL|TOKEN_[0-9]+)\Z")


def documented() -> set[str]:
    """The variables of ``.env.example``."""
    return set(re.findall(r"^# ?([A-Z][A-Z0-9_]*)=", EXAMPLE.read_text(), flags=re.MULTILINE))


def isolate(environ: MutableMapping[str, str], *, data_dir: Path) -> None:
    """Takes every variable of Switchboard's and every provider's out of ``environ``, and points it at ``data_dir``."""
    kept = {"DATABASE_URL", "REDIS_URL", "ENCRYPTION_KEYS"} if environ.get(SERVICES) else set()
    for name in list(environ):
        if (name in documented() or PROVIDERS.match(name)) and name not in kept:
            del environ[name]
    environ["SWITCHBOARD_ENV_FILE"] = str(data_dir / "no.env")
    environ["DATA_DIR"] = str(data_dir)
