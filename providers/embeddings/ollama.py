"""Ollama's own embed, and its older ``/api/embeddings`` that takes one text."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
from msgspec import Raw

from providers.canonical import HttpParts, Target
from providers.embeddings.asking import dropped, groups, parts, taken, texts, where
from providers.embeddings.base import EmbeddingCall, EmbeddingReply
from providers.embeddings.reading import decoded, input_usage, refusal, reply, summed

OLDER = "/api/embeddings"
MOST_INPUTS = 2048


class _Body(msgspec.Struct):
    embeddings: list[Raw] | None = None
    embedding: Raw = Raw()
    model: str | None = None
    prompt_eval_count: Any = None


_body = msgspec.json.Decoder(_Body)


class OllamaEmbeddings:
    name = "ollama"

    def write_requests(self, call: EmbeddingCall, target: Target) -> Sequence[HttpParts]:
        place, inputs = where(target, "/api/embed"), texts(call, target)
        fixed: dict[str, Any] = {"model": target.model, **taken(call, "options", "keep_alive")}
        if place.endswith(OLDER):
            return parts(place, [{**fixed, "prompt": text} for text in inputs], dropped=dropped(call, fixed))
        fixed |= taken(call, "truncate")
        if call.dimensions is not None:
            fixed["dimensions"] = call.dimensions
        bodies = [{**fixed, "input": group} for group in groups(inputs, target, most=MOST_INPUTS)]
        return parts(place, bodies, dropped=dropped(call, fixed))

    def read_replies(self, bodies: Sequence[bytes], call: EmbeddingCall, target: Target) -> EmbeddingReply:
        read = [decoded(_body, body, target) for body in bodies]
        embeddings = [row for body, one in zip(bodies, read, strict=True) for row in _rows(one, body, target)]
        usage = summed(input_usage(one.prompt_eval_count) for one in read)
        return reply(embeddings, call, target, usage=usage, model=read[0].model)


def _rows(found: _Body, body: bytes, target: Target) -> list[Raw]:
    if found.embeddings is not None:
        return found.embeddings
    if not bytes(found.embedding):
        raise refusal(body, target)
    return [found.embedding]


DIALECT = OllamaEmbeddings()
