"""The Anthropic Messages wire, both ways.

``request_in`` ``blocks_in`` read an app's call; ``reply_out`` ``stream_out`` answer it. ``request_out`` with
``messages_out`` ``blocks_out`` ``tools_out`` ``thinking_out`` writes to a vendor; ``reply_in`` reads its answer and
``errors`` its refusals. ``tap`` is pass-through; ``claude`` knows what each model generation takes.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from providers.canonical import Call, HttpParts, Reply, Target
from providers.errors import SwitchboardError, UpstreamError
from providers.wires.anthropic import errors, reply_in, reply_out, request_in, request_out, tap
from providers.wires.anthropic.codec import NAME
from providers.wires.anthropic.reply_in import MessageReader
from providers.wires.anthropic.stream_out import MessageWriter
from providers.wires.anthropic.tap import MessageTap
from providers.wires.base import ReplyFacts, StreamReader, StreamTap, StreamWriter, Wire


class AnthropicWire:
    """See ``providers.wires.base.Wire`` for what each method promises."""

    name = NAME
    dialect = NAME

    def read_request(self, body: Mapping[str, Any]) -> Call:
        return request_in.read_request(body)

    def write_reply(self, reply: Reply) -> bytes:
        return reply_out.write_reply(reply)

    def stream_writer(self, call: Call) -> StreamWriter:
        return MessageWriter(call)

    def write_error(self, error: SwitchboardError, *, request_id: str) -> bytes:
        return errors.write_error(error, request_id=request_id)

    def write_stream_error(self, error: SwitchboardError, *, request_id: str) -> bytes:
        return errors.write_stream_error(error, request_id=request_id)

    def write_request(self, call: Call, target: Target) -> HttpParts:
        return request_out.write_request(call, target)

    def read_reply(self, body: bytes, target: Target) -> Reply:
        return reply_in.read_reply(body)

    def stream_reader(self, target: Target) -> StreamReader:
        return MessageReader()

    def read_error(self, status: int, headers: Mapping[str, str], body: bytes, target: Target) -> UpstreamError:
        return errors.read_error(status, headers, body)

    def patch_request(self, body: dict[str, Any], target: Target) -> HttpParts:
        return request_out.patch_request(body, target)

    def tap_reply(self, body: bytes, target: Target) -> ReplyFacts:
        return tap.tap_reply(body)

    def stream_tap(self, target: Target, *, include_usage: bool) -> StreamTap:
        return MessageTap()


WIRE: Wire = AnthropicWire()
