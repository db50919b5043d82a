"""What apps ask of a reranking model, what comes back, and what every dialect offers."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Protocol

from providers.canonical import NOTHING, Extra, HttpParts, Target, Usage

Document = str | Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class RerankCall:
    """``documents``: texts, or objects whose ``text`` is ranked (other fields come back with it)."""

    model: str
    query: str
    documents: tuple[Document, ...]
    top_n: int | None = None
    return_documents: bool | None = None
    extra: Extra = NOTHING

    @property
    def texts(self) -> list[str]:
        return [one if isinstance(one, str) else one["text"] for one in self.documents]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranked:
    index: int  # of the document in the call
    score: float


@dataclass(frozen=True, slots=True, kw_only=True)
class RerankReply:
    """Best first, no more than ``top_n``. ``searches``: the search units a vendor bills instead of input (Cohere)."""

    model: str
    results: tuple[Ranked, ...]
    usage: Usage | None = None
    searches: int | None = None
    id: str = ""
    extra: Extra = NOTHING  # every other field of the vendor's reply


class RerankDialect(Protocol):
    name: str

    def write_request(self, call: RerankCall, target: Target) -> HttpParts:
        """Raises ``UnsupportedFeature``. Documents need not come back: the call has them."""
        ...

    def read_reply(self, body: bytes, call: RerankCall, target: Target) -> RerankReply:
        """Raises ``VendorGarbled`` for what cannot be read, and the error of a 200 that holds one."""
        ...


@cache
def dialect(name: str) -> RerankDialect:
    """The dialect called ``name``: the ``DIALECT`` of ``providers/rerank/<name>.py``. Raises ``KeyError``."""
    try:
        module: Any = importlib.import_module(f"providers.rerank.{name}")
        found: RerankDialect = module.DIALECT
    except (ModuleNotFoundError, AttributeError) as error:
        raise KeyError(name) from error
    return found
