"""IBM watsonx.ai's chat: OpenAI's messages at paths of its own, one of them for streams.

``body`` shapes requests, ``frames`` cleans streams, ``errors`` reads refusals.
Source: cloud.ibm.com/apidocs/watsonx-ai, "Infer text" (text/chat, text/chat_stream, deployments).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from providers.canonical import Call, HttpParts, Reply, Target
from providers.errors import UpstreamError
from providers.wires.base import ReplyFacts, StreamReader, StreamTap, Wire
from providers.wires.openai import OpenAIWire
from providers.wires.watsonx.body import reshaped
from providers.wires.watsonx.errors import error_inside, read_error
from providers.wires.watsonx.frames import WatsonxReader, WatsonxTap


class WatsonxWire(OpenAIWire):
    name = "watsonx"

    def write_request(self, call: Call, target: Target) -> HttpParts:
        return reshaped(super().write_request(call, target), target)

    def patch_request(self, body: dict[str, Any], target: Target) -> HttpParts:
        return reshaped(super().patch_request(body, target), target)

    def read_reply(self, body: bytes, target: Target) -> Reply:
        if error := error_inside(body, target.vendor.name):
            raise error
        return super().read_reply(body, target)

    def tap_reply(self, body: bytes, target: Target) -> ReplyFacts:
        if error := error_inside(body, target.vendor.name):
            return ReplyFacts(None, None, None, error)
        return super().tap_reply(body, target)

    def read_error(self, status: int, headers: Mapping[str, str], body: bytes, target: Target) -> UpstreamError:
        return read_error(status, headers, body, vendor=target.vendor.name)

    def stream_reader(self, target: Target) -> StreamReader:
        return WatsonxReader(target)

    def stream_tap(self, target: Target, *, include_usage: bool) -> StreamTap:
        return WatsonxTap(target, include_usage=include_usage)


WIRE: Wire = WatsonxWire()
