"""The address of a dashboard holds all that was chosen on it: links change one thing and keep the rest."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from urllib.parse import urlencode


@dataclass(frozen=True, slots=True)
class Address:
    """A path and its query: names in the order they were given, each with its values."""

    path: str
    query: tuple[tuple[str, tuple[str, ...]], ...] = ()

    @classmethod
    def of(cls, path: str, query: Mapping[str, Iterable[str]]) -> Address:
        pairs = ((name, tuple(value for value in values if value)) for name, values in query.items())
        return cls(path, tuple((name, values) for name, values in pairs if values))

    def values(self, name: str) -> tuple[str, ...]:
        return dict(self.query).get(name, ())

    def pairs(self, *names: str) -> list[tuple[str, str]]:
        """Of these names, in their order, as a form's hidden fields want them."""
        return [(name, value) for name in names for value in self.values(name)]

    def put(self, **changes: str | Iterable[str] | None) -> Address:
        """With these values in place of those that were; ``None`` or nothing takes a name out. ``from_`` is "from"."""
        query = dict(self.query)
        for given, value in changes.items():
            values = (value,) if isinstance(value, str) else tuple(value or ())
            query[given.rstrip("_")] = tuple(one for one in values if one)
        return Address(self.path, tuple((name, values) for name, values in query.items() if values))

    def drop(self, name: str, value: str) -> Address:
        """Without one value of a name."""
        return self.put(**{name: [one for one in self.values(name) if one != value]})

    def add(self, name: str, value: str) -> Address:
        return self if value in self.values(name) else self.put(**{name: [*self.values(name), value]})

    def at(self, path: str, *names: str) -> Address:
        """Another page with the same choices; with ``names`` only these."""
        return Address(path, tuple(pair for pair in self.query if not names or pair[0] in names))

    def __str__(self) -> str:
        text = urlencode([(name, value) for name, values in self.query for value in values])
        return f"{self.path}?{text}" if text else self.path
