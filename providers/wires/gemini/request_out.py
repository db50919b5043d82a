"""Call → the HTTP parts of a generateContent request, and the little that pass-through changes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from providers.canonical import Call, HttpParts, Target
from providers.errors import UnsupportedFeature
from providers.templates import segments
from providers.vendors.base import Quirks
from providers.wires.anthropic.codec import encode, without
from providers.wires.gemini.codec import NAME, plain
from providers.wires.gemini.contents_out import write_contents
from providers.wires.gemini.families import Traits, traits
from providers.wires.gemini.thinking_out import write_thinking
from providers.wires.gemini.tools_out import write_choice, write_format, write_tools
from providers.wires.paths import chat_path

Address = Callable[[Target], str]  # of the model, below the base URL
OWN_FIELDS = {  # Google's own, which an app of another dialect may send too, as its OpenAI-compatible API lets it
    "safety_settings": "safetySettings",
    "safetySettings": "safetySettings",
    "cached_content": "cachedContent",
    "cachedContent": "cachedContent",
    "labels": "labels",
}
HANDLED = {  # read elsewhere: into fields of the Call, or below
    *("thinking", "reasoning", "tool_choice", "max_completion_tokens", "stream_options", "extra_body", "google"),
    *("logprobs", "top_logprobs", "modalities", "web_search_options", "output_config"),
}
FEATURES = {  # another dialect's field → what the app would miss
    "audio": "audio output",
    "functions": "functions (use tools)",
    "response_format": "this response_format",
    "mcp_servers": "mcp_servers",
    "container": "container",
}


def address(target: Target) -> str:
    """``/models/{model}``; a name that says where it belongs is taken at its word."""
    chat_path(target)  # raises for a vendor without chat
    if target.model.startswith(("models/", "tunedModels/")):
        return "/" + segments(target.model)
    return "/models/" + segments(target.model)


def write_request(call: Call, target: Target, where: Address) -> HttpParts:
    """The request for ``target``. Raises ``UnsupportedFeature`` naming what Google cannot do."""
    dropped: list[str] = []
    known = traits(target.model)
    body = _shared(call, known, dropped)
    config = _sampling(call) | write_format(call, dropped)
    if call.wire == NAME:
        own = plain(call.extra.get("generationConfig"))
        thinking = call.thinking.extra.get("thinkingConfig") if call.thinking else None
        body |= without(call.extra, "generationConfig", "toolConfig")
    else:
        own = _asked(call, body, dropped)
        thinking = write_thinking(call, known, dropped)
    config |= own
    if thinking is not None:
        config.setdefault("thinkingConfig", thinking)
    if config:
        body["generationConfig"] = config
    return _parts(body, target, where, stream=call.stream, dropped=dropped)


def patch_request(body: Mapping[str, Any], target: Target, where: Address) -> HttpParts:
    """A Gemini app's own body. ``model`` and ``stream``, which this dialect has in the address, may stand in it."""
    return _parts(without(body, "model", "stream"), target, where, stream=body.get("stream") is True, dropped=[])


def _parts(body: dict[str, Any], target: Target, where: Address, *, stream: bool, dropped: list[str]) -> HttpParts:
    _apply_quirks(body, target.vendor.quirks, dropped)
    verb = "streamGenerateContent?alt=sse" if stream else "generateContent"
    return HttpParts(
        path=f"{where(target)}:{verb}", content=encode(body), dropped=tuple(sorted(dict.fromkeys(dropped)))
    )


def _apply_quirks(body: dict[str, Any], quirks: Quirks, dropped: list[str]) -> None:
    for name in quirks.drop & body.keys():
        del body[name]
        dropped.append(name)
    for name, value in quirks.extra_body.items():
        body.setdefault(name, value)


def _shared(call: Call, known: Traits, dropped: list[str]) -> dict[str, Any]:
    said = write_contents(call, known, dropped)
    body: dict[str, Any] = {"contents": said.contents}
    if said.system is not None:
        body["systemInstruction"] = said.system
    if tools := write_tools(call, dropped):
        body["tools"] = tools
    config = dict(plain(call.extra.get("toolConfig"))) if call.wire == NAME else {}
    if (choice := write_choice(call)) is not None:
        config = {"functionCallingConfig": choice} | config
    if config:
        body["toolConfig"] = config
    return body


def _sampling(call: Call) -> dict[str, Any]:
    top_k = call.top_k if call.top_k is None or call.top_k > 0 or call.wire == NAME else None  # 0 is "off" elsewhere
    asked = {
        "temperature": call.temperature,
        "topP": call.top_p,
        "topK": top_k,
        "candidateCount": call.n if call.n != 1 or call.wire == NAME else None,
        "maxOutputTokens": call.max_output,
        "stopSequences": list(call.stop) or None,
        "presencePenalty": call.presence_penalty,
        "frequencyPenalty": call.frequency_penalty,
        "seed": call.seed,
    }
    return {name: value for name, value in asked.items() if value is not None}


def _asked(call: Call, body: dict[str, Any], dropped: list[str]) -> dict[str, Any]:
    """What an app of another dialect asks for beside the Call's own fields; what means nothing here is ``dropped``."""
    said = {name: value for name, value in call.extra.items() if value is not None}
    for name, feature in FEATURES.items():
        if said.get(name):
            raise UnsupportedFeature(f"{feature} is not supported by the Gemini API", param=name)
    google = plain(plain(said.get("extra_body")).get("google")) or plain(said.get("google"))
    fields = {**said, **google}
    body |= {theirs: fields[name] for name, theirs in OWN_FIELDS.items() if fields.get(name) is not None}
    if call.parallel_tool_calls is False:
        dropped.append("parallel_tool_calls")
    if call.user is not None:
        dropped.append("user")
    dropped += [name for name in said if name not in HANDLED and name not in OWN_FIELDS and name not in FEATURES]
    return _probabilities(said) | _modalities(said) | _own_thinking(google)


def _probabilities(said: Mapping[str, Any]) -> dict[str, Any]:
    if said.get("logprobs") is not True:
        return {}
    top = said.get("top_logprobs")
    return {"responseLogprobs": True, **({"logprobs": top} if isinstance(top, int) and top > 0 else {})}


def _modalities(said: Mapping[str, Any]) -> dict[str, Any]:
    wanted = said.get("modalities")
    named = [word for word in wanted if isinstance(word, str)] if isinstance(wanted, list) else []
    if "audio" in named:
        raise UnsupportedFeature("audio output is not supported over the Gemini wire", param="modalities")
    return {"responseModalities": [word.upper() for word in named]} if "image" in named else {}


def _own_thinking(google: Mapping[str, Any]) -> dict[str, Any]:
    """``extra_body.google.thinking_config``, which says more than an effort and wins over it."""
    config = google.get("thinking_config") or google.get("thinkingConfig")
    return {"thinkingConfig": dict(config)} if isinstance(config, Mapping) else {}
