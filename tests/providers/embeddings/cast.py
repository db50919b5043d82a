"""A vendor of any dialect, its questions and its answers, for the tests of this folder."""

from __future__ import annotations

import json
from typing import Any

from providers.canonical import HttpParts, Target
from providers.embeddings import EmbeddingCall, EmbeddingReply, dialect
from providers.vendors.base import Vendor


def target(model: str = "m1", *, settings: dict[str, str] | None = None, **facts: Any) -> Target:
    vendor = Vendor(**{"slug": "acme", "name": "Acme", "kind": "cloud", **facts})
    return Target(provider="acme", model=model, vendor=vendor, settings=settings or {})


def call(*inputs: Any, **more: Any) -> EmbeddingCall:
    return EmbeddingCall(**{"model": "m1", "inputs": inputs or ("first", "second"), **more})


def written(name: str, asked: EmbeddingCall, at: Target) -> tuple[HttpParts, list[dict[str, Any]]]:
    """The first request, and all the bodies."""
    parts = dialect(name).write_requests(asked, at)
    assert len({one.path for one in parts}) == 1
    return parts[0], [json.loads(one.content) for one in parts]


def read(name: str, asked: EmbeddingCall, at: Target, *bodies: Any) -> EmbeddingReply:
    whole = [one if isinstance(one, bytes) else json.dumps(one).encode() for one in bodies]
    return dialect(name).read_replies(whole, asked, at)


def vectors(reply: EmbeddingReply) -> list[Any]:
    return [json.loads(bytes(one)) for one in reply.embeddings]
