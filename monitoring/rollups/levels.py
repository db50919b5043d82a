"""Levels of detail: each row of the log is in one sum of every level, so that a question is answered from the fewest
rows that tell its dimensions apart. A level is the set of these, as bits; a key lies within its team, and provider and
model go together."""

from __future__ import annotations

from collections.abc import Iterable

TEAM, KEY, TARGET = 1, 2, 4
FINEST = TEAM | KEY | TARGET
COARSER = (0, TEAM, TARGET, TEAM | TARGET, TEAM | KEY)
ALL_SQL = f"level IN ({', '.join(map(str, sorted({*COARSER, FINEST})))})"  # the index begins with the level
DIMENSIONS = {"team_id": TEAM, "api_key_id": TEAM | KEY, "provider": TARGET, "model": TARGET}


def level_of(dimensions: Iterable[str]) -> int:
    """The coarsest level that tells these columns apart."""
    level = 0
    for name in dimensions:
        level |= DIMENSIONS[name]
    return level


def coarser_sql() -> str:
    """The coarser levels as a table: its number, and which dimensions it keeps (1 or 0)."""
    rows = (
        f"SELECT {level} AS level, {level & TEAM} AS team, {(level & KEY) // KEY} AS key, "
        f"{(level & TARGET) // TARGET} AS target"
        for level in COARSER
    )
    return " UNION ALL ".join(rows)
