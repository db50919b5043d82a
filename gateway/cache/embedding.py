"""A text's vector, from any embeddings model Switchboard knows: a call like others, booked to whoever asked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import msgspec

from gateway.cache.answers import Embed
from gateway.caller import Caller
from gateway.exchange import uuid7
from gateway.inbound import Inbound
from gateway.operations.embeddings import Embeddings

if TYPE_CHECKING:
    from gateway.runtime import Runtime


class CacheEmbeddings(Embeddings):
    endpoint = "cache.embeddings"  # the log's word: nobody asked for it by that name


class _Row(msgspec.Struct):
    embedding: list[float]


class _Reply(msgspec.Struct):
    data: list[_Row]


_decode = msgspec.json.Decoder(_Reply).decode


def embedder(runtime: Runtime) -> Embed:
    """Raises what the relay raises, and ``ValueError`` for an answer that holds no vector."""
    from gateway.relay.engine import relay  # the relay knows the runtime, which makes the cache

    async def embed(text: str, model: str, caller: Caller) -> Sequence[float]:
        body: dict[str, Any] = {"model": model, "input": text}
        content = msgspec.json.encode(body)
        # The admin chose the model, not the app: what its key may call does not matter here.
        allowed = Caller(caller.key._replace(allowed_models=()), caller.team)
        operation = CacheEmbeddings(body)
        inbound = Inbound(operation=operation, caller=allowed, size=len(content), id=uuid7(), on_behalf=True)
        answer = await relay(runtime, inbound, runtime.planner.plan(inbound), content=content)
        if not isinstance(answer.body, bytes):
            raise ValueError("an embedding that streams")
        try:
            return _decode(answer.body).data[0].embedding
        except (msgspec.MsgspecError, IndexError):
            raise ValueError("no embedding") from None

    return embed
