"""What apps ask of a moderation model, what comes back, and what every dialect offers."""

from __future__ import annotations

import importlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Protocol

from providers.canonical import NOTHING, Extra, HttpParts, Target, Usage


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One thing to be judged: a text, a text with images, or ``messages`` (role and text) that are judged together.
    ``texts`` are all its texts in order; ``images`` are addresses or data URLs."""

    texts: tuple[str, ...] = ()
    images: tuple[str, ...] = ()
    messages: tuple[tuple[str, str], ...] = ()

    @property
    def text(self) -> str:
        """All of it, for a vendor that takes one text."""
        return "\n".join(self.texts)


@dataclass(frozen=True, slots=True, kw_only=True)
class ModerationCall:
    """``bare``: there was one item, and not in a list."""

    model: str
    items: tuple[Item, ...]
    bare: bool = False
    extra: Extra = NOTHING  # every other field of the request body, as it came


@dataclass(frozen=True, slots=True, kw_only=True)
class Moderated:
    """The verdict on one item. ``scores`` are from 0, harmless, to 1. ``looked_at``: kinds of input (text, image) that
    a category was looked for in; a category that is missing there was not looked for."""

    flagged: bool
    categories: Mapping[str, bool]
    scores: Mapping[str, float]
    looked_at: Mapping[str, Sequence[str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class ModerationReply:
    """A verdict on each item, in their order."""

    model: str
    results: tuple[Moderated, ...]
    usage: Usage | None = None
    id: str = ""
    extra: Extra = NOTHING


class ModerationDialect(Protocol):
    name: str

    def write_requests(self, call: ModerationCall, target: Target) -> Sequence[HttpParts]:
        """One request, or one for each item where the vendor takes one. Raises ``UnsupportedFeature``."""
        ...

    def read_replies(self, bodies: Sequence[bytes], call: ModerationCall, target: Target) -> ModerationReply:
        """Raises ``VendorGarbled`` for what cannot be read, and the error of a 200 that holds one."""
        ...


@cache
def dialect(name: str) -> ModerationDialect:
    """The dialect called ``name``: the ``DIALECT`` of ``providers/moderations/<name>.py``. Raises ``KeyError``."""
    try:
        module: Any = importlib.import_module(f"providers.moderations.{name}")
        found: ModerationDialect = module.DIALECT
    except (ModuleNotFoundError, AttributeError) as error:
        raise KeyError(name) from error
    return found
