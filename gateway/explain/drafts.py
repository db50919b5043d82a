"""Drafts of routes as JSON: what the explain page and API try without saving, and a saved route as such a draft.

    {"routes": [{"name": "smart", "strategy": "auto", "goal": "code", "weights": {"cost": 0.5},
                 "targets": [{"provider": "openai", "model": "gpt-4o", "weight": 2, "when_tools": true}, …]}, …]}

A field has the name and the limits it has in the admin; what is left out is as in a new route there. A draft takes the
place of the route of its name.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.core.exceptions import ValidationError

from gateway.errors import BadRequest
from gateway.models import Route, RouteTarget, Team
from gateway.routing.compiled import CompiledRoute, Conditions, RoutePlace
from gateway.routing.compiling import compile_route
from gateway.routing.goals import GOALS
from gateway.routing.rules import Rules
from providers.catalogue import Catalogue

MOST_ROUTES, MOST_TARGETS = 50, 100
WEIGHTS = ("capability", "cost", "performance", "availability")
ROUTE_FIELDS = (
    "name", "strategy", "goal", "parameters", "context_fallback", "content_fallback",
    "max_attempts", "retries", "deadline", "slow_start", "hedge", "sticky",
)  # fmt: skip
TARGET_FIELDS = (
    "model", "weight", "position", "when_stream", "when_tools", "when_images", "min_input", "max_input",
)  # fmt: skip


def read_drafts(given: Any, *, catalogue: Catalogue, rules: Rules, team_id: int = 0) -> tuple[CompiledRoute, ...]:
    """What ``given`` says, ready to plan with; ``rules`` are the settings'. With a ``team_id`` no other team is known.
    Raises ``BadRequest`` naming the place."""
    routes = given.get("routes") if isinstance(given, dict) else None
    if not isinstance(routes, list) or not routes:
        raise BadRequest(
            'A draft is an object with a list of routes: {"routes": [{"name": …, "targets": […]}]}.', param="draft"
        )
    if len(routes) > MOST_ROUTES:
        raise BadRequest(f"A draft holds at most {MOST_ROUTES} routes.", param="draft.routes")
    read = [_route(one, f"draft.routes[{at}]", catalogue, rules, team_id) for at, one in enumerate(routes)]
    names = [one.name for one in read]
    if twice := next((name for name in names if names.count(name) > 1), None):
        raise BadRequest(f"The draft names the route “{twice}” twice.", param="draft.routes")
    return tuple(read)


def as_draft(route: Route, targets: Iterable[RouteTarget]) -> dict[str, Any]:
    """A saved route as JSON, without what is as usual."""
    said = _said(route, ROUTE_FIELDS, Route)
    weights = {name: value for name in WEIGHTS if (value := getattr(route, f"weight_{name}")) is not None}
    return {
        **said,
        "name": route.name,
        "strategy": route.strategy,
        **({"weights": weights} if weights else {}),
        "targets": [_target_as_draft(one) for one in targets],
    }


def _target_as_draft(target: RouteTarget) -> dict[str, Any]:
    place = {"provider": target.provider.name} if target.provider is not None else {}
    team = {"team": target.team.name} if target.team is not None else {}
    shown = [name for name in TARGET_FIELDS if name not in ("model", "position")]
    return {**place, "model": target.model, **_said(target, shown, RouteTarget), **team}


def _said(row: Any, names: Iterable[str], kind: type[Route | RouteTarget]) -> dict[str, Any]:
    usual = kind()
    return {name: value for name in names if (value := getattr(row, name)) != getattr(usual, name)}


# --- reading -----------------------------------------------------------------------------------


def _route(given: Any, at: str, catalogue: Catalogue, rules: Rules, own_team: int) -> CompiledRoute:
    fields = _object(given, at, (*ROUTE_FIELDS, "weights", "targets"))
    weights, places = fields.pop("weights", {}), fields.pop("targets", [])
    weights = _object(weights, f"{at}.weights", WEIGHTS)
    if not isinstance(places, list) or len(places) > MOST_TARGETS:
        raise BadRequest(f"`{at}.targets` must be a list of at most {MOST_TARGETS}.", param=f"{at}.targets")
    row = Route(**fields, **{f"weight_{name}": value for name, value in weights.items()})
    _check(row, at, ())
    if row.goal and row.goal not in GOALS:
        raise BadRequest(f"`{at}.goal` must be one of {', '.join(GOALS)}.", param=f"{at}.goal")
    read = [_target(one, f"{at}.targets[{number}]", row, catalogue, own_team) for number, one in enumerate(places)]
    ordered = sorted(enumerate(read), key=lambda one: (one[1][0] is None, one[1][0] or 0, one[0]))
    return compile_route(row, [place for _, (_, place) in ordered], rules)


def _target(given: Any, at: str, route: Route, catalogue: Catalogue, own_team: int) -> tuple[int | None, RoutePlace]:
    """Its position, if it has one, and the target."""
    fields = _object(given, at, (*TARGET_FIELDS, "provider", "team"))
    provider_id = _provider(fields.pop("provider", ""), at, catalogue)
    team_id = _team(fields.pop("team", ""), at, own_team)
    row = RouteTarget(**fields)
    _check(row, at, ("route", "provider", "team"))
    if "*" in row.model and "*" not in route.name:
        raise BadRequest(
            f"`{at}.model`: a * stands for the * of the route's name, which has none.", param=f"{at}.model"
        )
    conditions = Conditions(row.when_stream, row.when_tools, row.when_images, row.min_input, row.max_input, team_id)
    place = RoutePlace(provider_id=provider_id, model=row.model, weight=row.weight, conditions=conditions)
    return row.position if "position" in fields else None, place


def _provider(name: Any, at: str, catalogue: Catalogue) -> int:
    """Its id; 0 where none is named."""
    if not name:
        return 0
    found = catalogue.providers.get(name) if isinstance(name, str) else None
    if found is None:
        raise BadRequest(f"`{at}.provider`: there is no provider {str(name)[:60]}.", param=f"{at}.provider")
    return found.id


def _team(name: Any, at: str, own_team: int) -> int:
    if not name:
        return 0
    is_name = isinstance(name, str) and "\0" not in name  # which PostgreSQL refuses
    teams = Team.objects.filter(pk=own_team) if own_team else Team.objects.all()
    found = teams.filter(name=name[:80]).values_list("pk", flat=True).first() if is_name else None
    if found is None:
        raise BadRequest(f"`{at}.team`: there is no team {str(name)[:60]}.", param=f"{at}.team")
    return found


def _object(given: Any, at: str, known: Iterable[str]) -> dict[str, Any]:
    if not isinstance(given, Mapping):
        raise BadRequest(f"`{at}` must be an object.", param=at)
    names = tuple(known)
    for name in given:
        if name not in names:
            raise BadRequest(f"`{at}.{name}` is not known; these are: {', '.join(names)}.", param=f"{at}.{name}")
    return dict(given)


def _check(row: Route | RouteTarget, at: str, apart: Iterable[str]) -> None:
    """The limits of the admin's form. Raises ``BadRequest`` for the first that is not kept."""
    try:
        row.full_clean(exclude=set(apart), validate_unique=False, validate_constraints=False)
    except ValidationError as error:
        field, messages = next(iter(error.message_dict.items()))
        name = field.replace("weight_", "weights.")
        raise BadRequest(f"`{at}.{name}`: {messages[0]}", param=f"{at}.{name}") from None
    except OverflowError:
        raise BadRequest(f"`{at}` holds a number that is too large.", param=at) from None
