"""From a call to its ordered targets, each with the reason it is where it is."""

from __future__ import annotations

from gateway.routing.names import Planned, resolve
from gateway.snapshot import Snapshot

MOST_NAMES = 20_000  # a caller inventing names must not grow the memory


def plan(snapshot: Snapshot, model: str) -> tuple[Planned, ...]:
    """The targets of a model name, best first. Raises ``UnknownModel``."""
    found: tuple[Planned, ...] | None = snapshot.names.get(model)
    if found is None:
        found = resolve(snapshot.catalogue, model)
        if len(snapshot.names) >= MOST_NAMES:
            snapshot.names.clear()
        snapshot.names[model] = found
    return found
