"""Which words may become labels: names of configured rows, and no more of them than a limit. Never an app's words."""

from __future__ import annotations

from collections.abc import Callable

from providers.catalogue import Catalogue

OTHER, NONE = "other", "none"
MOST_TARGETS = 200  # (provider, model) pairs: each is about forty series
MOST_TEAMS = 200

Target = tuple[str, str]
NOWHERE: Target = (NONE, NONE)  # a call that was refused before it got anywhere


class Labels:
    """``catalogue`` gives the one in force."""

    def __init__(
        self, catalogue: Callable[[], Catalogue], *, most_targets: int = MOST_TARGETS, most_teams: int = MOST_TEAMS
    ) -> None:
        self._catalogue = catalogue
        self._most_targets = most_targets
        self._most_teams = most_teams
        self._targets: dict[Target, Target] = {}
        self._providers: set[str] = set()
        self._teams: dict[str, str] = {}

    def target(self, provider: str, model: str) -> Target:
        """Its labels: those of a model that is not in the catalogue, or beyond the limit, are its provider's
        ``other``."""
        return self._targets.get((provider, model)) or self._found(provider, model)

    def team(self, name: str) -> str:
        if not name:
            return NONE
        if name not in self._teams:
            if len(self._teams) >= self._most_teams:
                return OTHER
            self._teams[name] = name
        return name

    def _found(self, provider: str, model: str) -> Target:
        if not provider:
            return NOWHERE
        known = self._catalogue().providers.get(provider)
        if known is None or (provider not in self._providers and len(self._providers) >= self._most_targets):
            return OTHER, OTHER
        self._providers.add(provider)
        if model not in known.models or len(self._targets) >= self._most_targets:
            return provider, OTHER  # not kept: apps may name as many models as they like
        labels = self._targets[provider, model] = (provider, model)
        return labels
