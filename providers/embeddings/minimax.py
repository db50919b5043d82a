"""MiniMax's embeddings, older than its OpenAI-compatible chat. A refusal comes as a 200 with ``base_resp``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
from msgspec import Raw

from providers.canonical import HttpParts, Target
from providers.embeddings.asking import dropped, groups, parts, texts, where, whole_vectors
from providers.embeddings.base import EmbeddingCall, EmbeddingReply
from providers.embeddings.purposes import FIELDS, word
from providers.embeddings.reading import decoded, input_usage, refusal, reply, summed
from providers.wires.openai.codec import encode

MOST_INPUTS = 4096
_WORDS = {"search_query": "query", "search_document": "db"}


class _Verdict(msgspec.Struct):
    status_code: int = 0
    status_msg: str = ""


class _Body(msgspec.Struct):
    vectors: list[Raw] | None = None
    total_tokens: Any = None
    base_resp: _Verdict | None = None


_body = msgspec.json.Decoder(_Body)


class MiniMaxEmbeddings:
    name = "minimax"

    def write_requests(self, call: EmbeddingCall, target: Target) -> Sequence[HttpParts]:
        whole_vectors(call, target)
        fixed: dict[str, Any] = {"model": target.model, "type": word(call, _WORDS, default="db")}
        lost = dropped(call, fixed, *FIELDS)
        bodies = [{**fixed, "texts": group} for group in groups(texts(call, target), target, most=MOST_INPUTS)]
        return parts(where(target, "/embeddings?GroupId={group_id}"), bodies, dropped=lost)

    def read_replies(self, bodies: Sequence[bytes], call: EmbeddingCall, target: Target) -> EmbeddingReply:
        read = [_read(body, target) for body in bodies]
        usage = summed(input_usage(one.total_tokens) for one in read)
        return reply([row for one in read for row in one.vectors or ()], call, target, usage=usage)


def _read(body: bytes, target: Target) -> _Body:
    found = decoded(_body, body, target)
    verdict = found.base_resp or _Verdict()
    if verdict.status_code:
        told = {"error": {"message": verdict.status_msg or "refused", "code": str(verdict.status_code)}}
        raise refusal(encode(told), target)
    if found.vectors is None:
        raise refusal(body, target)
    return found


DIALECT = MiniMaxEmbeddings()
