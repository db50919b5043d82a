"""Asking the routing of this process what it would do. Nothing is sent to any vendor."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import msgspec

from gateway import environment
from gateway.errors import BadRequest, NotReady
from gateway.explain.picture import Picture, picture
from gateway.models import ApiKey, Route, Team
from gateway.routing.compiled import CompiledRoute
from gateway.routing.compiling import compile_routes
from gateway.routing.explain import Asked, explain, explain_now
from gateway.routing.live import Live
from gateway.routing.story import encode
from gateway.runtime import running
from gateway.snapshot import KeyFacts, Snapshot, TeamFacts
from providers.breaker import Breakers
from providers.catalogue import Catalogue
from providers.compiling import compile_catalogue
from providers.measures import Measures
from providers.pool import Pool

EXAMPLE = "example"  # what a star stands for where no known model fits


class Foreseen(NamedTuple):
    """What would happen, drawn. ``error``: its code and message; ``note``: of what request this is said."""

    note: str
    plan: Picture | None
    error: dict[str, Any] | None


def snapshot_here() -> Snapshot:
    """The one in force in this process; read from the database where none serves here."""
    runtime = running()
    if runtime is not None:
        return runtime.snapshots.current
    teams = {row[0]: TeamFacts(*row) for row in Team.objects.values_list("id", "name", "store_content")}
    return Snapshot(catalogue=compile_catalogue(environment.current()), teams=teams, routes=compile_routes())


def ask(asked: Asked, *, drafts: Sequence[CompiledRoute] | None = None) -> dict[str, Any]:
    """What ``gateway.routing.explain`` answers, in JSON's kinds. In a process that does not serve, without anything
    measured. Raises ``BadRequest`` for what is no request, and ``NotReady`` where the serving loop is too busy."""
    answer: dict[str, Any] = msgspec.json.decode(encode(_asked(asked, drafts)))
    return answer


def _asked(asked: Asked, drafts: Sequence[CompiledRoute] | None) -> dict[str, Any]:
    runtime = running()
    if runtime is None:
        idle = Live(pool=Pool(), breakers=Breakers(), measures=Measures(), seed=0)
        return explain(snapshot_here(), idle, asked, drafts=drafts)
    try:
        return explain_now(runtime, asked, drafts=drafts)
    except TimeoutError:
        raise NotReady("The server is too busy to say what it would do. Try again in a moment.") from None


def foresee(asked: Asked, *, note: str, drafts: Sequence[CompiledRoute] | None = None) -> Foreseen:
    """The same, drawn; a request that is none is told like an error of the plan."""
    try:
        answer = ask(asked, drafts=drafts)
    except (BadRequest, NotReady) as error:
        return Foreseen(note, None, {"code": error.code, "message": error.message})
    return Foreseen(note, picture(answer["story"]), answer["error"])


def would_happen(route: Route, catalogue: Catalogue) -> Foreseen:
    """To a short question sent to a route's name."""
    if not route.enabled:
        return Foreseen("Nothing: the route is disabled, and its name means what it would mean without it.", None, None)
    name = example_name(route.name, catalogue)
    asked = Asked(body={"model": name, "messages": [{"role": "user", "content": "Hello"}]})
    return foresee(asked, note=f"To a short question for “{name}”.")


def example_name(name: str, catalogue: Catalogue) -> str:
    """``name``, or for a wildcard the first known model that it matches."""
    first, star, last = name.partition("*")
    if not star:
        return name
    fitting = (
        model
        for model in sorted(catalogue.by_model)
        if len(model) > len(first) + len(last) and model.startswith(first) and model.endswith(last)
    )
    return next(fitting, f"{first}{EXAMPLE}{last}")


def key_facts(key: ApiKey) -> KeyFacts:
    """An API key's row as calls see it."""
    return KeyFacts(
        key.pk,
        key.name,
        key.team_id or 0,
        key.enabled,
        key.expires_at.timestamp() if key.expires_at else 0.0,
        frozenset(key.scopes or ()),
        tuple(key.allowed_models or ()),
        key.max_in_flight,
        key.priority,
        tuple(key.tags or ()),
        key.cache,
        key.cache_seconds,
    )


def key_named(name: str, *, team_id: int = 0) -> KeyFacts:
    """Raises ``BadRequest`` for a name that no API key (of that team, 0 for any) has."""
    keys = ApiKey.objects.filter(team_id=team_id) if team_id else ApiKey.objects.all()
    key = keys.filter(name=name[:80]).defer("hash").first() if "\0" not in name else None
    if key is None:
        raise BadRequest(f"There is no API key called “{name[:80]}”.", param="api_key")
    return key_facts(key)
