"""What those who watch add to the gateway's pages. The gateway knows no request log; whoever reads it puts a panel
here, and without one the pages stand as well."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from django.db.models import Model
from django.http import HttpRequest
from django.utils.safestring import SafeString

Panel = Callable[[HttpRequest, Any], SafeString]

_panels: dict[type[Model], list[Panel]] = {}


class Said(NamedTuple):
    """How often a guardrail spoke of late, by what it did, and where those calls are listed."""

    counts: Mapping[str, int]
    url: str
    capped: bool


Sayings = Callable[[HttpRequest], Mapping[str, Said]]
_sayings: list[Sayings] = []


def add_panel(model: type[Model], panel: Panel) -> None:
    """``panel`` gives the HTML for the foot of a row's page; "" for nothing, also to who may not see it."""
    found = _panels.setdefault(model, [])
    if panel not in found:
        found.append(panel)


def panels(request: HttpRequest, row: Model) -> list[SafeString]:
    return [html for panel in _panels.get(type(row), ()) if (html := panel(request, row))]


def set_sayings(sayings: Sayings) -> None:
    """Who counts what guardrails said, by their names."""
    _sayings[:] = [sayings]


def sayings(request: HttpRequest) -> Mapping[str, Said] | None:
    """``None`` where nobody counts."""
    return _sayings[0](request) if _sayings else None
