"""IBM watsonx.ai's embeddings."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
from msgspec import Raw

from providers.canonical import HttpParts, Target
from providers.embeddings.asking import dropped, groups, parts, taken, texts, where, whole_vectors
from providers.embeddings.base import EmbeddingCall, EmbeddingReply
from providers.embeddings.reading import decoded, input_usage, reply, summed

MOST_INPUTS = 1000


class _Row(msgspec.Struct):
    embedding: Raw


class _Body(msgspec.Struct):
    results: list[_Row]
    model_id: str | None = None
    input_token_count: Any = None


_body = msgspec.json.Decoder(_Body)


class WatsonxEmbeddings:
    name = "watsonx"

    def write_requests(self, call: EmbeddingCall, target: Target) -> Sequence[HttpParts]:
        whole_vectors(call, target)
        fixed = {"model_id": target.model, **owner(target), **taken(call, "parameters")}
        lost = dropped(call, fixed)
        bodies = [{**fixed, "inputs": group} for group in groups(texts(call, target), target, most=MOST_INPUTS)]
        return parts(where(target, "/ml/v1/text/embeddings"), bodies, dropped=lost)

    def read_replies(self, bodies: Sequence[bytes], call: EmbeddingCall, target: Target) -> EmbeddingReply:
        read = [decoded(_body, body, target) for body in bodies]
        usage = summed(input_usage(one.input_token_count) for one in read)
        return reply(
            [row.embedding for one in read for row in one.results], call, target, usage=usage, model=read[0].model_id
        )


def owner(target: Target) -> dict[str, str]:
    """The project or space that is billed."""
    return {name: found for name in ("project_id", "space_id") if (found := target.settings.get(name))}


DIALECT = WatsonxEmbeddings()
