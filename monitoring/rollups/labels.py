"""Names for people of what figures are grouped by."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from gateway.models import ApiKey, Team

NONE, OTHERS = "none", "others"


def labels(column: str, keys: Iterable[Any]) -> dict[Any, str]:
    """A name for each. Of a team or key that is gone, the rollups know but its id."""
    wanted = list(keys)
    if column in ("provider", "model"):
        return {key: key or NONE for key in wanted}
    rows = Team.objects if column == "team_id" else ApiKey.objects
    names = dict(rows.filter(pk__in=wanted).values_list("pk", "name"))
    return {key: names.get(key, f"(deleted) {key}") if key else NONE for key in wanted}
