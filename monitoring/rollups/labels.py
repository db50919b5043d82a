"""Names for people of what figures are grouped by."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from gateway.models import ApiKey, Team
from monitoring.access import Viewer

NONE, OTHERS = "none", "others"


def labels(column: str, keys: Iterable[Any], viewer: Viewer) -> dict[Any, str]:
    """A name for each. Of a team or key that is gone, the rollups know but its id; a key that is another team's by now
    is gone for this one."""
    wanted = list(keys)
    if column in ("provider", "model"):
        return {key: key or NONE for key in wanted}
    teams, keys_ = Team.objects.filter(pk__in=wanted), ApiKey.objects.filter(pk__in=wanted)
    rows = viewer.of_teams(teams, "pk") if column == "team_id" else viewer.of_teams(keys_)
    names = dict(rows.values_list("pk", "name"))
    return {key: names.get(key, f"(deleted) {key}") if key else NONE for key in wanted}
