"""Call → the HTTP parts of Converse or ConverseStream, and the little that pass-through changes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from providers.canonical import Call, HttpParts, Target
from providers.errors import UnsupportedFeature
from providers.templates import fill
from providers.wires.anthropic.claude import traits
from providers.wires.anthropic.codec import encode, without
from providers.wires.bedrock_converse.blocks_in import NAME
from providers.wires.bedrock_converse.messages_out import write_messages
from providers.wires.bedrock_converse.model_fields import OWN, is_claude, write_model_fields
from providers.wires.bedrock_converse.tools_out import write_text_format, write_tool_config

PATH = "/model/{model}/converse"
OWN_FIELDS = (  # Converse's own, which an app of another dialect may send too
    *("guardrailConfig", "performanceConfig", "serviceTier", "requestMetadata", "promptVariables"),
    "additionalModelResponseFieldPaths",
)
HANDLED = frozenset(
    (OWN, "thinking", "reasoning", "tool_choice", "max_completion_tokens", "output_config", "betas", "anthropic_beta")
)
FEATURES = {  # another dialect's field → what the app would miss
    "logprobs": "logprobs",
    "top_logprobs": "logprobs",
    "audio": "audio output",
    "web_search_options": "web search by web_search_options",
    "functions": "functions (use tools)",
    "response_format": "this response_format",
    "mcp_servers": "MCP servers",
}
TIERS = ("default", "priority", "flex", "reserved")
IN_ADDRESS = ("modelId", "stream")  # not of Converse's body; whoever offers this dialect puts them there


def write_request(call: Call, target: Target) -> HttpParts:
    """The request for ``target``. Raises ``UnsupportedFeature`` naming what Converse cannot do."""
    dropped: list[str] = []
    body = _native_body(call) if call.wire == NAME else _translated_body(call, target, dropped)
    return _parts(body, target, stream=call.stream, dropped=dropped)


def patch_request(body: Mapping[str, Any], target: Target) -> HttpParts:
    """A Converse app's own body with the provider's guardrail. Does not change ``body``."""
    return _parts(without(body, *IN_ADDRESS), target, stream=body.get("stream") is True, dropped=[])


def _parts(body: dict[str, Any], target: Target, *, stream: bool, dropped: list[str]) -> HttpParts:
    guardrail = guardrail_of(target)
    if guardrail is not None:
        body.setdefault("guardrailConfig", guardrail)
    body |= target.vendor.quirks.extra_body
    path = fill(PATH, {}, model=target.model) + ("-stream" if stream else "")
    return HttpParts(path=path, content=encode(body), dropped=tuple(dict.fromkeys(dropped)))


def guardrail_of(target: Target) -> dict[str, str] | None:
    """The guardrail of the provider's settings."""
    id = target.settings.get("guardrail_id")
    if not id:
        return None
    return {"guardrailIdentifier": id, "guardrailVersion": target.settings.get("guardrail_version") or "DRAFT"}


def _native_body(call: Call) -> dict[str, Any]:
    system, messages = write_messages(call, [])
    body: dict[str, Any] = {"messages": messages, **({"system": system} if system else {})}
    config: dict[str, Any] = dict(call.extra.get("inferenceConfig") or {})
    config |= {"temperature": call.temperature, "topP": call.top_p, "maxTokens": call.max_output}
    config |= {"stopSequences": list(call.stop)} if call.stop else {}
    if config := {name: value for name, value in config.items() if value is not None}:
        body["inferenceConfig"] = config
    if (tools := write_tool_config(call, [])) is not None:
        body["toolConfig"] = tools
    output: dict[str, Any] = dict(call.extra.get("outputConfig") or {})
    if (text := write_text_format(call.output_format, native=True, system=system, dropped=[])) is not None:
        output["textFormat"] = text
    if output:
        body["outputConfig"] = output
    return body | without(call.extra, "inferenceConfig", "outputConfig")


def _translated_body(call: Call, target: Target, dropped: list[str]) -> dict[str, Any]:
    _refuse_features(call)
    system, messages = write_messages(call, dropped, signs=is_claude(target.model) or not _is_known(target.model))
    config = _inference(call, target, dropped)
    fields = write_model_fields(call, target.model, config, dropped)
    text = write_text_format(call.output_format, native=False, system=system, dropped=dropped)
    body: dict[str, Any] = {"messages": messages}
    body |= {"system": system} if system else {}
    body |= {"inferenceConfig": config} if config else {}
    if (tools := write_tool_config(call, dropped)) is not None:
        body["toolConfig"] = tools
    body |= {OWN: fields} if fields else {}
    body |= {"outputConfig": {"textFormat": text}} if text is not None else {}
    return body | _extras(call, dropped)


def _is_known(model: str) -> bool:
    """Whether the id tells the family; that of a profile or a deployment of one's own does not."""
    return not model.startswith("arn:")


def _inference(call: Call, target: Target, dropped: list[str]) -> dict[str, Any]:
    config: dict[str, Any] = {} if call.max_output is None else {"maxTokens": call.max_output}
    claude = is_claude(target.model)
    if stop := [word for word in call.stop if word.strip() or (word and not claude)]:
        config["stopSequences"] = stop
    if len(stop) < len(call.stop):
        dropped.append("stop")  # Bedrock refuses empty ones, Claude blank ones
    if "maxTokens" not in config and claude and traits(target.model).thinking == "none":
        config["maxTokens"] = traits(target.model).max_output
    return config


def _refuse_features(call: Call) -> None:
    if call.n is not None and call.n > 1:
        raise UnsupportedFeature("n > 1 is not supported by Amazon Bedrock", param="n")
    for name, feature in FEATURES.items():
        if call.extra.get(name) or (name == "web_search_options" and call.extra.get(name) is not None):
            raise UnsupportedFeature(f"{feature} is not supported by Amazon Bedrock", param=name)
    modalities = call.extra.get("modalities")
    if isinstance(modalities, list | tuple) and "audio" in modalities:
        raise UnsupportedFeature("audio output is not supported by Amazon Bedrock", param="modalities")


def _extras(call: Call, dropped: list[str]) -> dict[str, Any]:
    """Converse's own fields out of an app's other ones; what is left means nothing there and goes to ``dropped``."""
    said = {key: value for key, value in call.extra.items() if value is not None}
    passed = {key: value for key, value in said.items() if key in OWN_FIELDS}
    tier = said.get("service_tier")
    if tier in TIERS and isinstance(tier, str):
        passed.setdefault("serviceTier", {"type": tier})
    elif tier is not None and tier != "auto":
        dropped.append("service_tier")
    knobs = {
        "seed": call.seed,
        "presence_penalty": call.presence_penalty,
        "frequency_penalty": call.frequency_penalty,
        "user": call.user,
    }
    dropped.extend(name for name, value in knobs.items() if value is not None)
    ignored = HANDLED | FEATURES.keys() | {*OWN_FIELDS, "modalities", "service_tier", "stream_options"}
    dropped.extend(sorted(key for key in said if key not in ignored))
    return passed
