"""Cloudflare Workers AI's own wire (``/run/{model}``), both ways: OpenAI's messages in, an envelope of its own out.

``request_in`` reads an app's call, ``reply_out`` answers it; ``request_out`` writes to Cloudflare, ``reply_in`` and
``errors`` read what comes.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from providers.canonical import Call, HttpParts, Reply, Target
from providers.errors import SwitchboardError, UpstreamError
from providers.wires.base import ReplyFacts, StreamReader, StreamTap, StreamWriter, Wire
from providers.wires.cloudflare import errors, reply_in, reply_out, request_in, request_out
from providers.wires.cloudflare.reply_in import FrameReader
from providers.wires.cloudflare.reply_out import DONE_FRAME, FrameWriter
from providers.wires.cloudflare.request_in import NAME
from providers.wires.reader_tap import BLANK_LINE, ReaderTap, facts_of


class CloudflareWire:
    """See ``providers.wires.base.Wire`` for what each method promises."""

    name = NAME
    dialect = NAME

    def read_request(self, body: Mapping[str, Any]) -> Call:
        return request_in.read_request(body)

    def write_reply(self, reply: Reply) -> bytes:
        return reply_out.write_reply(reply)

    def stream_writer(self, call: Call) -> StreamWriter:
        return FrameWriter()

    def write_error(self, error: SwitchboardError, *, request_id: str) -> bytes:
        """This envelope has no place for ``request_id``: it travels in the header."""
        return errors.write_error(error)

    def write_stream_error(self, error: SwitchboardError, *, request_id: str) -> bytes:
        return errors.write_stream_error(error)

    def write_request(self, call: Call, target: Target) -> HttpParts:
        return request_out.write_request(call, target)

    def read_reply(self, body: bytes, target: Target) -> Reply:
        return reply_in.read_reply(body, target)

    def stream_reader(self, target: Target) -> StreamReader:
        return FrameReader(target)

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
        return ReaderTap(FrameReader(target), ends=BLANK_LINE, fallback=DONE_FRAME)


WIRE: Wire = CloudflareWire()
