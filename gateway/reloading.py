"""Reading the environment again: token rows follow it, and every process is told to do the same."""

from __future__ import annotations

from collections.abc import Mapping

from django.db import transaction
from django.db.models import F

from gateway import environment
from providers.env import unused
from providers.env_tokens import Synced, sync_tokens
from providers.models import ConfigVersion, Provider


def announce(environ: Mapping[str, str]) -> Synced:
    """Brings the token rows in line with ``environ`` and raises the epoch at which processes read ``.env`` again."""
    with transaction.atomic():
        synced = sync_tokens(environ)
        ConfigVersion.bump("environment")
        ConfigVersion.objects.filter(pk=1).update(env_epoch=F("env_epoch") + 1)
    return synced


def warnings() -> list[str]:
    """What stands in ``.env`` and does nothing, as sentences."""
    rows = Provider.objects.only("name", "vendor", "dispatch")
    providers = {row.name: (row.facts, row.enabled) for row in rows if row.facts is not None}
    return unused(environment.current(), environment.from_file(), providers=providers)
