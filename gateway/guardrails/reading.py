"""Settings read field by field: what is wrong is noted in an admin's words, and the reading goes on."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

T = TypeVar("T")
LONGEST_LIST = 1_000


class Broken(Exception):
    """``problems``: what is wrong, one sentence each."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__(" ".join(problems))
        self.problems = tuple(problems)


class Reader:
    """Raises ``Broken`` in ``done`` when anything was noted, or a field was left that nobody knows."""

    def __init__(self, given: Mapping[str, Any]) -> None:
        self._given = dict(given)
        self._known: list[str] = []
        self.problems: list[str] = []

    def taken(self, name: str) -> Any:
        self._known.append(name)
        return self._given.pop(name, None)

    def text(self, name: str, usual: str) -> str:
        value = self.taken(name)
        if value is None:
            return usual
        if not isinstance(value, str):
            self.problems.append(f"`{name}` must be a text.")
            return usual
        return value.strip()

    def flag(self, name: str) -> bool:
        value = self.taken(name)
        if value is not None and not isinstance(value, bool):
            self.problems.append(f"`{name}` must be true or false.")
        return value is True

    def words(
        self, name: str, *, needed: str = "", most: int = LONGEST_LIST, longest: int = 250
    ) -> tuple[str, ...] | None:
        """Texts, none of them empty; ``None`` where nothing was said. ``needed``: what to say where there are none."""
        value = self.taken(name)
        if value is None or value == []:
            if needed:
                self.problems.append(needed)
            return None
        if not isinstance(value, list) or not all(isinstance(one, str) and one.strip() for one in value):
            self.problems.append(f"`{name}` must be a list of texts, and none of them empty.")
            return None
        if len(value) > most:
            self.problems.append(f"`{name}` may hold {most:,} texts at most; these are {len(value):,}.")
            return None
        if any(len(one) > longest for one in value):
            self.problems.append(f"In `{name}` no text may be longer than {longest} characters.")
            return None
        return tuple(dict.fromkeys(one.strip() for one in value))

    def patterns(
        self, name: str, *, most: int, longest: int, problem: Callable[[str], str]
    ) -> tuple[tuple[str, str], ...]:
        """(name, pattern) pairs, from a list of objects or of bare patterns. ``problem``: what is wrong with one."""
        value = self.taken(name)
        if value is None:
            return ()
        if not isinstance(value, list) or len(value) > most:
            self.problems.append(f"`{name}` must be a list of at most {most} patterns.")
            return ()
        found = []
        for place, one in enumerate(value, start=1):
            pair = self._pattern(one, f"Pattern {place}", f"pattern_{place}", longest, problem)
            if pair is not None:
                found.append(pair)
        names = [one for one, _ in found]
        for twice in sorted({one for one in names if names.count(one) > 1}):
            self.problems.append(f"Two patterns are called {twice!r}.")
        return tuple(found)

    def _pattern(
        self, one: Any, who: str, usual: str, longest: int, problem: Callable[[str], str]
    ) -> tuple[str, str] | None:
        one = {"pattern": one} if isinstance(one, str) else one
        if not isinstance(one, dict) or not isinstance(one.get("pattern"), str) or not one["pattern"]:
            self.problems.append(f'{who} must be an object as {{"name": …, "pattern": …}}.')
            return None
        name = one.get("name") or usual
        if not isinstance(name, str) or len(name) > 60:
            self.problems.append(f"The name of {who.lower()} must be a text of at most 60 characters.")
            return None
        if unknown := sorted(set(one) - {"name", "pattern"}):
            self.problems.append(f"{who} ({name}) has a field nobody knows: {', '.join(map(str, unknown))[:100]}.")
            return None
        if len(one["pattern"]) > longest:
            self.problems.append(f"{who} ({name}) is longer than {longest} characters.")
            return None
        if wrong := problem(one["pattern"]):
            self.problems.append(f"{who} ({name}): {wrong}")
            return None
        return name, one["pattern"]

    def count(self, name: str) -> int | None:
        value = self.taken(name)
        if value is None:
            return None
        if type(value) is not int or value < 1:
            self.problems.append(f"`{name}` must be a whole number above 0.")
            return None
        return value

    def share(self, name: str, usual: float) -> float:
        value = self.taken(name)
        if value is None:
            return usual
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
            self.problems.append(f"`{name}` must be a number from 0 to 1.")
            return usual
        return float(value)

    def made(self, make: Callable[[], T]) -> T | None:
        """What ``make`` makes; a ``ValueError`` is a problem."""
        try:
            return make()
        except ValueError as error:
            self.problems.append(str(error))
            return None

    def done(self) -> None:
        if self._given:
            unknown = ", ".join(f"`{str(name)[:60]}`" for name in sorted(self._given, key=str)[:10])
            known = ", ".join(f"`{name}`" for name in self._known)
            self.problems.append(f"Nobody knows {unknown} here; there are {known}.")
        if self.problems:
            raise Broken(self.problems)
