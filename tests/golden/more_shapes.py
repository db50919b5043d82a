"""More bodies for vendors that speak OpenAI: what embeddings and rankings are asked with, Jina's rankings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tests.golden.case import Sent

JSON = {"content-type": "application/json"}
DOCUMENTS = ["Paris is a city.", "Berlin is a city."]


def texts(model: str, **beside: Any) -> dict[str, Any]:
    """The standard question for embeddings, as most vendors must receive it."""
    return {"model": model, "input": ["first", "second"], **beside}


def candidates(model: str, **beside: Any) -> dict[str, Any]:
    """The standard question for a ranking, as most vendors must receive it."""
    return {"model": model, "query": "Where is the Louvre?", "documents": DOCUMENTS, **beside}


def ranking(model: str | None = None, *, results: Sequence[Mapping[str, Any]], **beside: Any) -> Sent:
    """``results`` that have more than an index and a score, or come in another order than usual."""
    named = {} if model is None else {"model": model}
    return Sent(headers=JSON, body={**named, "results": list(results), **beside})
