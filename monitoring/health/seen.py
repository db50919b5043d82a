"""What of the board's rows a viewer may see."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Protocol, TypeVar

from monitoring.access import Viewer
from monitoring.rollups import figures
from monitoring.rollups.figures import Only, Span

MOST = 500  # models of a provider


class OfTarget(Protocol):
    """A state, an outage or an uptime of ``monitoring.health.board``."""

    @property
    def provider(self) -> str: ...
    @property
    def model(self) -> str: ...


Told = TypeVar("Told", bound=OfTarget)


def seen(viewer: Viewer, rows: Iterable[Told], span: Span, *, source: Any = figures) -> list[Told]:
    """All for who sees everything. Members of teams see how providers are, and the models that their own teams called
    in the span: that somebody called another one is that team's."""
    rows = list(rows)
    if viewer.everything:
        return rows
    called = {
        (name, one.key)
        for name in {row.provider for row in rows if row.model}
        for one in source.by("model", viewer, span, Only(providers=[name]), most=MOST)
    }
    return [row for row in rows if not row.model or (row.provider, row.model) in called]
