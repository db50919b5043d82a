"""Azure OpenAI: OpenAI's chat at one of two addresses. Without ``api_version`` it is the v1 API, where the body names
the deployment; with one it is the deployment's own path."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from providers.canonical import Call, HttpParts, Target
from providers.templates import path
from providers.wires.base import Wire
from providers.wires.openai import OpenAIWire

DEPLOYMENT_PATH = "/openai/deployments/{model}/chat/completions?api-version={api_version}"
V1 = frozenset({"", "v1", "latest", "preview"})  # what means the v1 API


class AzureWire(OpenAIWire):
    name = "azure"

    def write_request(self, call: Call, target: Target) -> HttpParts:
        return _addressed(super().write_request(call, target), target)

    def patch_request(self, body: dict[str, Any], target: Target) -> HttpParts:
        return _addressed(super().patch_request(body, target), target)


def _addressed(parts: HttpParts, target: Target) -> HttpParts:
    if target.settings.get("api_version", "") in V1:
        return parts
    return replace(parts, path=path(DEPLOYMENT_PATH, target))


WIRE: Wire = AzureWire()
