"""Call → a prediction to create. Models name their inputs differently: ``families`` tells how.

A single message of the user goes out as it is. A conversation becomes a plain transcript: ``User: …`` and
``Assistant: …`` with a blank line between, ending in ``Assistant:``.
"""

from __future__ import annotations

from typing import Any

from providers.canonical import Call, HttpParts, Image, Message, Refusal, Target, Text
from providers.errors import RequestRejected, UnsupportedFeature
from providers.templates import segments
from providers.wires.openai.codec import encode, mapping
from providers.wires.plain_text import TURN, refuse_features, unknown_knobs
from providers.wires.replicate.families import Family, family_of
from providers.wires.replicate.request_in import FIELD, NAME

WHERE = "a Replicate model"
SYSTEM_ROLES = ("system", "developer")
LABELS = {"user": "User", "assistant": "Assistant"}
DEPLOYMENT = "deployments/"
WAIT = ("prefer", "wait=60")  # the longest Replicate holds a request; then it is polled
KNOBS = ("temperature", "top_p", "top_k", "seed", "presence_penalty", "frequency_penalty")


def write_request(call: Call, target: Target) -> HttpParts:
    """Raises ``UnsupportedFeature`` for tools, schemas and all that is neither text nor a picture."""
    refuse_features(call, where=WHERE)
    dropped: list[str] = []
    path, version = place(target.model)
    body: dict[str, Any] = {"input": _input(call, family_of(target.model), dropped)}
    if call.wire == NAME:
        body = {**{name: value for name, value in call.extra.items() if name != "input"}, **body}
    if version:
        body["version"] = version
    if call.stream:
        body["stream"] = True
    headers = () if call.stream else (WAIT,)
    return HttpParts(path=path, content=encode(body), headers=headers, dropped=tuple(dict.fromkeys(dropped)))


def place(model: str) -> tuple[str, str]:
    """Where a prediction is created, and the version its body names. Raises ``RequestRejected`` for what is no model:
    ``owner/name``, ``owner/name:version``, a version's id alone, ``deployments/owner/name``."""
    if model.startswith(DEPLOYMENT) and model.count("/") == 2:
        return f"/{segments(model)}/predictions", ""
    name, _, version = model.partition(":")
    if name.count("/") == 1:
        whole = f"/models/{segments(name)}/predictions"
        return ("/predictions", version) if version else (whole, "")
    if "/" not in model and len(model) == 64 and model.isalnum():
        return "/predictions", model
    raise RequestRejected(
        f"{model[:200]!r} is no Replicate model: write owner/name, owner/name:version or deployments/owner/name.",
        param="model",
        code="model_not_found",
        status=404,
    )


def _input(call: Call, family: Family, dropped: list[str]) -> dict[str, Any]:
    own = call.wire == NAME
    system = "" if own else "\n\n".join(_text(one) for one in call.messages if one.role in SYSTEM_ROLES)
    native = {"system_prompt": _text(call.messages[0])} if own and call.messages[0].role == "system" else {}
    turns = [one for one in call.messages if one.role not in SYSTEM_ROLES]
    prompt = _prompt(turns, lead="" if family.system else system)
    given: dict[str, Any] = {**mapping(call.extra.get("input")), "prompt": prompt} if own else {"prompt": prompt}
    given |= native
    if system and family.system:
        given[family.system] = system
    given |= {name: value for name in KNOBS if (value := getattr(call, name)) is not None}
    if call.max_output is not None:
        given["max_tokens" if own else family.most] = call.max_output
    given |= _pictures(call, family, own=own)
    if stop := _stop(call, prompt, dropped):
        given["stop_sequences"] = stop
    if not own:
        given |= _effort(call, family)
        knobs = unknown_knobs(call, "parallel_tool_calls", "user")
        dropped.extend(name for name in knobs if name != "reasoning_effort" or name not in given)
    return given


def _effort(call: Call, family: Family) -> dict[str, str]:
    effort = call.thinking.effort if call.thinking else None
    return {"reasoning_effort": effort} if effort and family.effort else {}


def _prompt(turns: list[Message], *, lead: str) -> str:
    texts = [_text(one) for one in turns]
    if len(turns) == 1 and turns[0].role == "user":
        return f"{lead}\n\n{texts[0]}" if lead else texts[0]
    said = [f"{LABELS.get(one.role, 'User')}: {text}" for one, text in zip(turns, texts, strict=True)]
    return "\n\n".join((*([lead] if lead else []), *said, "Assistant:"))


def _text(message: Message) -> str:
    texts = []
    for part in message.parts:
        if isinstance(part, Text | Refusal):
            texts.append(part.text)
        elif not isinstance(part, Image) or message.role != "user":
            kind = type(part).__name__.lower()
            raise UnsupportedFeature(f"{kind} content cannot be sent to {WHERE}", param="messages")
    return "".join(texts)


def _pictures(call: Call, family: Family, *, own: bool) -> dict[str, Any]:
    pictures = [part for one in call.messages for part in one.parts if isinstance(part, Image)]
    if not pictures:
        return {}
    field = str(pictures[0].extra.get(FIELD, family.pictures)) if own else family.pictures
    urls = [one.url or f"data:{one.media_type or 'image/png'};base64,{one.data or ''}" for one in pictures]
    if field != "image":
        return {field: urls}
    if len(urls) > 1:
        raise UnsupportedFeature("this Replicate model takes one image only", param="messages")
    return {field: urls[0]}


def _stop(call: Call, prompt: str, dropped: list[str]) -> str:
    """Parted by commas, so that a word with a comma in it cannot be told."""
    words = [*call.stop, *([TURN] if prompt.endswith("\n\nAssistant:") and call.wire != NAME else [])]
    if any("," in word for word in words):
        dropped.append("stop")
    return ",".join(word for word in words if "," not in word)
