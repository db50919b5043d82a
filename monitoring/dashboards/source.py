"""Where dashboards take their figures from: ``monitoring.rollups.figures``, or whatever answers alike."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Protocol

from monitoring.access import Viewer
from monitoring.rollups.figures import Figures, Group, Only, Point, Span


class Source(Protocol):
    """The functions are told of in ``monitoring.rollups.figures``."""

    def totals(self, viewer: Viewer, span: Span, only: Only = ...) -> Figures: ...

    def by(self, dimension: str, viewer: Viewer, span: Span, only: Only = ..., *, most: int = ...) -> list[Group]: ...

    def series(self, viewer: Viewer, span: Span, only: Only = ..., *, step: timedelta | None = ...) -> list[Point]: ...

    def series_by(
        self,
        dimension: str,
        viewer: Viewer,
        span: Span,
        only: Only = ...,
        *,
        step: timedelta | None = ...,
        most: int = ...,
    ) -> list[tuple[Group, list[Point]]]: ...

    def fresh_until(self) -> datetime | None: ...
