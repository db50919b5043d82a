"""Limits as calls see them: immutable, without the database. Which rules hold is worked out once and kept."""

from __future__ import annotations

from collections.abc import Mapping
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, NamedTuple, TypeVar

if TYPE_CHECKING:
    from gateway.snapshot import KeyFacts

MOST_KEPT = 10_000  # answers; beyond it they are worked out anew, so that names which apps make up cost no memory


class Numbers(NamedTuple):
    """What a row limits; ``None``: it does not."""

    requests: int | None = None
    usage: int | None = None
    parallel: int | None = None

    def over(self, other: Numbers) -> Numbers:
        """Number by number: these, and where they say nothing the other's."""
        return Numbers(*(theirs if own is None else own for own, theirs in zip(self, other, strict=True)))


class Rule(NamedTuple):
    """One limit that holds for a call. All calls with the same ``id`` (``team:3``) share its counts, also while its
    numbers change. ``requests`` and ``usage`` are a minute, ``parallel`` at once; ``None``: any."""

    id: str
    name: str
    requests: int | None = None
    usage: int | None = None
    parallel: int | None = None

    @property
    def scope(self) -> str:
        """everyone, team, key, provider or model."""
        return self.id.partition(":")[0]

    @property
    def of_target(self) -> bool:
        """Whether another target may be free of it."""
        return self.id.startswith(("provider:", "model:"))


Rules = tuple[Rule, ...]
Asked = TypeVar("Asked")


class Limits:
    """Every enabled limit. ``each_key`` is by team, 0 for every key. ``teams`` has each limited team's name and
    numbers; ``models`` numbers by pattern."""

    __slots__ = ("_calls", "_each_key", "_everyone", "_keys", "_models", "_providers", "_targets", "_teams", "empty")

    def __init__(
        self,
        *,
        everyone: Numbers | None = None,
        each_key: Mapping[int, Numbers] | None = None,
        keys: Mapping[int, Numbers] | None = None,
        teams: Mapping[int, tuple[str, Numbers]] | None = None,
        providers: Mapping[int, Numbers] | None = None,
        models: Mapping[str, Numbers] | None = None,
    ) -> None:
        self._everyone = everyone
        self._each_key = each_key or {}
        self._keys = keys or {}
        self._teams = teams or {}
        self._providers = providers or {}
        self._models = models or {}
        self.empty = not (everyone or each_key or keys or teams or providers or models)
        self._calls: dict[tuple[int, int, str], Rules] = {}
        self._targets: dict[tuple[int, str, str], Rules] = {}

    def of_call(self, key: KeyFacts) -> Rules:
        """Those of everyone, of the key's team and of the key, in this order."""
        asked = (key.id, key.team_id, key.name)  # a key may change its team while the limits stay
        rules = self._calls.get(asked)
        if rules is None:
            rules = _kept(self._calls, asked, self._rules_of_call(key))
        return rules

    def of_target(self, provider_id: int, provider_name: str, model: str) -> Rules:
        """That of the provider, and those of every pattern that the model matches."""
        asked = (provider_id, provider_name, model)
        rules = self._targets.get(asked)
        if rules is None:
            rules = _kept(self._targets, asked, self._rules_of_target(provider_id, provider_name, model))
        return rules

    def _rules_of_call(self, key: KeyFacts) -> Rules:
        rules: list[Rule] = []
        if self._everyone:
            rules.append(Rule("everyone", "everyone", *self._everyone))
        if key.team_id in self._teams:
            name, numbers = self._teams[key.team_id]
            rules.append(Rule(f"team:{key.team_id}", f"team {name}", *numbers))
        own = self._numbers_of_key(key)
        if any(own):
            rules.append(Rule(f"key:{key.id}", f"API key {key.name}", *own))
        return tuple(rules)

    def _numbers_of_key(self, key: KeyFacts) -> Numbers:
        nothing = Numbers()
        numbers = self._keys.get(key.id, nothing)
        if key.team_id:
            numbers = numbers.over(self._each_key.get(key.team_id, nothing))
        return numbers.over(self._each_key.get(0, nothing))

    def _rules_of_target(self, provider_id: int, provider_name: str, model: str) -> Rules:
        rules: list[Rule] = []
        if provider_id in self._providers:
            rules.append(Rule(f"provider:{provider_id}", f"provider {provider_name}", *self._providers[provider_id]))
        names = (model, f"{provider_name}:{model}")
        rules += [
            Rule(f"model:{pattern}", f"model {pattern}", *numbers)
            for pattern, numbers in self._models.items()
            if any(fnmatchcase(name, pattern) for name in names)
        ]
        return tuple(rules)


def _kept(kept: dict[Asked, Rules], asked: Asked, rules: Rules) -> Rules:
    if len(kept) >= MOST_KEPT:
        kept.clear()
    kept[asked] = rules
    return rules


NO_LIMITS = Limits()
