"""Budgets as calls use them: immutable, indexed by whom and what they are for. No database."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import cached_property
from typing import NamedTuple

from gateway.budgets.periods import period_end, period_start
from providers.pricing import Sheet

MOST_KEPT = 10_000  # combinations that are remembered: apps may name as many models as they like
USUAL_OUTPUT = 4096
OF_A_TARGET = frozenset({"provider", "model"})


class Raise(NamedTuple):
    """More, from ``starts`` until ``ends``: seconds since the epoch."""

    amount: int
    starts: float
    ends: float


@dataclass(frozen=True, slots=True, kw_only=True)
class CompiledBudget:
    """``amount`` is in nano-dollars or in units of usage, as ``measure`` ("cost", "usage") says. ``subject``, ``mode``
    and ``period`` are the words of ``gateway.models.Budget``. ``of_id`` is the primary key of the team, API key or
    provider it is for, ``of`` the tag or the model's pattern."""

    id: int
    name: str
    subject: str = "everyone"
    of_id: int = 0
    of: str = ""
    measure: str = "cost"
    amount: int = 0
    period: str = "month"
    mode: str = "hard"
    thresholds: tuple[int, ...] = ()
    raises: tuple[Raise, ...] = ()

    @property
    def hard(self) -> bool:
        return self.mode == "hard"

    @property
    def of_target(self) -> bool:
        """Whether it is for a provider or a model: another target may still be called."""
        return self.subject in OF_A_TARGET

    @property
    def shared(self) -> bool:
        """Whether several teams spend from it: what is spent of it tells of all of them."""
        return self.subject not in ("team", "key")

    def limit(self, now: float) -> int:
        """The amount, with the raises that hold at ``now``."""
        if not self.raises:
            return self.amount
        return self.amount + sum(one.amount for one in self.raises if one.starts <= now < one.ends)

    def start(self, now: float) -> int:
        return period_start(self.period, now)

    def end(self, start: int) -> float:
        return period_end(self.period, start)


Charged = tuple[CompiledBudget, ...]
_Key = tuple[int, int, tuple[str, ...], int, str]


@dataclass(frozen=True, kw_only=True)
class Spending:
    """Every enabled budget, and what is assumed where nobody said. ``assumed``: prices of a model without a known one;
    ``None``: hard budgets refuse it. ``assumed_output``: units, of a call that names no maximum."""

    budgets: Charged = ()
    assumed: Sheet | None = None
    assumed_output: int = USUAL_OUTPUT
    _kept: dict[_Key, Charged] = field(default_factory=dict, repr=False, compare=False)

    @cached_property
    def empty(self) -> bool:
        return not self.budgets

    def of(
        self, key_id: int, team_id: int, tags: Iterable[str], provider_id: int, provider_name: str, model: str
    ) -> Charged:
        """The budgets that a call of this key counts in when it is made at this target. Ids are primary keys, 0 for
        none; ``model`` is the provider's own name of it."""
        key = (
            key_id if key_id in self._by["key"] else 0,
            team_id if team_id in self._by["team"] else 0,
            tuple(sorted({one for one in tags if one in self._tagged})) if self._tagged else (),
            provider_id,
            model,
        )
        found = self._kept.get(key)
        if found is None:
            if len(self._kept) >= MOST_KEPT:
                self._kept.clear()
            found = self._kept[key] = self._found(key, provider_name)
        return found

    @cached_property
    def _by(self) -> Mapping[str, Mapping[int, Charged]]:
        found: dict[str, dict[int, Charged]] = {"key": {}, "team": {}, "provider": {}}
        for one in self.budgets:
            if one.subject in found:
                owned = found[one.subject]
                owned[one.of_id] = (*owned.get(one.of_id, ()), one)
        return found

    @cached_property
    def _tagged(self) -> Mapping[str, Charged]:
        found: dict[str, Charged] = {}
        for one in self.budgets:
            if one.subject == "tag":
                found[one.of] = (*found.get(one.of, ()), one)
        return found

    @cached_property
    def _modelled(self) -> Charged:
        return tuple(one for one in self.budgets if one.subject == "model")

    @cached_property
    def _everyone(self) -> Charged:
        return tuple(one for one in self.budgets if one.subject == "everyone")

    def _found(self, key: _Key, provider_name: str) -> Charged:
        key_id, team_id, tags, provider_id, model = key
        names = (model, f"{provider_name}:{model}")
        found = [*self._everyone, *self._by["team"].get(team_id, ()), *self._by["key"].get(key_id, ())]
        for tag in tags:
            found += self._tagged[tag]
        found += self._by["provider"].get(provider_id, ())
        found += [one for one in self._modelled if any(fnmatchcase(name, one.of) for name in names)]
        return tuple(found)


NO_SPENDING = Spending()
