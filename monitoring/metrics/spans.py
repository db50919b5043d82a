"""Spans by the GenAI conventions of OpenTelemetry, made of a closed exchange: one of the call, one of each attempt.

https://opentelemetry.io/docs/specs/semconv/gen-ai/gen-ai-spans/
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple
from urllib.parse import urlsplit

from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from opentelemetry.trace import SpanContext, SpanKind, Status, StatusCode, TraceFlags

from gateway import trace
from gateway.exchange import Attempt, Exchange
from providers.catalogue import Catalogue, CompiledProvider

SCOPE = InstrumentationScope("switchboard")
OPERATIONS = {"chat.completions": "chat", "messages": "chat", "responses": "chat", "completions": "text_completion"}
WELL_KNOWN = {  # our vendor → gen_ai.provider.name, where the conventions have another word
    "azure": "azure.ai.openai",
    "bedrock": "aws.bedrock",
    "google": "gcp.gemini",
    "mistral": "mistral_ai",
    "vertex_ai": "gcp.vertex_ai",
    "watsonx": "ibm.watsonx.ai",
    "xai": "x_ai",
}
PORTS = {"http": 80, "https": 443}
Value = str | int | float | tuple[str, ...]
Attributes = dict[str, Value]


class Where(NamedTuple):
    """The vendor's word in the conventions, and its server."""

    name: str
    address: str = ""
    port: int = 0


def operation_of(endpoint: str) -> str:
    """The conventions' word for the log's; ours where they have none ("rerank", "health.test")."""
    return OPERATIONS.get(endpoint, endpoint)


def where(catalogue: Catalogue, provider: str) -> Where:
    known = catalogue.providers.get(provider)
    if known is None:
        return Where(provider)
    return Where(WELL_KNOWN.get(known.vendor.slug, known.vendor.slug), *_server(known))


def spans_of(exchange: Exchange, catalogue: Catalogue, resource: Resource) -> Iterator[ReadableSpan]:
    """The call's, then its attempts'."""
    parent = trace.parent(exchange.trace)
    trace_id = trace.trace_id(exchange.trace, exchange.id)
    own = _context(trace_id, trace.span_id(exchange.id))
    began = exchange.started_at * 1000
    operation = operation_of(exchange.endpoint)
    yield ReadableSpan(
        name=f"{operation} {exchange.requested_model}".strip(),
        context=own,
        parent=_context(trace_id, parent.span_id, remote=True) if parent else None,
        resource=resource,
        attributes=_of_call(exchange, operation, where(catalogue, exchange.provider)),
        kind=SpanKind.SERVER,
        status=_status(exchange.error_code if exchange.ended_by in ("failed", "interrupted") else ""),
        start_time=began,
        end_time=began + exchange.latency_us * 1000,
        instrumentation_scope=SCOPE,
    )
    for number, attempt in enumerate(exchange.attempts):
        start = began + attempt.started_us * 1000
        yield ReadableSpan(
            name=f"{operation} {attempt.model}",
            context=_context(trace_id, trace.span_id(exchange.id, number)),
            parent=own,
            resource=resource,
            attributes=_of_attempt(attempt, operation, where(catalogue, attempt.provider), number),
            kind=SpanKind.CLIENT,
            status=_status(attempt.error),
            start_time=start,
            end_time=start + attempt.duration_us * 1000,
            instrumentation_scope=SCOPE,
        )


def is_sampled(exchange: Exchange, share: float) -> bool:
    """An app that sent a trace decides; of those that begin here ``share`` is kept, by the last 56 bits of the id."""
    parent = trace.parent(exchange.trace)
    if parent is not None:
        return parent.sampled
    return int(trace.trace_id(exchange.trace, exchange.id)[-14:], 16) < share * (1 << 56)


def _of_call(exchange: Exchange, operation: str, place: Where) -> Attributes:
    """Names of people, teams and keys stay here; so do messages, which may hold what was asked."""
    found: Attributes = {
        "gen_ai.operation.name": operation,
        "gen_ai.request.model": exchange.requested_model,
        "http.response.status_code": exchange.status,
        "switchboard.request.id": exchange.id,
        "switchboard.attempts": len(exchange.attempts),
    }
    if exchange.provider:
        found |= {"gen_ai.provider.name": place.name, "switchboard.provider": exchange.provider}
        found["gen_ai.response.model"] = exchange.model
    if exchange.session:
        found["gen_ai.conversation.id"] = exchange.session
    if exchange.finish:
        found["gen_ai.response.finish_reasons"] = (exchange.finish,)
    if exchange.usage_basis != "none":
        found |= _usage(exchange)
    if exchange.cost_nano is not None:
        found["switchboard.cost_dollars"] = exchange.cost_nano / 1e9
    if exchange.cache:
        found["switchboard.cache"] = exchange.cache
    if exchange.error_code:
        found["error.type"] = exchange.error_code
    return found


def _of_attempt(attempt: Attempt, operation: str, place: Where, number: int) -> Attributes:
    found: Attributes = {
        "gen_ai.operation.name": operation,
        "gen_ai.provider.name": place.name,
        "gen_ai.request.model": attempt.model,
        "switchboard.provider": attempt.provider,
        "switchboard.attempt": number + 1,
        "switchboard.attempt.kind": attempt.kind or "first",
    }
    if place.address:
        found |= {"server.address": place.address, "server.port": place.port}
    if attempt.status:
        found["http.response.status_code"] = attempt.status
    if attempt.input or attempt.output:
        found |= _usage(attempt)
    if attempt.error:
        found["error.type"] = attempt.error
    return found


def _usage(of: Exchange | Attempt) -> Attributes:
    found: Attributes = {"gen_ai.usage.input_tokens": of.input, "gen_ai.usage.output_tokens": of.output}
    if of.cached_input:
        found["gen_ai.usage.cache_read.input_tokens"] = of.cached_input
    if of.cache_write_input:
        found["gen_ai.usage.cache_creation.input_tokens"] = of.cache_write_input
    if of.reasoning:
        found["gen_ai.usage.reasoning.output_tokens"] = of.reasoning
    return found


def _context(trace_id: str, span: str, *, remote: bool = False) -> SpanContext:
    return SpanContext(int(trace_id, 16), int(span, 16), is_remote=remote, trace_flags=TraceFlags(TraceFlags.SAMPLED))


def _status(error: str) -> Status:
    """The conventions leave a call that went well unset. The description is a code, never a vendor's words."""
    return Status(StatusCode.ERROR, error) if error else Status(StatusCode.UNSET)


def _server(provider: CompiledProvider) -> tuple[str, int]:
    try:
        parts = urlsplit(provider.base_url)
        port = parts.port or PORTS.get(parts.scheme, 0)
    except ValueError:
        return "", 0
    return (parts.hostname or "", port) if port else ("", 0)
