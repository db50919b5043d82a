"""What a record says, in plain values: the measure. Nothing here knows Switchboard's own types."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True)
class Tool:
    id: str = ""
    name: str = ""
    arguments: str = ""

    @property
    def meaning(self) -> tuple[str, Any]:
        """Its name and arguments, as values where they are JSON."""
        try:
            return self.name, json.loads(self.arguments or "{}")
        except ValueError:
            return self.name, self.arguments


@dataclass(slots=True)
class Said:
    """One choice. ``finish`` is the vendor's own word."""

    text: str = ""
    reasoning: str = ""
    refusal: str = ""
    tools: list[Tool] = field(default_factory=list)
    finish: str | None = None


@dataclass(frozen=True, slots=True)
class Counted:
    """Units with cached input counted as input and reasoning as output, whatever the vendor's convention."""

    input: int | None
    output: int | None
    cached: int = 0
    reasoning: int = 0


@dataclass(slots=True)
class Expected:
    choices: dict[int, Said] = field(default_factory=dict)
    usage: Counted | None = None
    failed: bool = False  # an error inside a 200, or in mid-stream
    cut: bool = False  # the recording ends before the vendor's own end

    def choice(self, index: int = 0) -> Said:
        return self.choices.setdefault(index, Said())
