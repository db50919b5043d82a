"""Claude on Vertex AI: Anthropic's messages, with the model in the address and the version in the body.

Source: platform.claude.com build-with-claude/claude-on-vertex-ai.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from providers.canonical import Call, HttpParts, Target
from providers.errors import UpstreamError
from providers.templates import segments
from providers.wires.anthropic import AnthropicWire
from providers.wires.anthropic.codec import decode, encode
from providers.wires.base import Wire
from providers.wires.gemini import errors

VERSION = "vertex-2023-10-16"
PUBLISHER = "publishers/anthropic/models/"


class VertexAnthropicWire(AnthropicWire):
    """Bodies and replies are Anthropic's; what Google refuses before Claude is asked is spelled Google's way."""

    name = "vertex_anthropic"

    def write_request(self, call: Call, target: Target) -> HttpParts:
        return _addressed(super().write_request(call, target), target)

    def patch_request(self, body: dict[str, Any], target: Target) -> HttpParts:
        return _addressed(super().patch_request(body, target), target)

    def read_error(self, status: int, headers: Mapping[str, str], body: bytes, target: Target) -> UpstreamError:
        try:
            content = decode(body)
        except ValueError:
            content = None
        if errors.is_google(content):
            return errors.read_error(status, headers, body, vendor=target.vendor.name)
        return super().read_error(status, headers, body, target)


def _addressed(parts: HttpParts, target: Target) -> HttpParts:
    body = decode(parts.content)
    del body["model"]
    verb = "streamRawPredict" if body.get("stream") is True else "rawPredict"
    model = target.model.removeprefix(PUBLISHER).removeprefix("anthropic/")
    path = f"/{PUBLISHER}{segments(model)}:{verb}"
    return replace(parts, path=path, content=encode({"anthropic_version": VERSION, **body}))


WIRE: Wire = VertexAnthropicWire()
