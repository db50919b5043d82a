"""GitHub Copilot's Responses: OpenAI's, with a header where the call holds pictures."""

from __future__ import annotations

from typing import Any

from providers.canonical import Call, HttpParts, Target
from providers.wires.base import Wire
from providers.wires.copilot import with_vision
from providers.wires.responses import ResponsesWire


class CopilotResponsesWire(ResponsesWire):
    name = "copilot_responses"

    def write_request(self, call: Call, target: Target) -> HttpParts:
        return with_vision(super().write_request(call, target))

    def patch_request(self, body: dict[str, Any], target: Target) -> HttpParts:
        return with_vision(super().patch_request(body, target))


WIRE: Wire = CopilotResponsesWire()
