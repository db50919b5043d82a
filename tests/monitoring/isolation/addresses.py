"""Every address that there is, with what can be asked there. A new one that is not told here fails the test: whoever
adds it says what it takes, and it is walked from then on."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from django.apps import apps
from django.urls import URLPattern, URLResolver, get_resolver

from tests.monitoring.isolation.world import RED, RED_IDS, World

ADMIN = "admin/"
PARAMETER = re.compile(r"<(?:[a-z]+:)?(\w+)>|\(\?P<(\w+)>(?:[^()]|\([^()]*\))*\)")

# --- what can be asked -------------------------------------------------------------------------------

SPANS = ("", "range=1h", "range=30d", "range=1y")
EXPLORER = ("", *(f"since=all{more}" for more in ("", "&status=5xx", "&cached=yes", "&judged=any", "&stream=yes")))
EVENTS = ("", "level=debug", "level=error", "event=response", "limit=1")
REQUESTS = ("", "since=all", "since=all&limit=1", "since=all&status=5xx", "since=all&judged=none")
# By route: queries that tell as much as can be told. "" alone: it takes none.
QUERIES: dict[str, tuple[str, ...]] = {
    "": ("",),
    "api/routing/explain": ("",),
    "api/schema/": ("",),
    "api/docs/": ("",),
    "api/monitoring/providers": ("", "limit=1"),
    "api/monitoring/providers/tokens/all": ("", "provider=openai"),
    "api/monitoring/providers/logs/all": EVENTS,
    "api/monitoring/providers/logs/stats": ("",),
    "api/monitoring/providers/<str:name>/config": ("",),
    "api/monitoring/providers/<str:name>/test": ("",),
    "api/monitoring/providers/<str:name>/models": ("", "enabled=true", "limit=1"),
    "api/monitoring/providers/<str:name>/tokens": ("", "enabled=true"),
    "api/monitoring/providers/<str:name>/rotate-token": ("",),
    "api/monitoring/providers/<str:name>/logs": EVENTS,
    "api/monitoring/providers/<str:name>/logs/clear": ("",),
    "api/^(?!docs$|schema$)": ("",),
    "providers/status": ("", "enabled=true"),
    "providers/metrics": ("", "span=30d"),
    "providers/metrics/reset": ("",),
    "providers/metrics/<str:name>": ("", "span=30d"),
    "providers/logs": REQUESTS,
    "providers/logs/<str:name>": REQUESTS,
    "providers/costs": ("", *(f"span=30d&by={one}" for one in ("provider", "model", "team", "api_key"))),
    "providers/health": ("", "models=true", "span=30d&models=true&provider=openai"),
    "providers/": ("",),
    "dashboards/": (*SPANS, "range=30d&by=team&sort=cost", "range=30d&by=key&all=model", "from=2026-04-01T00:00"),
    "dashboards/data/": (*SPANS, *(f"range=30d&by={one}" for one in ("provider", "model", "team", "key"))),
    "dashboards/providers/": ("",),
    "dashboards/providers/<slug:name>/models/": ("", "text=gpt"),
    "dashboards/providers/<slug:name>/test/": ("",),
    "dashboards/budgets/": ("",),
    "dashboards/reliability/": ("",),
    "dashboards/quality/": ("", "range=7d"),
    "dashboards/quality/data/": ("", "range=7d"),
    "logs/": (*EXPLORER, "part=rows&since=all"),
    r"logs/^export\.(?P<kind>csv|jsonl)$": (*EXPLORER, "since=all&most=1"),
    "logs/<uuid:pk>/": ("",),
    "logs/<uuid:pk>/content/": ("",),
    "playground/": ("",),
    "playground/pass": ("",),
    "playground/cost": ("",),
    "live/": ("",),
    "live/login/": ("", "next=/dashboards/"),
    "live/logout/": ("",),
}

LOG_GUESSES = {
    "team": (str(RED_IDS + 1), f"{RED}-team"),
    "key": (str(RED_IDS + 11), f"{RED}-app", str(RED_IDS + 12)),
    "model": (f"{RED}-finetune",),
    "asked": (f"{RED}-asked",),
    "error": (f"{RED} says",),
    "error_code": (f"{RED}_code",),
    "session": (f"{RED}-chat",),
}
BOARD_GUESSES = {"team": LOG_GUESSES["team"], "key": LOG_GUESSES["key"], "model": LOG_GUESSES["model"]}
EVENT_GUESSES = {"text": (f"{RED} says", f"{RED}-finetune")}
# By route: parameters that could be used to feel for what is red's, with values that are. Each must be answered like a
# value that is nobody's.
GUESSES: dict[str, dict[str, tuple[str, ...]]] = {
    "logs/": LOG_GUESSES,
    r"logs/^export\.(?P<kind>csv|jsonl)$": LOG_GUESSES,
    "providers/logs": LOG_GUESSES,
    "providers/logs/<str:name>": LOG_GUESSES,
    "dashboards/": BOARD_GUESSES,
    "dashboards/data/": BOARD_GUESSES,
    "dashboards/providers/<slug:name>/models/": {"text": (f"{RED}-finetune",)},
    "dashboards/quality/": {"team": LOG_GUESSES["team"]},
    "api/monitoring/providers/logs/all": EVENT_GUESSES,
    "api/monitoring/providers/<str:name>/logs": EVENT_GUESSES,
    "api/monitoring/providers/<str:name>/models": {"search": (f"{RED}-finetune",)},
    "api/monitoring/providers": {"search": (f"{RED}-team",)},
    "providers/health": {"provider": (f"{RED}-team",)},
    "live/login/": {"next": (f"/logs/?team={RED}-team",)},
}

# --- what can be sent --------------------------------------------------------------------------------


class Sent(NamedTuple):
    """``form``: as a page's form does it."""

    body: dict[str, Any]
    form: bool = False


