"""The OpenAI Responses wire, both ways.

``request_in`` ``items_in`` read an app's call; ``reply_out`` ``stream_out`` with ``items_open`` answer it.
``request_out`` with ``items_out`` ``tools_out`` writes to a vendor; ``stream_in`` with ``reader`` ``items_reply`` reads
its answer and ``errors`` its failures. ``thoughts`` is reasoning both ways, ``tap`` pass-through.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from providers.canonical import Call, HttpParts, Reply, Target
from providers.errors import SwitchboardError, UpstreamError
from providers.wires.base import ReplyFacts, StreamReader, StreamTap, StreamWriter, Wire
from providers.wires.openai import errors as shared
from providers.wires.responses import reply_out, request_in, request_out, stream_in, stream_out, tap
from providers.wires.responses.names import NAME


class ResponsesWire:
    """See ``providers.wires.base.Wire`` for what each method promises. A refusal has the envelope of OpenAI's chat."""

    name = NAME
    dialect = NAME

    def read_request(self, body: Mapping[str, Any]) -> Call:
        return request_in.read_request(body)

    def write_reply(self, reply: Reply) -> bytes:
        return reply_out.write_reply(reply)

    def stream_writer(self, call: Call) -> StreamWriter:
        return stream_out.ResponsesStreamWriter(call)

    def write_error(self, error: SwitchboardError, *, request_id: str) -> bytes:
        """OpenAI's envelope has no place for ``request_id``: it travels in the header."""
        return shared.write_error(error)

    def write_stream_error(self, error: SwitchboardError, *, request_id: str) -> bytes:
        return stream_out.write_stream_error(error)

    def write_request(self, call: Call, target: Target) -> HttpParts:
        return request_out.write_request(call, target)

    def read_reply(self, body: bytes, target: Target) -> Reply:
        return stream_in.read_reply(body, target)

    def stream_reader(self, target: Target) -> StreamReader:
        return stream_in.ResponsesStreamReader(target)

    def read_error(self, status: int, headers: Mapping[str, str], body: bytes, target: Target) -> UpstreamError:
        return shared.read_vendor_error(status, headers, body, target.vendor)

    def patch_request(self, body: dict[str, Any], target: Target) -> HttpParts:
        return request_out.patch_request(body, target)

    def tap_reply(self, body: bytes, target: Target) -> ReplyFacts:
        return tap.tap_reply(body, target)

    def stream_tap(self, target: Target, *, include_usage: bool) -> StreamTap:
        return tap.ResponsesStreamTap(target)


WIRE: Wire = ResponsesWire()
