"""Reranking in Cohere's and Jina's shape: best first, cut to ``top_n``, whatever the vendor's own answer is like."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Self

from gateway.errors import BadRequest
from gateway.operations.base import Bodies, Done, Single, read_beside, read_model
from gateway.routing.targets import Planned
from providers.canonical import HttpParts, Usage
from providers.embeddings.headers import header_usage
from providers.errors import SwitchboardError, UnsupportedFeature
from providers.rerank import Document, Ranked, RerankCall, RerankDialect, RerankReply, dialect
from providers.wires import StreamTap, wire
from providers.wires.openai.codec import encode, mapping

_READ = frozenset({"model", "query", "documents", "top_n", "return_documents"})


class Rerank(Single):
    """Raises ``BadRequest`` naming the field that is malformed."""

    endpoint = "rerank"
    stream = False

    def __init__(self, body: dict[str, Any]) -> None:
        self.body = body
        self.model = read_model(body)
        self.beside = read_beside(body)
        self.call = read_call(body, self.model)

    def with_body(self, body: dict[str, Any]) -> Self:
        return type(self)(body)

    def write(self, planned: Planned) -> Sequence[HttpParts]:
        return (_dialect(planned).write_request(self.call, planned.target),)

    def read(self, bodies: Bodies, planned: Planned) -> Done:
        (body,) = bodies
        reply = _dialect(planned).read_reply(body, self.call, planned.target)
        if reply.usage is None:
            reply = replace(reply, usage=header_usage(bodies.headers))
        return Done(_written(reply, self.call), booked(reply))

    def tap(self, planned: Planned) -> StreamTap:
        raise NotImplementedError("reranking does not stream")

    def write_stream_error(self, error: SwitchboardError, *, request_id: str) -> bytes:
        return wire("openai").write_stream_error(error, request_id=request_id)


def _dialect(planned: Planned) -> RerankDialect:
    vendor = planned.provider.vendor
    if vendor.rerank is None:
        raise UnsupportedFeature(f"{vendor.name} has no reranking.", param="model")
    return dialect(vendor.rerank)


def read_call(body: Mapping[str, Any], model: str) -> RerankCall:
    query = body.get("query")
    if not isinstance(query, str) or not query:
        raise BadRequest("`query` must be a text.", param="query")
    return RerankCall(
        model=model,
        query=query,
        documents=_documents(body.get("documents")),
        top_n=_top_n(body.get("top_n")),
        return_documents=_return_documents(body.get("return_documents")),
        extra={name: value for name, value in body.items() if name not in _READ},
    )


def _documents(given: Any) -> tuple[Document, ...]:
    if not isinstance(given, list) or not given:
        raise BadRequest("`documents` must be a list with at least one document.", param="documents")
    for place, one in enumerate(given):
        if not isinstance(one, str) and not (isinstance(one, dict) and isinstance(one.get("text"), str)):
            at = f"documents[{place}]"
            raise BadRequest(f"`{at}` must be a text, or an object with a `text`.", param=at)
    return tuple(given)


def _top_n(given: Any) -> int | None:
    if given is None or (type(given) is int and given > 0):
        return given
    raise BadRequest("`top_n` must be a whole number above 0.", param="top_n")


def _return_documents(given: Any) -> bool | None:
    if given is None or isinstance(given, bool):
        return given
    raise BadRequest("`return_documents` must be true or false.", param="return_documents")


def booked(reply: RerankReply) -> Usage | None:
    """Search units ride in ``extra``: a vendor that bills them counts no input."""
    if reply.searches is None:
        return reply.usage
    return replace(reply.usage or Usage(), extra={"search_units": reply.searches})


def _written(reply: RerankReply, call: RerankCall) -> bytes:
    written: dict[str, Any] = {
        **reply.extra,
        "id": reply.id,
        "model": reply.model,
        "results": [_result(one, call) for one in reply.results],
    }
    if not reply.id:
        del written["id"]
    if reply.usage is not None:
        written["usage"] = {"prompt_tokens": reply.usage.input, "total_tokens": reply.usage.input}
    if reply.searches is not None:
        meta = mapping(reply.extra.get("meta"))
        billed = {**mapping(meta.get("billed_units")), "search_units": reply.searches}
        written["meta"] = {**meta, "billed_units": billed}
    return encode(written)


def _result(one: Ranked, call: RerankCall) -> dict[str, Any]:
    result: dict[str, Any] = {"index": one.index, "relevance_score": one.score}
    if call.return_documents:
        document = call.documents[one.index]
        result["document"] = {"text": document} if isinstance(document, str) else document
    return result
