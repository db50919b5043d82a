"""Call → the HTTP parts of a Messages request, and the little that pass-through changes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from providers.canonical import Call, HttpParts, Target
from providers.errors import UnsupportedFeature
from providers.vendors.base import Quirks
from providers.wires.anthropic.claude import Traits, traits
from providers.wires.anthropic.codec import NAME, encode
from providers.wires.anthropic.messages_out import write_messages
from providers.wires.anthropic.thinking_out import write_sampling, write_thinking
from providers.wires.anthropic.tools_out import write_format, write_tool_choice, write_tools
from providers.wires.anthropic.unsealing import without_foreign_thoughts
from providers.wires.paths import chat_path

OWN_FIELDS = {  # Anthropic's own, which an app of another dialect may send too
    *("cache_control", "compaction", "container", "context_management", "diagnostics", "fallbacks"),
    *("inference_geo", "mcp_servers", "speed", "user_profile_id"),
}
HANDLED = {  # read elsewhere: into fields of the Call, or below
    *("thinking", "reasoning", "tool_choice", "max_completion_tokens", "output_config"),
    *("metadata", "service_tier", "betas", "safety_identifier"),
}
SEARCH = "web_search_options"  # an empty one asks for a search as well
FEATURES = {  # another dialect's field → what the app would miss
    "logprobs": "logprobs",
    "top_logprobs": "logprobs",
    "audio": "audio output",
    "web_search_options": "web search by web_search_options",
    "functions": "functions (use tools)",
    "response_format": "this response_format",
}
TIERS = {"auto": "auto", "standard_only": "standard_only", "default": "standard_only"}


def write_request(call: Call, target: Target) -> HttpParts:
    """The request for ``target``. Raises ``UnsupportedFeature`` naming what Anthropic cannot do."""
    dropped: list[str] = []
    body = _native_body(call, target) if call.wire == NAME else _translated_body(call, target, dropped)
    return _parts(body, target, dropped)


def patch_request(body: Mapping[str, Any], target: Target) -> HttpParts:
    """An Anthropic app's own body with the target's model and the vendor's quirks, without what other vendors thought
    in it. Does not change ``body``."""
    dropped: list[str] = []
    patched = {**body, "model": target.model}
    without_foreign_thoughts(patched, dropped)
    return _parts(patched, target, dropped)


def _parts(body: dict[str, Any], target: Target, dropped: list[str]) -> HttpParts:
    _apply_quirks(body, target.vendor.quirks, dropped)
    betas = body.pop("betas", None)  # the SDKs' spelling; on the wire it is a header
    headers: tuple[tuple[str, str], ...] = ()
    if isinstance(betas, list | tuple) and betas:
        headers = (("anthropic-beta", ",".join(str(beta) for beta in betas)),)
    return HttpParts(
        path=chat_path(target), content=encode(body), headers=headers, dropped=tuple(dict.fromkeys(dropped))
    )


def _apply_quirks(body: dict[str, Any], quirks: Quirks, dropped: list[str]) -> None:
    for name in quirks.drop & body.keys():
        del body[name]
        dropped.append(name)
    for name, theirs in quirks.rename.items():
        if name in body:
            body[theirs] = body.pop(name)
    body |= quirks.extra_body


def _native_body(call: Call, target: Target) -> dict[str, Any]:
    known = traits(target.model)
    said = _conversation(call, target, [])
    thinking = call.thinking
    if thinking is not None and thinking.extra:
        said["thinking"] = dict(thinking.extra)
        if thinking.budget is not None:
            said["thinking"]["budget_tokens"] = thinking.budget
    sampling = {"temperature": call.temperature, "top_p": call.top_p, "top_k": call.top_k}
    said |= {name: value for name, value in sampling.items() if value is not None}
    config = dict(call.extra.get("output_config") or {})
    _add_output(said, config, call, known, effort=thinking.effort if thinking else None, dropped=[])
    metadata = dict(call.extra.get("metadata") or {})
    if call.user is not None:
        metadata["user_id"] = call.user
    extra = {key: value for key, value in call.extra.items() if key not in ("output_config", "metadata")}
    return said | ({"metadata": metadata} if metadata else {}) | extra


def _translated_body(call: Call, target: Target, dropped: list[str]) -> dict[str, Any]:
    _refuse_features(call)
    known = traits(target.model)
    body = _conversation(call, target, dropped)
    thinking, effort = write_thinking(call, traits=known, max_tokens=body["max_tokens"], dropped=dropped)
    if thinking is not None:
        body["thinking"] = thinking
    thinks = thinking is not None and thinking.get("type") in ("enabled", "adaptive")
    body |= write_sampling(call, traits=known, thinking=thinks, dropped=dropped)
    own = call.extra.get("output_config")
    _add_output(body, dict(own) if isinstance(own, Mapping) else {}, call, known, effort=effort, dropped=dropped)
    body |= _extras(call, dropped)
    return body


def _conversation(call: Call, target: Target, dropped: list[str]) -> dict[str, Any]:
    """The fields both lanes of this module share."""
    said = write_messages(call, dropped)
    known = traits(target.model)
    body: dict[str, Any] = {"model": target.model, "max_tokens": _max_tokens(call, target, known)}
    body["messages"] = said.messages
    body["system"] = said.system
    if call.tools:
        body["tools"] = write_tools(call, traits=known, dropped=dropped)
    if (choice := write_tool_choice(call)) is not None:
        body["tool_choice"] = choice
    if stop := [word for word in call.stop if call.wire == NAME or word.strip()]:
        body["stop_sequences"] = stop
    if len(stop) < len(call.stop):
        dropped.append("stop")  # white space alone is refused
    if call.stream:
        body["stream"] = True
    return body


def _max_tokens(call: Call, target: Target, known: Traits) -> int:
    """What the app said; else all the model can give, because a dialect where it is optional means that."""
    if call.max_output is not None:
        return call.max_output
    facts = (fact for fact in target.vendor.models if target.model.startswith(fact.id) and fact.max_output)
    best = max(facts, key=lambda fact: len(fact.id), default=None)
    return best.max_output if best is not None else known.max_output


def _add_output(
    body: dict[str, Any], config: dict[str, Any], call: Call, known: Traits, *, effort: str | None, dropped: list[str]
) -> None:
    system: list[dict[str, Any]] = body["system"]
    asked = write_format(call.output_format, native=call.wire == NAME, traits=known, system=system, dropped=dropped)
    if asked is not None:
        config["format"] = asked
    if effort is not None:
        config["effort"] = effort
    if config:
        body["output_config"] = config
    if not system:
        del body["system"]


def _refuse_features(call: Call) -> None:
    if call.n is not None and call.n > 1:
        raise UnsupportedFeature("n > 1 is not supported by the Anthropic API", param="n")
    for name, feature in FEATURES.items():
        if call.extra.get(name) or (name == SEARCH and call.extra.get(name) == {}):
            raise UnsupportedFeature(f"{feature} is not supported by the Anthropic API", param=name)
    modalities = call.extra.get("modalities")
    if isinstance(modalities, list | tuple) and "audio" in modalities:
        raise UnsupportedFeature("audio output is not supported by the Anthropic API", param="modalities")


def _extras(call: Call, dropped: list[str]) -> dict[str, Any]:
    """Anthropic's own fields out of an app's other ones; what is left means nothing there and goes to ``dropped``."""
    said = {key: value for key, value in call.extra.items() if value is not None}
    passed = {key: value for key, value in said.items() if key in OWN_FIELDS or key == "betas"}
    passed |= _metadata(call, dropped)
    tier = said.get("service_tier")
    if isinstance(tier, str) and tier in TIERS:
        passed["service_tier"] = TIERS[tier]
    elif tier is not None:
        dropped.append("service_tier")
    knobs = {"seed": call.seed, "presence_penalty": call.presence_penalty, "frequency_penalty": call.frequency_penalty}
    dropped.extend(name for name, value in knobs.items() if value is not None)
    ignored = OWN_FIELDS | HANDLED | FEATURES.keys() | {"modalities"}
    dropped.extend(sorted(key for key in said if key not in ignored))
    return passed


def _metadata(call: Call, dropped: list[str]) -> dict[str, Any]:
    """Anthropic's metadata holds a user id only, and wants no address in it."""
    given = call.extra.get("metadata")
    given = given if isinstance(given, Mapping) else {}
    user = given.get("user_id") or call.user or call.extra.get("safety_identifier")
    if any(key != "user_id" for key in given):
        dropped.append("metadata")
    if not isinstance(user, str) or not user:
        return {}
    if "@" in user:
        dropped.append("user")
        return {}
    return {"metadata": {"user_id": user}}
