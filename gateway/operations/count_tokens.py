"""How much input a message would be: asked of a vendor that counts for nothing, else estimated."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Self

import msgspec

from gateway.answer import encode
from gateway.errors import BadRequest
from gateway.operations.base import Done, Single, read_beside, read_model
from gateway.routing.targets import Planned
from providers.canonical import HttpParts, Usage
from providers.errors import Fault, ModelNotServed, SwitchboardError, VendorGarbled
from providers.vendors import Headers
from providers.wires import StreamTap, wire
from providers.wires.anthropic.estimate import estimate_input
from providers.wires.paths import chat_path

WIRE = "anthropic"
COUNT_PATH = "/count_tokens"  # below the vendor's path for messages
NOT_OFFERED = (404, 405, 501)


class CountTokens(Single):
    """Of an Anthropic request. It costs nothing, so no usage is booked."""

    endpoint = "messages.count_tokens"
    stream = False
    billed = False

    def __init__(self, body: dict[str, Any], *, forwarded: Headers = ()) -> None:
        self.body = body
        self.forwarded = forwarded
        self.model = read_model(body)
        self.beside = read_beside(body)
        if not isinstance(body.get("messages"), list) or not body["messages"]:
            raise BadRequest("messages: must be a list with at least one message", param="messages")

    def with_body(self, body: dict[str, Any]) -> Self:
        return type(self)(body, forwarded=self.forwarded)

    def write(self, planned: Planned) -> Sequence[HttpParts]:
        parts = planned.wire.patch_request(self.body, planned.target)
        headers = (*parts.headers, *self.forwarded)
        return (replace(parts, path=parts.path + COUNT_PATH, headers=headers),)

    def read(self, bodies: Sequence[bytes], planned: Planned) -> Done:
        try:
            count = msgspec.json.decode(bodies[0])["input_tokens"]
        except (msgspec.DecodeError, KeyError, TypeError, RecursionError):
            count = None
        if not isinstance(count, int):
            raise VendorGarbled(f"{planned.provider.name} sent no count.")
        return Done(bodies[0], Usage())

    def estimated(self) -> bytes:
        """Raises ``RequestRejected`` naming a malformed field."""
        return encode({"input_tokens": estimate_input(wire(WIRE).read_request(self.body))})

    def tap(self, planned: Planned) -> StreamTap:
        raise NotImplementedError("a count is never streamed")

    def write_stream_error(self, error: SwitchboardError, *, request_id: str) -> bytes:
        raise NotImplementedError("a count is never streamed")


def counts(planned: Planned) -> bool:
    """Whether the target has an endpoint for it, as far as its wire and path tell."""
    if planned.wire.name != WIRE or planned.provider.vendor.chat_path is None:
        return False
    return chat_path(planned.target).endswith("/messages")


def may_estimate(error: SwitchboardError) -> bool:
    """Whether an estimate serves the app better than ``error``: not where the request itself is wrong."""
    if isinstance(error, ModelNotServed):
        return False
    status = getattr(error, "vendor_status", None)
    return error.fault is not Fault.CALLER or status in NOT_OFFERED
