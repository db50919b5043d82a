"""What the app sent, in its own dialect; read into a Call only if a target speaks another one."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from gateway.caller import Caller
from gateway.errors import BadRequest
from providers.canonical import Call
from providers.wires import Wire, wire


class Inbound:
    """One request: who, what, and in which dialect. Raises ``BadRequest`` naming the field that is malformed."""

    def __init__(
        self, body: dict[str, Any], *, wire_name: str, endpoint: str, caller: Caller, size: int, id: str, hops: int = 0
    ) -> None:
        self.body = body
        self.wire: Wire = wire(wire_name)
        self.endpoint = endpoint
        self.caller = caller
        self.size = size  # bytes of the request
        self.id = id
        self.hops = hops  # Switchboards it came through
        self.model = _model(body)
        self.stream = _stream(body)
        self.include_usage = _include_usage(body)
        if not isinstance(body.get("messages"), list) or not body["messages"]:
            raise BadRequest("`messages` must be a list with at least one message.", param="messages")

    @cached_property
    def call(self) -> Call:
        return self.wire.read_request(self.body)


def _model(body: dict[str, Any]) -> str:
    model = body.get("model")
    if not isinstance(model, str) or not model.strip():
        raise BadRequest("`model` must be the name of a model.", param="model")
    if len(model) > 250:
        raise BadRequest("`model` is longer than 250 characters.", param="model")
    return model


def _stream(body: dict[str, Any]) -> bool:
    stream = body.get("stream")
    if stream is None:
        return False
    if not isinstance(stream, bool):
        raise BadRequest("`stream` must be true or false.", param="stream")
    return stream


def _include_usage(body: dict[str, Any]) -> bool:
    options = body.get("stream_options")
    if options is None:
        return False
    if not isinstance(options, dict):
        raise BadRequest("`stream_options` must be an object.", param="stream_options")
    return options.get("include_usage") is True
