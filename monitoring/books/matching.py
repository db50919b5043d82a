"""Which of a vendor's names means which of ours: models with and without a date, keys and tokens."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

OTHERS = "other keys"
_DATES = re.compile(r"[-@:_ ](20\d{2}[-_]?[01]\d[-_]?[0-3]\d|[012]\d[0-3]\d|latest)$")
_VERSION = re.compile(r"-v\d+(:\d+)?$")


def plain(model: str) -> str:
    """A model's name without what differs between an alias, a dated version and the name people know:
    ``gpt-4o-mini-2024-07-18`` and ``gpt-4o-mini``; ``Claude Haiku 4.5`` and ``claude-haiku-4-5-20251001``."""
    name = _VERSION.sub("", model.strip().lower().rpartition("/")[2])
    name, colon, variant = name.partition(":")
    name = _DATES.sub("", name)
    words = sorted(word for word in re.split(r"[^a-z0-9]+", name) if word)
    return "-".join(words) + (f":{variant}" if colon else "")


def same_models(counts: Iterable[str], costs: Iterable[str], ours: Iterable[str]) -> dict[str, str]:
    """Every name of the vendor's counts, of its costs and of ours → the name it is compared under. Names are one where
    they differ by a date alone and one side knows only the one, the other only the other: an alias of ours is the
    vendor's dated version, its bill may call the model as people do. Where an alias may mean two versions, all three
    are put together: nobody can tell which it meant."""
    sides = [set(side) - {""} for side in (counts, costs, ours)]
    same: dict[str, set[str]] = {}
    for name in set().union(*sides):
        same.setdefault(plain(name), set()).add(name)
    found = {"": ""}
    for names in same.values():
        here = [names & side for side in sides]
        if _aliased(*here):
            found |= dict.fromkeys(names, _label(*here))
        else:
            found |= {name: name for name in names}
    return found


def _aliased(counts: set[str], costs: set[str], ours: set[str]) -> bool:
    theirs = counts | costs
    return bool((theirs and ours - theirs) or (counts and costs and counts != costs and costs - counts))


def _label(counts: set[str], costs: set[str], ours: set[str]) -> str:
    for side in (counts, ours, costs):
        if len(side) == 1:
            return next(iter(side))
    return min(ours | counts | costs, key=lambda name: (len(name), name))


class Keys:
    """``names``: the vendor's name or id of a key → our token's fingerprint, from the form and from tokens that go by
    the same name. Keys and tokens that are not among them are put together; all are, if none is."""

    def __init__(self, names: Mapping[str, str], *, in_file: Iterable[str]) -> None:
        self._names = {key: names[key] for key in in_file if key in names}
        self._tokens = set(self._names.values())
        self.split = bool(self._names)

    def of_theirs(self, key: str) -> str:
        return self._names.get(key, OTHERS) if self.split else ""

    def of_ours(self, fingerprint: str) -> str:
        if not self.split:
            return ""
        return fingerprint if fingerprint in self._tokens else OTHERS
