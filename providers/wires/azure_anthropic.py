"""Claude on Azure: Anthropic's Messages, below a path of the Azure resource."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from providers.canonical import Call, HttpParts, Target
from providers.vendors.base import Quirks
from providers.wires.anthropic import AnthropicWire
from providers.wires.base import Wire

MESSAGES_PATH = "/anthropic/v1/messages"
VERSION = ("anthropic-version", "2023-06-01")


class AzureAnthropicWire(AnthropicWire):
    name = "azure_anthropic"

    def write_request(self, call: Call, target: Target) -> HttpParts:
        return _versioned(super().write_request(call, _claude(target)))

    def patch_request(self, body: Mapping[str, Any], target: Target) -> HttpParts:
        return _versioned(super().patch_request(dict(body), _claude(target)))


def _claude(target: Target) -> Target:
    """The vendor's path and quirks are those of its OpenAI models."""
    return replace(
        target,
        vendor=replace(target.vendor, chat_path=MESSAGES_PATH, quirks=Quirks(), wire="anthropic", other_wires=()),
    )


def _versioned(parts: HttpParts) -> HttpParts:
    return replace(parts, headers=(*parts.headers, VERSION))


WIRE: Wire = AzureAnthropicWire()
