"""The Converse wire of Amazon Bedrock, both ways.

``request_in`` ``blocks_in`` read an app's call; ``reply_out`` ``stream_out`` ``errors`` answer it. ``request_out`` with
``messages_out`` ``blocks_out`` ``media`` ``tools_out`` ``model_fields`` writes to Bedrock; ``reply_in`` ``blocks_read``
read its answer. ``tap`` is pass-through.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from providers.canonical import Call, HttpParts, Reply, Target
from providers.errors import SwitchboardError, UpstreamError
from providers.wires import aws_errors
from providers.wires.base import ReplyFacts, StreamReader, StreamTap, StreamWriter, Wire
from providers.wires.bedrock_converse import errors, reply_in, reply_out, request_in, request_out, tap
from providers.wires.bedrock_converse.blocks_in import NAME
from providers.wires.bedrock_converse.reply_in import ConverseReader
from providers.wires.bedrock_converse.stream_out import ConverseWriter
from providers.wires.bedrock_converse.tap import ConverseTap


class BedrockConverseWire:
    """See ``providers.wires.base.Wire`` for what each method promises."""

    name = NAME
    dialect = NAME

    def read_request(self, body: Mapping[str, Any]) -> Call:
        return request_in.read_request(body)

    def write_reply(self, reply: Reply) -> bytes:
        return reply_out.write_reply(reply)

    def stream_writer(self, call: Call) -> StreamWriter:
        return ConverseWriter()

    def write_error(self, error: SwitchboardError, *, request_id: str) -> bytes:
        """Bedrock's envelope has no place for ``request_id``: it travels in the header."""
        return errors.write_error(error)

    def write_stream_error(self, error: SwitchboardError, *, request_id: str) -> bytes:
        return errors.write_stream_error(error)

    def write_request(self, call: Call, target: Target) -> HttpParts:
        return request_out.write_request(call, target)

    def read_reply(self, body: bytes, target: Target) -> Reply:
        return reply_in.read_reply(body, target)

    def stream_reader(self, target: Target) -> StreamReader:
        return ConverseReader(target)

    def read_error(self, status: int, headers: Mapping[str, str], body: bytes, target: Target) -> UpstreamError:
        return aws_errors.read_error(status, headers, body, vendor=target.vendor.name)

    def patch_request(self, body: dict[str, Any], target: Target) -> HttpParts:
        return request_out.patch_request(body, target)

    def tap_reply(self, body: bytes, target: Target) -> ReplyFacts:
        return tap.tap_reply(body, target)

    def stream_tap(self, target: Target, *, include_usage: bool) -> StreamTap:
        return ConverseTap(target)


WIRE: Wire = BedrockConverseWire()
