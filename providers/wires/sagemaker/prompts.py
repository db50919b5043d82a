"""TGI's and JumpStart's body: ``inputs`` and ``parameters`` in, ``generated_text`` out.

The chat template of the model is not known here. A single user message goes out as it is, so an app that has the
template can render it; a conversation becomes a plain transcript::

    <system text>

    User: <text>

    Assistant: <text>

    User: <text>

    Assistant:

Sources: Hugging Face text-generation-inference, "/generate" and "/generate_stream"; SageMaker JumpStart's text
generation examples.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from providers.canonical import Call, Message, Refusal, Text
from providers.errors import UnsupportedFeature
from providers.wires.anthropic.codec import (
    mapping,
    optional_bool,
    optional_int,
    optional_number,
    sequence,
    string,
    without,
)

NAME = "sagemaker"
READ = ("temperature", "top_p", "top_k", "max_new_tokens", "stop", "seed", "frequency_penalty")
SYSTEM_ROLES = ("system", "developer")
LABELS = {"user": "User", "assistant": "Assistant"}
TURN = "\n\nUser:"  # where a model that plays both sides is stopped
FEATURES = {"logprobs": "logprobs", "top_logprobs": "logprobs", "audio": "audio output", "functions": "tools"}
KNOBS = ("presence_penalty", "user", "parallel_tool_calls")


def read_request(body: Mapping[str, Any]) -> Call:
    """The call that ``body`` asks for. Raises ``RequestRejected`` naming the malformed field."""
    given = body.get("parameters")
    said = mapping(given if given is not None else {}, "parameters")
    left = without(said, *READ)
    stop = sequence(said.get("stop") or (), "parameters.stop")
    return Call(
        model=string(body.get("model") or "", "model"),
        messages=(Message(role="user", parts=(Text(text=string(body.get("inputs"), "inputs")),)),),
        wire=NAME,
        stream=bool(optional_bool(body.get("stream"), "stream")),
        max_output=optional_int(said.get("max_new_tokens"), "parameters.max_new_tokens"),
        temperature=optional_number(said.get("temperature"), "parameters.temperature"),
        top_p=optional_number(said.get("top_p"), "parameters.top_p"),
        top_k=optional_int(said.get("top_k"), "parameters.top_k"),
        frequency_penalty=optional_number(said.get("frequency_penalty"), "parameters.frequency_penalty"),
        seed=optional_int(said.get("seed"), "parameters.seed"),
        stop=tuple(string(word, f"parameters.stop.{index}") for index, word in enumerate(stop)),
        extra=without(body, "inputs", "parameters", "model", "stream") | ({"parameters": left} if left else {}),
    )


def write_body(call: Call, dropped: list[str]) -> dict[str, Any]:
    """Raises ``UnsupportedFeature`` for all that is not text."""
    _refuse_features(call)
    native = call.wire == NAME and "parameters" in call.extra
    parameters: dict[str, Any] = dict(call.extra["parameters"]) if native else {}
    if not native and call.wire != NAME:
        parameters["return_full_text"] = False
    parameters |= _sampling(call, dropped)
    inputs = prompt(call)
    stop = [*call.stop, *((TURN,) if inputs.endswith("Assistant:") and call.wire != NAME else ())]
    if stop:
        parameters["stop"] = stop
    body = {"inputs": inputs, **({"parameters": parameters} if parameters else {})}
    if call.wire == NAME:
        return {**without(call.extra, "parameters"), **body, **({"stream": True} if call.stream else {})}
    dropped.extend(name for name in KNOBS if getattr(call, name) is not None)
    dropped.extend(sorted(name for name in call.extra if name not in ("stream_options", "max_completion_tokens")))
    return {**body, "stream": True} if call.stream else body


def _sampling(call: Call, dropped: list[str]) -> dict[str, Any]:
    """TGI refuses a temperature of 0 and a top_p of 1: their meaning is said without them."""
    said: dict[str, Any] = {
        "max_new_tokens": call.max_output,
        "temperature": call.temperature if call.temperature != 0 else None,
        "do_sample": False if call.temperature == 0 else None,
        "top_p": call.top_p if call.top_p is None or call.top_p < 1 else None,
        "top_k": call.top_k if call.top_k is None or call.top_k > 0 else None,
        "seed": call.seed,
        "frequency_penalty": call.frequency_penalty,
    }
    if call.thinking is not None and call.thinking.enabled is not False and call.wire != NAME:
        dropped.append("reasoning_effort")
    return {name: value for name, value in said.items() if value is not None}


def _refuse_features(call: Call) -> None:
    asked = {
        "tools": bool(call.tools) and not (call.tool_choice and call.tool_choice.mode == "none"),
        "response_format": call.output_format is not None and call.output_format.kind != "text",
        "n": call.n is not None and call.n > 1,
        **{name: bool(call.extra.get(name)) for name in FEATURES},
    }
    for name, said in asked.items():
        if said:
            feature = FEATURES.get(name, name)
            raise UnsupportedFeature(f"{feature} cannot be asked of a text generation endpoint", param=name)


def prompt(call: Call) -> str:
    """The conversation as one text. Raises ``UnsupportedFeature`` for a part that is no text."""
    said = [(message.role, _text(message)) for message in call.messages]
    if len(said) == 1:
        return said[0][1]
    system = [text for role, text in said if role in SYSTEM_ROLES]
    turns = [f"{LABELS.get(role, 'User')}: {text}" for role, text in said if role not in SYSTEM_ROLES]
    return "\n\n".join((*system, *turns, "Assistant:"))


def _text(message: Message) -> str:
    texts = []
    for part in message.parts:
        if not isinstance(part, Text | Refusal):
            kind = type(part).__name__.lower()
            raise UnsupportedFeature(f"{kind} content cannot be sent to a text generation endpoint", param="messages")
        texts.append(part.text)
    return "".join(texts)
