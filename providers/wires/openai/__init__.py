"""The OpenAI chat wire, both ways: what apps speak to us, and what most vendors speak."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from providers.canonical import Call, HttpParts, Reply, Target
from providers.errors import SwitchboardError, UpstreamError
from providers.wires.base import ReplyFacts, StreamReader, StreamTap, StreamWriter
from providers.wires.openai import errors, reply, request_in, request_out
from providers.wires.openai.messages_in import WIRE_NAME
from providers.wires.openai.stream_in import OpenAIStreamReader
from providers.wires.openai.stream_out import OpenAIStreamWriter, write_stream_error
from providers.wires.openai.tap import OpenAIStreamTap


class OpenAIWire:
    """``Wire`` of ``POST /chat/completions``. What each method does is told in ``providers/wires/base.py``."""

    name = WIRE_NAME
    dialect = WIRE_NAME

    def read_request(self, body: Mapping[str, Any]) -> Call:
        return request_in.read_request(body)

    def write_reply(self, whole: Reply) -> bytes:
        return reply.write_reply(whole)

    def stream_writer(self, call: Call) -> StreamWriter:
        return OpenAIStreamWriter.of(call)

    def write_error(self, error: SwitchboardError, *, request_id: str) -> bytes:
        """OpenAI's envelope has no place for ``request_id``: it travels in the header."""
        return errors.write_error(error)

    def write_stream_error(self, error: SwitchboardError, *, request_id: str) -> bytes:
        return write_stream_error(error)

    def write_request(self, call: Call, target: Target) -> HttpParts:
        return request_out.write_request(call, target)

    def read_reply(self, body: bytes, target: Target) -> Reply:
        return reply.read_reply(body, target)

    def stream_reader(self, target: Target) -> StreamReader:
        return OpenAIStreamReader(target)

    def read_error(self, status: int, headers: Mapping[str, str], body: bytes, target: Target) -> UpstreamError:
        return errors.read_vendor_error(status, headers, body, target.vendor)

    def patch_request(self, body: dict[str, Any], target: Target) -> HttpParts:
        return request_out.patch_request(body, target)

    def tap_reply(self, body: bytes, target: Target) -> ReplyFacts:
        return reply.tap_reply(body, target)

    def stream_tap(self, target: Target, *, include_usage: bool) -> StreamTap:
        return OpenAIStreamTap(target, include_usage=include_usage)


WIRE = OpenAIWire()
