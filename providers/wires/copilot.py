"""GitHub Copilot's chat: OpenAI's, with a header where the call holds pictures."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from providers.canonical import Call, HttpParts, Target
from providers.wires.base import Wire
from providers.wires.openai import OpenAIWire

VISION = ("copilot-vision-request", "true")  # without it a call with pictures is refused


class CopilotWire(OpenAIWire):
    name = "copilot"

    def write_request(self, call: Call, target: Target) -> HttpParts:
        return with_vision(super().write_request(call, target))

    def patch_request(self, body: dict[str, Any], target: Target) -> HttpParts:
        return with_vision(super().patch_request(body, target))


def with_vision(parts: HttpParts) -> HttpParts:
    """Told by the body's own keys: inside a text their quotes would be escaped."""
    if b'"image_url"' not in parts.content and b'"input_image"' not in parts.content:
        return parts
    return replace(parts, headers=(*parts.headers, VISION))


WIRE: Wire = CopilotWire()
