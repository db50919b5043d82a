"""The settings row, compiled for the snapshot."""

from __future__ import annotations

from gateway.cache.compiled import ASKED, NO_CACHING, OFF, ON, Caching
from gateway.models import ApiKey, Route
from gateway.models.caching import CacheSettings

CACHING_LABELS = frozenset(one._meta.label for one in (CacheSettings, ApiKey, Route))
MEGABYTE = 2**20

__all__ = ["CACHING_LABELS", "NO_CACHING", "compile_caching"]


def compile_caching() -> Caching:
    row = CacheSettings.current()
    return Caching(
        mode=row.mode,
        seconds=row.seconds,
        shared=row.share_between_teams,
        join=row.join,
        memory_bytes=row.memory_megabytes * MEGABYTE,
        disk_bytes=row.disk_megabytes * MEGABYTE,
        use_redis=row.use_redis,
        similar_model=row.similar_model.strip(),
        similar_threshold=row.similar_threshold,
        elsewhere=row.mode == OFF and _turned_on_elsewhere(),
    )


def _turned_on_elsewhere() -> bool:
    """Asked only where the settings have it off: it looks through every API key."""
    wanted = (ASKED, ON)
    on_route = Route.objects.filter(enabled=True, cache__in=wanted).exists()
    return on_route or ApiKey.objects.filter(enabled=True, cache__in=wanted).exists()
