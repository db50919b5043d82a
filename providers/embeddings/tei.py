"""Text Embeddings Inference's ``/embed``: a bare array of vectors, for texts or a tokenizer's numbers. One model is
served, so none is named."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
from msgspec import Raw

from providers.canonical import HttpParts, Target
from providers.embeddings.asking import dropped, groups, parts, taken, where
from providers.embeddings.base import EmbeddingCall, EmbeddingReply
from providers.embeddings.reading import decoded, reply

MOST_INPUTS = 32  # --max-client-batch-size, unless it was started with another

_body = msgspec.json.Decoder(list[Raw])


class TeiEmbeddings:
    name = "tei"

    def write_requests(self, call: EmbeddingCall, target: Target) -> Sequence[HttpParts]:
        fixed: dict[str, Any] = taken(call, "normalize", "truncate", "truncation_direction", "prompt_name")
        if call.dimensions is not None:
            fixed["dimensions"] = call.dimensions
        bodies = [{"inputs": group, **fixed} for group in groups(call.inputs, target, most=MOST_INPUTS)]
        return parts(where(target, "/embed"), bodies, dropped=dropped(call, fixed))

    def read_replies(self, bodies: Sequence[bytes], call: EmbeddingCall, target: Target) -> EmbeddingReply:
        embeddings = [row for body in bodies for row in rows(body, target)]
        return reply(embeddings, call, target, usage=None)


def rows(body: bytes, target: Target) -> list[Raw]:
    """The vectors of a bare array; a vector alone is an array of numbers."""
    found = decoded(_body, body, target)
    if found and bytes(memoryview(found[0])[:1]) not in (b"[", b'"'):
        return [Raw(body.strip())]
    return found


DIALECT = TeiEmbeddings()
