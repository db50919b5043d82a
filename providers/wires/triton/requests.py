"""Triton's generate request, both ways. The chat template of the model is not known here: a single message of the user
goes out as it is, a conversation as a plain transcript.

What sampling is called, and where it stands, is the backend's: TensorRT-LLM has a tensor for each, vLLM one tensor with
all of them in JSON text.
Sources: triton-inference-server tensorrtllm_backend README, vllm_backend src/model.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from providers.canonical import NOTHING, Call, HttpParts, Message, Target, Text
from providers.templates import fill
from providers.wires.openai.codec import encode, encode_text, mapping
from providers.wires.openai.fields import Fields, reject
from providers.wires.plain_text import TURN, refuse_features, unknown_knobs
from providers.wires.sagemaker.prompts import prompt
from providers.wires.triton import infer

NAME = "triton"
WHERE = "Triton's generate endpoint"
VLLM = "vllm"
READ = {"max_tokens": "max_output", "top_k": "top_k", "temperature": "temperature", "top_p": "top_p"}


def write_request(call: Call, target: Target) -> HttpParts:
    """Raises ``UnsupportedFeature`` for all that is not text."""
    refuse_features(call, where=WHERE)
    own = call.wire == NAME
    dropped = [] if own else unknown_knobs(call, "parallel_tool_calls", "user")
    if target.settings.get("api") == "infer":
        body = infer.write(_sampling(call, target), prompt(call))
    else:
        body = _native(call) if own else _body(call, target)
    return HttpParts(path=_path(call, target), content=encode(body), dropped=tuple(dict.fromkeys(dropped)))


def _path(call: Call, target: Target) -> str:
    api = "infer" if target.settings.get("api") == "infer" else "generate_stream" if call.stream else "generate"
    version = target.settings.get("model_version", "")
    within = "/versions/{model_version}" if version else ""
    return fill(f"/v2/models/{{model}}{within}/{api}", target.settings, model=target.model)


def _is_vllm(target: Target) -> bool:
    return target.settings.get("backend") == VLLM


def _body(call: Call, target: Target) -> dict[str, Any]:
    body: dict[str, Any] = {"text_input": prompt(call), "stream": call.stream, "exclude_input_in_output": True}
    sampling = _sampling(call, target)
    if not _is_vllm(target):
        return {**body, **sampling}
    if "stop_words" in sampling:
        sampling["stop"] = sampling.pop("stop_words")
    wanted = dict.fromkeys(("return_finish_reason", "return_num_input_tokens", "return_num_output_tokens"), True)
    return {**body, **wanted, "sampling_parameters": encode_text(sampling)}


def _sampling(call: Call, target: Target) -> dict[str, Any]:
    """As TensorRT-LLM's tensors are called."""
    stop = [*call.stop, *([TURN] if len(call.messages) > 1 and call.wire != NAME else [])]
    said = {
        "max_tokens": _longest(target) if call.max_output is None else call.max_output,
        "temperature": call.temperature,
        "top_k": call.top_k,
        "top_p": call.top_p,
        "seed": call.seed,
        "presence_penalty": call.presence_penalty,
        "frequency_penalty": call.frequency_penalty,
        "stop_words": stop or None,
    }
    return {name: value for name, value in said.items() if value is not None}


def _longest(target: Target) -> int | None:
    given = target.settings.get("max_output", "")
    return int(given) if given.isascii() and given.isdigit() else None


def _native(call: Call) -> dict[str, Any]:
    extra = {name: value for name, value in call.extra.items() if name != "parameters"}
    beside = mapping(call.extra.get("parameters"))
    said = {name: value for name, kept in READ.items() if (value := getattr(call, kept)) is not None}
    parameters = {**beside, **said}
    body = {**extra, "text_input": prompt(call)}
    return {**body, "parameters": parameters} if parameters else body


def read_request(body: Mapping[str, Any]) -> Call:
    """Raises ``RequestRejected`` naming the malformed field. What is not sampling stays in ``extra`` as it came."""
    fields = Fields(body)
    text = fields.required("text_input")
    given = fields.object("parameters") or Fields({}, "parameters")
    stream = fields.rest.get("stream", given.rest.get("stream"))
    if stream is not None and not isinstance(stream, bool):
        reject("stream", "expected a boolean")
    model = fields.string("model") or ""
    sampling = {
        "max_output": given.integer("max_tokens"),
        "top_k": given.integer("top_k"),
        "temperature": given.number("temperature"),
        "top_p": given.number("top_p"),
    }
    if given.rest:
        fields.rest["parameters"] = given.rest
    return Call(
        model=model,
        messages=(Message(role="user", parts=(Text(text=text),)),),
        wire=NAME,
        stream=bool(stream),
        extra=fields.rest or NOTHING,
        **sampling,  # type: ignore[arg-type]
    )
