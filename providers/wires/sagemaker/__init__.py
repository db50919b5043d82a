"""Amazon SageMaker's endpoints. The address and the frames are AWS's; the body is the container's.

The setting ``body`` says which: OpenAI's chat (vLLM, LMI, TGI's messages API, Nova), or text generation
(``prompts`` ``generated``: TGI's own, JumpStart). ``stream`` takes the frames off.
Source: docs.aws.amazon.com SageMaker Runtime, InvokeEndpoint and InvokeEndpointWithResponseStream.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from providers.canonical import Call, Choice, HttpParts, Reply, Target, Text
from providers.errors import UpstreamError
from providers.templates import fill
from providers.wires import aws_errors
from providers.wires.base import ReplyFacts, StreamReader, StreamTap, Wire
from providers.wires.folding import fold_events
from providers.wires.openai import OpenAIWire, reply, request_in, request_out
from providers.wires.openai.codec import decode, encode
from providers.wires.openai.messages_in import WIRE_NAME as OPENAI
from providers.wires.openai.stream_in import OpenAIStreamReader
from providers.wires.sagemaker import prompts
from providers.wires.sagemaker.generated import GeneratedReader, whole_events
from providers.wires.sagemaker.prompts import NAME
from providers.wires.sagemaker.stream import PayloadReader, PayloadTap

PATH = "/endpoints/{model}/invocations"
TEXT_GENERATION = "text-generation"


def generates_text(target: Target) -> bool:
    return target.settings.get("body") == TEXT_GENERATION


class SageMakerWire(OpenAIWire):
    """Apps of this dialect speak OpenAI's chat or text generation, as the body tells; they are answered in OpenAI's."""

    name = NAME
    dialect = NAME

    def read_request(self, body: Mapping[str, Any]) -> Call:
        if "inputs" in body and "messages" not in body:
            return prompts.read_request(body)
        return replace(request_in.read_request({"model": "", **body}), wire=NAME)

    def write_request(self, call: Call, target: Target) -> HttpParts:
        if generates_text(target):
            dropped: list[str] = []
            content = encode(prompts.write_body(call, dropped))
            return _addressed(HttpParts(path="", content=content, dropped=tuple(dict.fromkeys(dropped))), call, target)
        spoken = replace(call, wire=OPENAI) if call.wire == NAME else call
        return _addressed(_nameless(request_out.write_request(spoken, target), target), call, target)

    def read_reply(self, body: bytes, target: Target) -> Reply:
        return fold_events(whole_events(body, target)) if generates_text(target) else reply.read_reply(body, target)

    def stream_reader(self, target: Target) -> StreamReader:
        return PayloadReader(target, GeneratedReader if generates_text(target) else OpenAIStreamReader)

    def read_error(self, status: int, headers: Mapping[str, str], body: bytes, target: Target) -> UpstreamError:
        return aws_errors.read_error(status, headers, body, vendor=target.vendor.name)

    def patch_request(self, body: dict[str, Any], target: Target) -> HttpParts:
        return self.write_request(self.read_request(body), target)

    def tap_reply(self, body: bytes, target: Target) -> ReplyFacts:
        if not generates_text(target):
            return reply.tap_reply(body, target)
        try:
            found = self.read_reply(body, target)
        except UpstreamError as error:
            return ReplyFacts(None, None, None, error)
        choice = found.choices[0] if found.choices else Choice(index=0, parts=(), finish=None)
        chars = sum(len(part.text) for part in choice.parts if isinstance(part, Text))
        return ReplyFacts(found.model, found.usage, choice.finish, None, chars)

    def stream_tap(self, target: Target, *, include_usage: bool) -> StreamTap:
        return PayloadTap(self.stream_reader(target))


def _nameless(parts: HttpParts, target: Target) -> HttpParts:
    """The endpoint is the model; a container that serves several wants the name the provider's settings give."""
    body: dict[str, Any] = decode(parts.content)
    served = target.settings.get("served_model")
    body = {**body, "model": served} if served else {key: value for key, value in body.items() if key != "model"}
    return replace(parts, content=encode(body))


def _addressed(parts: HttpParts, call: Call, target: Target) -> HttpParts:
    path = fill(PATH, {}, model=target.model) + ("-response-stream" if call.stream else "")
    return replace(parts, path=path)


WIRE: Wire = SageMakerWire()
