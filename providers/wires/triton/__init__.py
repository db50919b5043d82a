"""NVIDIA Triton's generate extension, and the KServe inference it is built on: one text in, one text out.

``requests`` writes and reads requests, ``infer`` the tensors of KServe, ``reply_in`` reads what comes back.
Source: triton-inference-server/server docs/protocol/extension_generate.md; kserve v2 "Inference Protocol".
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from providers.canonical import Call, HttpParts, Reply, Target
from providers.errors import SwitchboardError, UpstreamError
from providers.wires.base import ReplyFacts, StreamReader, StreamTap, StreamWriter, Wire
from providers.wires.folding import fold_events
from providers.wires.reader_tap import BLANK_LINE, ReaderTap, facts_of
from providers.wires.triton import errors, reply_out, requests
from providers.wires.triton.reply_in import GenerateReader, whole_events
from providers.wires.triton.requests import NAME


class TritonWire:
    """See ``providers.wires.base.Wire`` for what each method promises."""

    name = NAME
    dialect = NAME

    def read_request(self, body: Mapping[str, Any]) -> Call:
        return requests.read_request(body)

    def write_reply(self, reply: Reply) -> bytes:
        return reply_out.write_reply(reply)

    def stream_writer(self, call: Call) -> StreamWriter:
        return reply_out.GenerateWriter(call)

    def write_error(self, error: SwitchboardError, *, request_id: str) -> bytes:
        """This envelope has no place for ``request_id``: it travels in the header."""
        return errors.write_error(error)

    def write_stream_error(self, error: SwitchboardError, *, request_id: str) -> bytes:
        return reply_out.write_stream_error(error)

    def write_request(self, call: Call, target: Target) -> HttpParts:
        return requests.write_request(call, target)

    def read_reply(self, body: bytes, target: Target) -> Reply:
        return fold_events(whole_events(body, target))

    def stream_reader(self, target: Target) -> StreamReader:
        return GenerateReader(target)

    def read_error(self, status: int, headers: Mapping[str, str], body: bytes, target: Target) -> UpstreamError:
        return errors.read_error(status, headers, body, vendor=target.vendor.name)

    def patch_request(self, body: dict[str, Any], target: Target) -> HttpParts:
        return self.write_request(self.read_request(body), target)

    def tap_reply(self, body: bytes, target: Target) -> ReplyFacts:
        try:
            return facts_of(self.read_reply(body, target))
        except UpstreamError as error:
            return ReplyFacts(None, None, None, error)

    def stream_tap(self, target: Target, *, include_usage: bool) -> StreamTap:
        return ReaderTap(GenerateReader(target), ends=BLANK_LINE)


WIRE: Wire = TritonWire()
