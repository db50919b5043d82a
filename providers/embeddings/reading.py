"""What dialects share in reading replies: decoding, the error of a 200, counting, and sums over several replies."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeVar

import msgspec
from msgspec import Raw

from providers.canonical import Target, Usage
from providers.embeddings.base import EmbeddingCall, EmbeddingReply
from providers.errors import UpstreamError, VendorGarbled
from providers.wires.openai.codec import decode
from providers.wires.openai.error_shapes import from_value
from providers.wires.openai.errors import read_vendor_error

T = TypeVar("T")
Count = int | float | None  # vendors write 28.0 too


def decoded(decoder: msgspec.json.Decoder[T], body: bytes, target: Target) -> T:
    """Raises the error ``body`` holds, or ``VendorGarbled``."""
    try:
        return decoder.decode(body)
    except (ValueError, RecursionError):
        raise refusal(body, target) from None


def refusal(body: bytes, target: Target, *, what: str = "a reply without embeddings") -> UpstreamError:
    """The error of a 200 body that holds no answer."""
    vendor = target.vendor.name
    try:
        told = bool(from_value(decode(body)).message)
    except ValueError:
        told = False
    return read_vendor_error(200, {}, body, target.vendor) if told else VendorGarbled(f"{vendor} sent {what}")


def counted(embeddings: Sequence[Raw], call: EmbeddingCall, target: Target) -> tuple[Raw, ...]:
    """``embeddings`` if there is one for each input. Raises ``VendorGarbled``."""
    if len(embeddings) != len(call.inputs):
        raise VendorGarbled(
            f"{target.vendor.name} sent {len(embeddings)} embeddings for {len(call.inputs)} inputs", vendor_status=200
        )
    return tuple(embeddings)


def in_order(found: Sequence[tuple[int | None, Raw]], target: Target) -> list[Raw]:
    """Embeddings by their index, where each says one. Raises ``VendorGarbled`` for an index twice or out of range."""
    if all(index is None for index, _ in found):
        return [embedding for _, embedding in found]
    by_index = {index: embedding for index, embedding in found if index is not None}
    if set(by_index) != set(range(len(found))):
        raise VendorGarbled(f"{target.vendor.name} sent embeddings with indexes that do not fit", vendor_status=200)
    return [by_index[index] for index in range(len(found))]


def input_usage(count: Any) -> Usage | None:
    """Usage of so much input; ``None`` where the vendor did not count, or not in numbers."""
    if isinstance(count, float) and count.is_integer():
        count = int(count)
    return Usage(input=count) if isinstance(count, int) and not isinstance(count, bool) and count >= 0 else None


def summed(counts: Iterable[Usage | None]) -> Usage | None:
    """``None`` if any of the replies did not say: a part of the sum would be wrong."""
    found = list(counts)
    known = [usage for usage in found if usage is not None]
    if not known or len(known) != len(found):
        return None
    if len(known) == 1:
        return known[0]
    costs = [usage.cost_usd for usage in known if usage.cost_usd is not None]
    return Usage(
        input=sum(usage.input for usage in known),
        output=sum(usage.output for usage in known),
        cached_input=sum(usage.cached_input for usage in known),
        cost_usd=sum(costs) if len(costs) == len(known) else None,
    )


def reply(
    embeddings: Sequence[Raw],
    call: EmbeddingCall,
    target: Target,
    *,
    usage: Usage | None,
    model: str | None = None,
    id: str | None = None,
    extra: Mapping[str, Any] | None = None,
) -> EmbeddingReply:
    """Raises ``VendorGarbled`` unless there is an embedding for each input."""
    return EmbeddingReply(
        model=model or target.model,
        embeddings=counted(embeddings, call, target),
        usage=usage,
        id=id or "",
        extra=extra or {},
    )
