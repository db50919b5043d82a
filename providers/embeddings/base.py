"""What apps ask of an embedding model, what comes back, and what every dialect offers."""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Protocol

from msgspec import Raw

from providers.canonical import NOTHING, Extra, HttpParts, Target, Usage

Input = str | tuple[int, ...]
Embedding = Raw  # JSON text, as the vendor wrote it: a list of numbers, or base64 of little-endian float32 in quotes


@dataclass(frozen=True, slots=True, kw_only=True)
class EmbeddingCall:
    """``inputs``: texts, or lists of a tokenizer's numbers. ``bare``: there was one, not in a list.
    ``input_type`` is the app's own word for what the text is for: ``providers.embeddings.purposes`` knows them."""

    model: str
    inputs: tuple[Input, ...]
    bare: bool = False
    encoding: str | None = None  # float or base64; None: the app did not say, and gets numbers
    dimensions: int | None = None
    input_type: str | None = None
    user: str | None = None
    extra: Extra = NOTHING  # every other field of the request body, as it came

    @property
    def base64(self) -> bool:
        return self.encoding == "base64"


@dataclass(frozen=True, slots=True, kw_only=True)
class EmbeddingReply:
    """One embedding for each input, in their order."""

    model: str
    embeddings: tuple[Embedding, ...]
    usage: Usage | None = None
    id: str = ""
    extra: Extra = NOTHING


class EmbeddingDialect(Protocol):
    name: str

    def write_requests(self, call: EmbeddingCall, target: Target) -> Sequence[HttpParts]:
        """One request, or several where the vendor takes fewer inputs in one. Raises ``UnsupportedFeature``."""
        ...

    def read_replies(self, bodies: Sequence[bytes], call: EmbeddingCall, target: Target) -> EmbeddingReply:
        """Raises ``VendorGarbled`` for what cannot be read, and the error of a 200 that holds one."""
        ...


@cache
def dialect(name: str) -> EmbeddingDialect:
    """The dialect called ``name``: the ``DIALECT`` of ``providers/embeddings/<name>.py``. Raises ``KeyError``."""
    try:
        module: Any = importlib.import_module(f"providers.embeddings.{name}")
        found: EmbeddingDialect = module.DIALECT
    except (ModuleNotFoundError, AttributeError) as error:
        raise KeyError(name) from error
    return found
