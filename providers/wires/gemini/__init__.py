"""Google's generateContent wire, both ways.

``request_in`` ``contents_in`` read an app's call; ``reply_out`` ``stream_out`` answer it. ``request_out`` with
``contents_out`` ``parts_out`` ``media`` ``tools_out`` ``thinking_out`` writes to a vendor; ``frames`` with ``chunks``
reads its answer and ``errors`` its refusals. ``tap`` is pass-through; ``families`` knows what each generation takes.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from providers.canonical import Call, HttpParts, Reply, Target
from providers.errors import SwitchboardError, UpstreamError
from providers.wires.base import ReplyFacts, StreamReader, StreamTap, StreamWriter, Wire
from providers.wires.gemini import errors, frames, reply_out, request_in, request_out, tap
from providers.wires.gemini.codec import NAME
from providers.wires.gemini.frames import GeminiReader
from providers.wires.gemini.request_out import Address
from providers.wires.gemini.stream_out import GeminiWriter
from providers.wires.gemini.tap import GeminiTap


class GeminiWire:
    """See ``providers.wires.base.Wire`` for what each method promises. ``address`` says where a model is."""

    dialect = NAME

    def __init__(self, name: str = NAME, address: Address = request_out.address) -> None:
        self.name = name
        self._address = address

    def read_request(self, body: Mapping[str, Any]) -> Call:
        return request_in.read_request(body)

    def write_reply(self, reply: Reply) -> bytes:
        return reply_out.write_reply(reply)

    def stream_writer(self, call: Call) -> StreamWriter:
        return GeminiWriter()

    def write_error(self, error: SwitchboardError, *, request_id: str) -> bytes:
        return errors.write_error(error, request_id=request_id)

    def write_stream_error(self, error: SwitchboardError, *, request_id: str) -> bytes:
        return errors.write_stream_error(error, request_id=request_id)

    def write_request(self, call: Call, target: Target) -> HttpParts:
        return request_out.write_request(call, target, self._address)

    def read_reply(self, body: bytes, target: Target) -> Reply:
        return frames.read_reply(body)

    def stream_reader(self, target: Target) -> StreamReader:
        return GeminiReader()

    def read_error(self, status: int, headers: Mapping[str, str], body: bytes, target: Target) -> UpstreamError:
        return errors.read_error(status, headers, body, vendor=target.vendor.name)

    def patch_request(self, body: dict[str, Any], target: Target) -> HttpParts:
        return request_out.patch_request(body, target, self._address)

    def tap_reply(self, body: bytes, target: Target) -> ReplyFacts:
        return tap.tap_reply(body)

    def stream_tap(self, target: Target, *, include_usage: bool) -> StreamTap:
        return GeminiTap()


WIRE: Wire = GeminiWire()
