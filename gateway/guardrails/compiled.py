"""Guardrails as calls use them: immutable, in order, looked up by who asks. ``compiling`` makes them."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

ENDS_CALL = "block"
CHANGES = ("redact", "restore")


@dataclass(frozen=True, slots=True, kw_only=True)
class Guard:
    """One row. ``settings`` is what ``gateway.guardrails.settings`` read of it; ``broken`` says why it could not be
    used, "" where it can. ``timeout`` is in seconds. Without teams, keys and routes it is for every call."""

    id: int
    name: str
    kind: str  # Guardrail.Kind
    action: str = ENDS_CALL  # Guardrail.Action
    position: int = 100
    on_requests: bool = True
    on_replies: bool = False
    shadow: bool = False
    closed: bool = True  # a check that fails refuses the call
    timeout: float = 5.0
    settings: Any = None
    broken: str = ""
    teams: frozenset[int] = frozenset()
    keys: frozenset[int] = frozenset()
    routes: frozenset[str] = frozenset()  # by name

    @property
    def changes(self) -> bool:
        """Whether it puts placeholders in the place of what it finds."""
        return self.action in CHANGES and not self.shadow

    @property
    def blocks(self) -> bool:
        return self.action == ENDS_CALL and not self.shadow

    def is_for(self, team_id: int, key_id: int, route: str) -> bool:
        if not (self.teams or self.keys or self.routes):
            return True
        return team_id in self.teams or key_id in self.keys or route in self.routes


@dataclass(frozen=True, kw_only=True)
class Guardrails:
    """``guards`` stand in the order they run in."""

    guards: tuple[Guard, ...] = ()
    _kept: dict[tuple[int, int, str], tuple[Guard, ...]] = field(default_factory=dict, repr=False, compare=False)

    @cached_property
    def empty(self) -> bool:
        return not self.guards

    @cached_property
    def _named(self) -> tuple[frozenset[int], frozenset[int], frozenset[str]]:
        teams = frozenset[int]().union(*(one.teams for one in self.guards))
        keys = frozenset[int]().union(*(one.keys for one in self.guards))
        return teams, keys, frozenset[str]().union(*(one.routes for one in self.guards))

    def of(self, team_id: int, key_id: int, route: str) -> tuple[Guard, ...]:
        """Those of one call. Who is named in no guardrail counts as anybody, so what is kept stays small."""
        teams, keys, routes = self._named
        asked = (team_id if team_id in teams else 0, key_id if key_id in keys else 0, route if route in routes else "")
        found = self._kept.get(asked)
        if found is None:
            found = self._kept[asked] = tuple(one for one in self.guards if one.is_for(*asked))
        return found


NO_GUARDRAILS = Guardrails()
