"""Drafts of routes: read with the admin's limits, and a saved route as a draft."""

from __future__ import annotations

from typing import Any

import pytest

from gateway.errors import BadRequest
from gateway.explain.drafts import as_draft, read_drafts
from gateway.models import Route, RouteTarget, Team
from gateway.routing.compiled import CompiledRoute, Conditions
from gateway.routing.compiling import compile_routes
from gateway.routing.rules import USUAL_RULES
from providers.catalogue import Catalogue
from providers.models import Provider
from tests.gateway.harness import provider

pytestmark = pytest.mark.django_db


def read(*routes: Any, catalogue: Catalogue | None = None) -> tuple[CompiledRoute, ...]:
    known = catalogue or Catalogue(providers={"openai": provider("openai", id=7)})
    return read_drafts({"routes": list(routes)}, catalogue=known, rules=USUAL_RULES)


def test_a_draft_is_read_in_the_order_of_its_positions() -> None:
    [route] = read(
        {
            "name": "smart",
            "strategy": "auto",
            "goal": "code",
            "weights": {"cost": 0.5},
            "deadline": 30,
            "targets": [
                {"model": "last"},
                {"provider": "openai", "model": "gpt-4o", "weight": 2, "position": 2, "when_tools": True},
                {"model": "first", "position": 1},
            ],
        }
    )
    assert (route.strategy, route.goal, route.weights.cost, route.rules.deadline) == ("auto", "code", 0.5, 30)
    assert [(one.provider_id, one.model) for one in route.targets] == [(0, "first"), (7, "gpt-4o"), (0, "last")]
    assert route.targets[1].conditions == Conditions(tools=True)


@pytest.mark.parametrize(
    ("route", "param", "said"),
    [
        ("x", "draft.routes[0]", "must be an object"),
        ({"name": "a b"}, "draft.routes[0].name", "No blanks"),
        ({"name": "a", "strategy": "dice"}, "draft.routes[0].strategy", "not a valid choice"),
        ({"name": "a", "goal": "glory"}, "draft.routes[0].goal", "must be one of"),
        ({"name": "a", "parameters": {"model": "x"}}, "draft.routes[0].parameters", "no parameter"),
        ({"name": "a", "colour": 1}, "draft.routes[0].colour", "is not known"),
        ({"name": "a", "weights": {"cost": 7}}, "draft.routes[0].weights.cost", "less than or equal to 1"),
        ({"name": "a", "targets": [{"model": "x*"}]}, "draft.routes[0].targets[0].model", "which has none"),
        ({"name": "a", "targets": [{"model": ""}]}, "draft.routes[0].targets[0].model", "cannot be blank"),
        ({"name": "a", "targets": [{"provider": "no", "model": "x"}]}, "draft.routes[0].targets[0].provider", "no pro"),
        ({"name": "a", "targets": [{"model": "x", "team": "no"}]}, "draft.routes[0].targets[0].team", "no team"),
        ({"name": "a", "targets": [{"model": "x", "weight": "many"}]}, "draft.routes[0].targets[0].weight", "integer"),
        ({"name": "a", "targets": [{"model": "x", "min_input": 5, "max_input": 1}]}, "…max_input", "Not less"),
    ],
)
def test_what_is_wrong_is_said_with_its_place(route: Any, param: str, said: str) -> None:
    with pytest.raises(BadRequest) as told:
        read(route)
    assert str(told.value.param).endswith(param.removeprefix("…")) and said in told.value.message


def test_a_draft_without_routes_or_with_one_twice_is_refused() -> None:
    for given in (None, [], {}, {"routes": []}, {"routes": {}}):
        with pytest.raises(BadRequest, match="list of routes"):
            read_drafts(given, catalogue=Catalogue(), rules=USUAL_RULES)
    with pytest.raises(BadRequest, match="twice"):
        read({"name": "a"}, {"name": "a"})


def test_a_saved_route_read_as_its_own_draft_is_the_same_route() -> None:
    row = Provider.objects.create(name="openai", vendor="openai", dispatch="pooled")
    team = Team.objects.create(name="research")
    route = Route.objects.create(
        name="gpt-*", strategy="weighted", weight_cost=0.2, retries=3, hedge=False, parameters={"temperature": 0.1}
    )
    RouteTarget.objects.create(route=route, position=2, model="ollama:llama3.2", team=team)
    RouteTarget.objects.create(
        route=route, position=1, provider=row, model="gpt-*", weight=3, when_images=False, max_input=900
    )
    draft = as_draft(route, route.targets.all())
    assert draft["targets"][0] == {
        "provider": "openai", "model": "gpt-*", "weight": 3, "when_images": False, "max_input": 900,
    }  # fmt: skip
    [saved] = compile_routes().routes
    assert read(draft, catalogue=Catalogue(providers={"openai": provider("openai", id=row.pk)})) == (saved,)
