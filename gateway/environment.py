"""What the environment says: the process's own variables over those of ``.env``, and how both are read again.

Nothing of ``.env`` is put into ``os.environ``: a value taken out of the file is gone at the next reading.
"""

from __future__ import annotations

import io
import os
import re
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

import environ
from django.core.exceptions import ImproperlyConfigured

REAL: Mapping[str, str] = MappingProxyType(dict(os.environ))  # as the process was started
FILE = Path(REAL.get("SWITCHBOARD_ENV_FILE") or Path(__file__).resolve().parent.parent / ".env")

TRUE = frozenset({"1", "true", "yes", "on"})
FALSE = frozenset({"0", "false", "no", "off"})
_LINE = re.compile(r"(#.*|(export )?[A-Za-z_0-9]+=.*)?\Z")


def read_file(path: Path) -> dict[str, str]:
    """The variables of a ``.env`` file; none if there is no file. Raises ``ImproperlyConfigured`` naming the line,
    never what stands in it: it may be a secret."""
    try:
        lines = [line.strip() for line in path.read_text(encoding="utf-8-sig").splitlines()]
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError) as error:
        raise ImproperlyConfigured(f"{path}: cannot be read ({type(error).__name__}).") from None
    for number, line in enumerate(lines, start=1):
        if not _LINE.match(line):
            raise ImproperlyConfigured(f"{path}, line {number}: write NAME=value, without blanks around the sign.")

    class Own(environ.Env):
        ENVIRON: dict[str, str] = {}

    Own.read_env(io.StringIO("\n".join(lines)))
    return {name: value.strip() for name, value in Own.ENVIRON.items()}


class Environment:
    """The variables in force, as one immutable mapping that ``reload`` replaces."""

    def __init__(self, real: Mapping[str, str], *, path: Path) -> None:
        self._real, self._path = real, path
        self.reload()

    def reload(self) -> Mapping[str, str]:
        """Reads the file again. Raises ``ImproperlyConfigured`` and keeps what was in force if it cannot be read."""
        self.from_file: Mapping[str, str] = MappingProxyType(read_file(self._path))
        self.current: Mapping[str, str] = MappingProxyType({**self.from_file, **self._real})
        return self.current


class Reader:
    """Typed reading for the settings. Empty counts as not set; a bad value raises ``ImproperlyConfigured`` naming its
    variable. ``names`` tells what was asked for: ``.env.example`` must document exactly these."""

    def __init__(self, variables: Mapping[str, str]) -> None:
        self._variables = variables
        self.names: set[str] = set()

    def text(self, name: str, default: str = "") -> str:
        self.names.add(name)
        return self._variables.get(name, "").strip() or default

    def number(self, name: str, default: float, *, least: float = 0, most: float = float("inf")) -> float:
        raw = self.text(name)
        if not raw:
            return default
        try:
            value = float(raw)
        except ValueError:
            raise ImproperlyConfigured(f"{name}={raw!r}: a number is needed.") from None
        if not least <= value <= most or value == float("inf"):
            upper = f" and at most {most:g}" if most != float("inf") else ""
            raise ImproperlyConfigured(f"{name}={raw!r}: a number of at least {least:g}{upper} is needed.")
        return value

    def whole(self, name: str, default: int, *, least: int = 0, most: float = float("inf")) -> int:
        value = self.number(name, default, least=least, most=most)
        if value != int(value):
            raise ImproperlyConfigured(f"{name}={self.text(name)!r}: a whole number is needed.")
        return int(value)

    def flag(self, name: str, default: bool) -> bool:
        raw = self.text(name).lower()
        if not raw:
            return default
        if raw not in TRUE | FALSE:
            raise ImproperlyConfigured(f"{name}={raw!r}: use 1 or 0.")
        return raw in TRUE

    def choice(self, name: str, default: str, choices: tuple[str, ...]) -> str:
        raw = self.text(name, default)
        for choice in choices:
            if raw.lower() == choice.lower():
                return choice
        raise ImproperlyConfigured(f"{name}={raw!r}: use {', '.join(choices[:-1])} or {choices[-1]}.")

    def words(self, name: str, default: tuple[str, ...] = ()) -> list[str]:
        """Comma-separated."""
        return [word.strip() for word in self.text(name).split(",") if word.strip()] or list(default)


_environment = Environment(REAL, path=FILE)


def current() -> Mapping[str, str]:
    """The variables in force."""
    return _environment.current


def from_file() -> Mapping[str, str]:
    """What ``.env`` says, in force or not."""
    return _environment.from_file


def reload() -> Mapping[str, str]:
    """Reads ``.env`` again. Raises ``ImproperlyConfigured``."""
    return _environment.reload()
