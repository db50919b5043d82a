"""The cast of Bedrock's tests: targets, a checker that is AWS's own, streams written by hand after what it sends."""

from __future__ import annotations

import itertools
import json
from functools import cache
from typing import Any

from botocore.session import Session
from botocore.validate import ParamValidator

from providers.canonical import Call, Event, HttpParts, Message, Target, Text
from providers.vendors import vendor
from providers.wires import wire
from tests.golden.aws_frames import delta, event

WIRE = wire("bedrock_converse")
CLAUDE = "us.anthropic.claude-haiku-4-5-20251001-v1:0"
NOVA = "us.amazon.nova-2-lite-v1:0"
USAGE = {"inputTokens": 6, "outputTokens": 3, "totalTokens": 14, "cacheReadInputTokens": 3, "cacheWriteInputTokens": 2}
BLOBS = ("bytes", "redactedContent")  # base64 in JSON, bytes to botocore


def target(model: str = CLAUDE, **settings: str) -> Target:
    return Target(provider="bedrock", model=model, vendor=vendor("bedrock"), settings=settings)


def call(*messages: Message, **more: Any) -> Call:
    return Call(model="m", messages=messages or (user("Say hello."),), **more)


def user(*parts: Any) -> Message:
    return Message(role="user", parts=tuple(Text(text=one) if isinstance(one, str) else one for one in parts))


def said(parts: HttpParts, model: str = CLAUDE) -> dict[str, Any]:
    """The body of a Converse request, which AWS's own service model must find nothing wrong with."""
    body: dict[str, Any] = json.loads(parts.content)
    report = ParamValidator().validate({**_as_bytes(body), "modelId": model}, _shape())
    assert not report.has_errors(), report.generate_report()
    return body


@cache
def _shape() -> Any:
    return Session().get_service_model("bedrock-runtime").operation_model("Converse").input_shape


def _as_bytes(value: Any) -> Any:
    if isinstance(value, dict):
        return {
            name: one.encode() if name in BLOBS and isinstance(one, str) else _as_bytes(one)
            for name, one in value.items()
        }
    return [_as_bytes(one) for one in value] if isinstance(value, list) else value


def written(given: Call, model: str = CLAUDE, **settings: str) -> dict[str, Any]:
    return said(WIRE.write_request(given, target(model, **settings)), model)


def start(index: int, **use: Any) -> bytes:
    return event("contentBlockStart", {"contentBlockIndex": index, "start": {"toolUse": use}})


def piece(index: int, **of: Any) -> bytes:
    return event("contentBlockDelta", {"contentBlockIndex": index, "delta": of})


def stopped(index: int) -> bytes:
    return event("contentBlockStop", {"contentBlockIndex": index})


def ending(reason: str, usage: dict[str, int] | None = USAGE) -> bytes:
    told = {} if usage is None else {"usage": usage}
    return event("messageStop", {"stopReason": reason}) + event("metadata", {**told, "metrics": {"latencyMs": 9}})


BEGIN = event("messageStart", {"role": "assistant"})
HELLO = BEGIN + delta("Hello") + delta(" there.") + stopped(0) + ending("end_turn")
TOOLS = b"".join(
    (
        BEGIN,
        piece(0, reasoningContent={"text": "Two cities."}),
        piece(0, reasoningContent={"signature": "c2ln"}),
        stopped(0),
        delta("Let me look.", index=1),
        stopped(1),
        start(2, toolUseId="tooluse_a", name="get_weather"),
        piece(2, toolUse={"input": '{"city": '}),
        start(3, toolUseId="tooluse_b", name="get_time"),
        piece(2, toolUse={"input": '"Paris"}'}),
        piece(3, toolUse={"input": ""}),
        stopped(2),
        stopped(3),
        ending("tool_use"),
    )
)


def events(body: bytes, cuts: list[int] | None = None, *, of: Any = WIRE, to: Target | None = None) -> list[Event]:
    reader = of.stream_reader(to or target())
    places = [0, *sorted(cuts or []), len(body)]
    told = [one for a, b in itertools.pairwise(places) for one in reader.feed(body[a:b])]
    return told + reader.close()