FOR_RED = {"team": f"{RED}-team", "model": "gpt-4o"}
ASKED = {"model": "smart", "messages": [{"role": "user", "content": "Hi"}]}
# By route: what can be posted, with red's names and ids; nothing of it changes anything for who is not red's or an
# admin. Each must be answered like what is nobody's.
POSTS: dict[str, tuple[Sent, ...]] = {
    "api/routing/explain": (
        Sent({"request": ASKED}),
        Sent({"request": {"model": f"{RED}-finetune"}}),
        Sent({"request": {**ASKED, "model": "thinker"}}),
        Sent({"request": ASKED, "session": f"{RED}-chat"}),
        Sent({"request": ASKED, "api_key": f"{RED}-app"}),
        Sent({"request": ASKED, "draft": {"routes": [{"name": "smart", "targets": [FOR_RED]}]}}),
        Sent({"log_id": "<red>"}),
        Sent({"log_id": "<red>", "api_key": "blue-app"}),
    ),
    "api/monitoring/providers/<str:name>/config": (Sent({"priority": 3}),),
    "api/monitoring/providers/<str:name>/test": (Sent({}),),
    "api/monitoring/providers/<str:name>/rotate-token": (Sent({"fingerprint": "<token>"}),),
    "api/monitoring/providers/<str:name>/logs/clear": (Sent({}),),
    "providers/metrics/reset": (Sent({}),),
    "dashboards/providers/<slug:name>/test/": (Sent({}, form=True),),
    "logs/<uuid:pk>/content/": (Sent({}, form=True),),
    "playground/pass": (Sent({"key": str(RED_IDS + 11)}, form=True), Sent({"key": str(RED_IDS + 12)}, form=True)),
    "live/login/": (Sent({"username": f"{RED}-rita", "password": "wrong"}, form=True),),
    "live/logout/": (Sent({}, form=True),),
}

# --- every address -----------------------------------------------------------------------------------


class Address(NamedTuple):
    route: str
    path: str

    @property
    def in_admin(self) -> bool:
        return self.route.startswith(ADMIN)


def routes() -> list[tuple[str, Any]]:
    """The whole pattern and the view of each address of the site."""
    return list(_routes(get_resolver().url_patterns))


def _routes(patterns: Iterable[Any], before: str = "") -> Iterator[tuple[str, Any]]:
    for one in patterns:
        if isinstance(one, URLResolver):
            yield from _routes(one.url_patterns, before + str(one.pattern))
        else:
            assert isinstance(one, URLPattern)
            yield before + str(one.pattern), one.callback


def takes_posts(view: Any) -> bool:
    kind = getattr(view, "view_class", None) or getattr(view, "cls", None)
    return kind is not None and hasattr(kind, "post") and "post" in kind.http_method_names


def addresses(world: World) -> list[Address]:
    """Raises ``LookupError`` for one that nobody told how to fill."""
    return [Address(route, path) for route, _ in routes() for path in filled(route, world)]


def filled(route: str, world: World) -> list[str]:
    """The route as addresses: with red's, nobody's and blue's ids."""
    if route in WHOLE:
        return [f"/{one}" for one in WHOLE[route]]
    names = [first or second for first, second in PARAMETER.findall(route)]
    if not names:
        plain = route.replace("^", "").replace("$", "")
        assert re.fullmatch(r"[A-Za-z0-9_./-]*", plain), f"{route} is not understood: tell it in WHOLE"
        return [f"/{plain}"]
    return [f"/{_with(route, values)}" for values in _values(route, names, world)]


def _with(route: str, values: Iterable[str]) -> str:
    following = iter(values)
    plain = route.replace("^", "").replace("$", "").replace("\\", "")
    return PARAMETER.sub(lambda _: next(following), plain)


def _values(route: str, names: list[str], world: World) -> Iterator[tuple[str, ...]]:
    if route.startswith(ADMIN):
        yield from (tuple(one for _ in names) for one in _objects(route))
    elif names == ["pk"] and route.startswith("logs/"):
        owners = ("blue", "red", "nobody")
        yield from ((one,) for owner in owners for one in world.requests.get(owner, ())[:2])
    elif names == ["name"]:
        yield from ((one,) for one in ("openai", "groq"))
    elif names == ["kind"]:
        yield from (("csv",), ("jsonl",))
    else:
        raise LookupError(f"Nobody told how to fill {route}: see tests/monitoring/isolation/addresses.py")


def _objects(route: str) -> list[str]:
    """The id of the newest row of the admin page's model: red's, or an admin's."""
    _, app, model, *_ = route.split("/")
    rows = apps.get_model(app, model).objects.order_by("-pk").values_list("pk", flat=True)
    return [str(pk) for pk in rows[:1]] or ["1"]


WHOLE: dict[str, list[str]] = {
    "api/^(?!docs$|schema$)": ["api/", "api/monitoring/teams", f"api/monitoring/{RED}-team"],
    "providers/": ["providers/", f"providers/{RED}-team"],
    "admin/r/<path:content_type_id>/<path:object_id>/": [f"admin/r/1/{RED_IDS + 1}/"],
    "admin/^(?P<app_label>providers|auth|gateway|monitoring)$": [],
    "admin/^(?P<app_label>providers|auth|gateway|monitoring)/$": [
        f"admin/{app}/" for app in ("providers", "auth", "gateway", "monitoring")
    ],
    "admin/(?P<url>.*)$": [f"admin/{RED}-team"],
}
