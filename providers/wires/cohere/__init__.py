"""Cohere's chat wire (``/v2/chat``), both ways; answers of ``/v1/chat`` are read too.

``request_in`` ``messages_in`` read an app's call, ``reply_out`` ``stream_out`` answer it; ``request_out``
``messages_out`` write to Cohere, ``reply_in`` with ``events_in`` and ``v1`` reads its answers, ``errors`` its refusals.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from providers.canonical import Call, HttpParts, Reply, Target
from providers.errors import SwitchboardError, UpstreamError
from providers.wires.base import ReplyFacts, StreamReader, StreamTap, StreamWriter, Wire
from providers.wires.cohere import errors, reply_in, reply_out, request_in, request_out
from providers.wires.cohere.messages_in import NAME
from providers.wires.cohere.reply_in import ReplyReader
from providers.wires.cohere.stream_out import EventWriter
from providers.wires.reader_tap import BLANK_LINE, ReaderTap, facts_of


class CohereWire:
    """See ``providers.wires.base.Wire`` for what each method promises."""

    name = NAME
    dialect = NAME

    def read_request(self, body: Mapping[str, Any]) -> Call:
        return request_in.read_request(body)

    def write_reply(self, reply: Reply) -> bytes:
        return reply_out.write_reply(reply)

    def stream_writer(self, call: Call) -> StreamWriter:
        return EventWriter(call)

    def write_error(self, error: SwitchboardError, *, request_id: str) -> bytes:
        return errors.write_error(error, request_id=request_id)

    def write_stream_error(self, error: SwitchboardError, *, request_id: str) -> bytes:
        return errors.write_stream_error(error, request_id=request_id)

    def write_request(self, call: Call, target: Target) -> HttpParts:
        return request_out.write_request(call, target)

    def read_reply(self, body: bytes, target: Target) -> Reply:
        return reply_in.read_reply(body, target)

    def stream_reader(self, target: Target) -> StreamReader:
        return ReplyReader(target)

    def read_error(self, status: int, headers: Mapping[str, str], body: bytes, target: Target) -> UpstreamError:
        return errors.read_error(status, headers, body, vendor=target.vendor.name)

    def patch_request(self, body: dict[str, Any], target: Target) -> HttpParts:
        return request_out.patch_request(body, target)

    def tap_reply(self, body: bytes, target: Target) -> ReplyFacts:
        try:
            return facts_of(reply_in.read_reply(body, target))
        except UpstreamError as error:
            return ReplyFacts(None, None, None, error)

    def stream_tap(self, target: Target, *, include_usage: bool) -> StreamTap:
        return ReaderTap(ReplyReader(target), ends=BLANK_LINE)


WIRE: Wire = CohereWire()
