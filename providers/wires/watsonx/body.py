"""OpenAI's request → watsonx's: who pays, what the choice of tools is called, and where it goes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import quote

from providers.canonical import HttpParts, Target
from providers.embeddings.watsonx import owner
from providers.errors import RequestRejected, UnsupportedFeature
from providers.wires.openai.codec import decode, encode, mapping, string

API_VERSION = "2025-09-10"
DEPLOYMENT = "deployment/"  # how a model's id begins that is a deployment's
CHOICES = ("auto", "none", "required")


def reshaped(parts: HttpParts, target: Target) -> HttpParts:
    """Raises ``UnsupportedFeature`` for tools that are no functions, and for audio."""
    body: dict[str, Any] = decode(parts.content)
    streamed = body.pop("stream", None) is True
    for name in ("model", "stream_options"):
        body.pop(name, None)
    _refuse(body)
    if isinstance(body.get("stop"), str):
        body["stop"] = [body["stop"]]
    if "tool_choice" in body:
        body |= _choice(body.pop("tool_choice"))
    if not target.model.startswith(DEPLOYMENT):  # a deployment has its model and owner already
        body = {"model_id": target.model, **owner(target), **body}
    return replace(parts, path=_path(target, streamed=streamed), content=encode(body))


def _path(target: Target, *, streamed: bool) -> str:
    chat = "text/chat_stream" if streamed else "text/chat"
    version = quote(target.settings.get("api_version") or API_VERSION, safe="")
    if not target.model.startswith(DEPLOYMENT):
        return f"/ml/v1/{chat}?version={version}"
    deployment = target.model.removeprefix(DEPLOYMENT)
    if deployment in ("", ".", "..") or "/" in deployment:
        raise RequestRejected(
            f"{target.model[:200]!r} names no deployment.", param="model", code="model_not_found", status=404
        )
    return f"/ml/v1/deployments/{quote(deployment, safe='')}/{chat}?version={version}"


def _refuse(body: Mapping[str, Any]) -> None:
    tools = body.get("tools")
    for tool in tools if isinstance(tools, list) else ():
        kind = mapping(tool).get("type", "function")
        if kind != "function":
            raise UnsupportedFeature(f"watsonx takes functions only, no tool of the type {kind!r}.", param="tools")
    modalities = body.get("modalities")
    if body.get("audio") or (isinstance(modalities, list) and "audio" in modalities):
        raise UnsupportedFeature("watsonx makes no audio.", param="modalities")


def _choice(given: Any) -> dict[str, Any]:
    """A word is ``tool_choice_option``, a function ``tool_choice``."""
    if given is None:
        return {}
    if isinstance(given, str) and given in CHOICES:
        return {"tool_choice_option": given}
    function = mapping(mapping(given).get("function"))
    if mapping(given).get("type", "function") == "function" and string(function.get("name")):
        return {"tool_choice": {"type": "function", "function": {"name": function["name"]}}}
    if isinstance(given, dict) and given.get("type") == "allowed_tools":
        raise UnsupportedFeature("watsonx cannot be told which of the tools are allowed.", param="tool_choice")
    raise RequestRejected(
        "Invalid value for 'tool_choice': expected auto, none, required or a named function.", param="tool_choice"
    )
