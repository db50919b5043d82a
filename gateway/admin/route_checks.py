"""Routes as the admin checks them: rows as plain facts, against the catalogue in force, with what is odd about each."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from django.db.models import Prefetch, QuerySet

from gateway.explain.asking import snapshot_here
from gateway.models import Route, RouteTarget, RoutingSettings
from gateway.routing.conflicts import Conflict, Level, RouteFacts, TargetFacts, conflicts
from providers.admin import cells
from providers.catalogue import Catalogue

TONES: dict[Level, cells.Tone] = {"error": "red", "warning": "yellow", "note": "blue"}
WORDS: dict[Level, tuple[str, str]] = {
    "error": ("error", "errors"),
    "warning": ("warning", "warnings"),
    "note": ("note", "notes"),
}


def catalogue() -> Catalogue:
    """The one in force."""
    return snapshot_here().catalogue


def facts_of(route: Route, targets: Iterable[RouteTarget]) -> RouteFacts:
    """A row with ``targets`` as they stand, or would stand, in it."""
    return RouteFacts(
        id=route.pk or 0,
        name=route.name,
        enabled=route.enabled,
        strategy=route.strategy,
        targets=tuple(
            TargetFacts(provider=one.provider.name if one.provider is not None else "", model=one.model)
            for one in targets
        ),
        context_fallback=route.context_fallback,
        content_fallback=route.content_fallback,
    )


def every_route() -> list[RouteFacts]:
    return [facts_of(row, row.targets.all()) for row in with_targets(Route.objects.all())]


def with_targets(routes: QuerySet[Route]) -> QuerySet[Route]:
    """With their targets and those's providers, whose secrets stay where they are."""
    targets = RouteTarget.objects.select_related("provider", "team")
    shown = targets.defer("provider__proxy", "provider__secret_settings", "provider__settings")
    return routes.prefetch_related(Prefetch("targets", queryset=shown))


def checked(routes: Sequence[RouteFacts], *, among: Sequence[RouteFacts] | None = None) -> dict[int, list[Conflict]]:
    """What is odd about each of ``routes``, by its id."""
    every, known = every_route() if among is None else among, catalogue()
    settings = RoutingSettings.current()
    backend = settings.default_backend.name if settings.default_backend is not None else ""
    return {one.id: conflicts(one, every, known, default_backend=backend) for one in routes}


def counted(found: Sequence[Conflict]) -> list[tuple[object, cells.Tone]]:
    """``2 warnings``: one chip a level, the worst first."""
    counts = {level: sum(one.level == level for one in found) for level in TONES}
    return [(f"{count} {WORDS[level][count > 1]}", TONES[level]) for level, count in counts.items() if count]
