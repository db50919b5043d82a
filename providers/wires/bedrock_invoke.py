"""Anthropic's messages over Amazon Bedrock's InvokeModel: its bodies, with the model in the address and the stream in
AWS's frames.

Source: Amazon Bedrock user guide, "Anthropic Claude Messages API"; API reference, InvokeModelWithResponseStream.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from typing import Any

from providers.canonical import (
    Call,
    Ended,
    Event,
    Failed,
    File,
    HttpParts,
    Image,
    Part,
    Reply,
    Target,
    ToolResult,
    Usage,
    UsageReported,
)
from providers.errors import UnsupportedFeature, UpstreamError, VendorGarbled
from providers.templates import fill
from providers.wires import aws_errors
from providers.wires.anthropic import AnthropicWire, reply_in, request_out, tap
from providers.wires.anthropic.codec import decode, encode
from providers.wires.anthropic.reply_in import MessageReader
from providers.wires.anthropic.tap import MessageTap
from providers.wires.base import ReplyFacts, StreamReader, StreamTap, Wire
from providers.wires.bedrock_converse.request_out import guardrail_of
from providers.wires.event_stream import Frame, FrameDecoder, is_plain

NAME = "bedrock_invoke"
VERSION = "bedrock-2023-05-31"
METRICS = "amazon-bedrock-invocationMetrics"
ELSEWHERE = ("model", "stream")  # told by the address
REFUSED = (
    "service_tier",
    "inference_geo",
    "speed",
    "user_profile_id",
    "diagnostics",
    "fallbacks",
)  # by Bedrock's Claude


class BedrockInvokeWire(AnthropicWire):
    """The app's side is the Anthropic wire's own."""

    name = NAME

    def write_request(self, call: Call, target: Target) -> HttpParts:
        for message in call.messages:
            for part in message.parts:
                _check(part)
        return _parts(request_out.write_request(call, target), target)

    def patch_request(self, body: dict[str, Any], target: Target) -> HttpParts:
        return _parts(request_out.patch_request(body, target), target)

    def read_reply(self, body: bytes, target: Target) -> Reply:
        _raise_error_in(body, target)
        return reply_in.read_reply(body)

    def stream_reader(self, target: Target) -> StreamReader:
        return InvokeReader(target)

    def read_error(self, status: int, headers: Mapping[str, str], body: bytes, target: Target) -> UpstreamError:
        return aws_errors.read_error(status, headers, body, vendor=target.vendor.name)

    def tap_reply(self, body: bytes, target: Target) -> ReplyFacts:
        return tap.tap_reply(body)

    def stream_tap(self, target: Target, *, include_usage: bool) -> StreamTap:
        return InvokeTap(target)


def _check(part: Part) -> None:
    """Bedrock's Claude fetches nothing and keeps no files. Raises ``UnsupportedFeature``."""
    if isinstance(part, ToolResult):
        for inner in part.parts:
            _check(inner)
    if isinstance(part, File) and part.file_id is not None:
        raise UnsupportedFeature("files by id are not supported by Amazon Bedrock: send data", param="messages")
    if isinstance(part, Image | File) and part.url is not None and part.url[:5].lower() != "data:":
        raise UnsupportedFeature("images and files by address are not supported by Amazon Bedrock", param="messages")


def _parts(parts: HttpParts, target: Target) -> HttpParts:
    """An Anthropic request as InvokeModel takes it."""
    body: dict[str, Any] = decode(parts.content)
    stream = body.get("stream") is True
    if body.get("mcp_servers"):
        raise UnsupportedFeature("MCP servers are not supported by Amazon Bedrock", param="mcp_servers")
    lost = [name for name in REFUSED if name in body]
    kept = {name: value for name, value in body.items() if name not in (*ELSEWHERE, *lost)}
    betas = [beta for name, value in parts.headers if name == "anthropic-beta" for beta in value.split(",")]
    if betas:
        kept["anthropic_beta"] = [*(kept.get("anthropic_beta") or ()), *betas]
    path = fill("/model/{model}/invoke", {}, model=target.model) + ("-with-response-stream" if stream else "")
    return HttpParts(
        path=path,
        content=encode({"anthropic_version": VERSION, **kept}),
        headers=_guardrail_headers(target),
        dropped=tuple(dict.fromkeys((*parts.dropped, *lost))),
    )


def _guardrail_headers(target: Target) -> tuple[tuple[str, str], ...]:
    found = guardrail_of(target)
    if found is None:
        return ()
    return (
        ("x-amzn-bedrock-guardrailidentifier", found["guardrailIdentifier"]),
        ("x-amzn-bedrock-guardrailversion", found["guardrailVersion"]),
    )


def _raise_error_in(body: bytes, target: Target) -> None:
    """A 200 that holds AWS's own envelope."""
    try:
        content = decode(body)
    except ValueError:
        return
    if isinstance(content, Mapping) and isinstance(content.get("message"), str) and "content" not in content:
        raise aws_errors.read_error(200, {}, body, vendor=target.vendor.name)


class Unwrapper:
    """AWS's frames → the server-sent events inside. ``error`` is set, for good, by an exception or by garbage;
    ``counted`` by the metrics of the last event."""

    def __init__(self, vendor: str) -> None:
        self.error: UpstreamError | None = None
        self.counted: Usage | None = None
        self._vendor = vendor
        self._frames = FrameDecoder()

    def feed(self, data: bytes) -> bytes:
        out = b"".join(self._event(frame) for frame in self._frames.feed(data))
        if self._frames.garbled and self.error is None:
            self.error = VendorGarbled(f"{self._vendor} sent bytes that are no event stream")
        return out

    def _event(self, frame: Frame) -> bytes:
        if self.error is not None:
            return b""
        if frame.kind != "event":
            self.error = aws_errors.error_in_frame(frame, vendor=self._vendor)
            return b""
        try:
            event = decode(base64.b64decode(decode(frame.payload)["bytes"], validate=True))
            kind = event.get("type")
        except (binascii.Error, AttributeError, KeyError, TypeError, ValueError):
            self.error = VendorGarbled(f"{self._vendor} sent a frame that cannot be read")
            return b""
        self._count(event.pop(METRICS, None))
        name = kind if isinstance(kind, str) else "message"
        return b"event: %s\ndata: %s\n\n" % (name.encode(errors="replace"), encode(event))

    def _count(self, metrics: Any) -> None:
        if not isinstance(metrics, Mapping) or not isinstance(metrics.get("inputTokenCount"), int):
            return
        read, written = (_figure(metrics, f"cache{which}InputTokenCount") for which in ("Read", "Write"))
        self.counted = Usage(
            input=_figure(metrics, "inputTokenCount") + read + written,
            output=_figure(metrics, "outputTokenCount"),
            cached_input=read,
            cache_write_input=written,
        )


def _figure(metrics: Mapping[str, Any], name: str) -> int:
    value = metrics.get(name)
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else 0


class InvokeReader:
    """``StreamReader``: Anthropic's, fed with what is in the frames."""

    def __init__(self, target: Target) -> None:
        self._target = target
        self._unwrapper = Unwrapper(target.vendor.name)
        self._messages = MessageReader()
        self._plain: bool | None = None
        self._body: list[bytes] = []
        self._over = False
        self._counted = False

    def feed(self, data: bytes) -> list[Event]:
        if self._plain is None:
            self._plain = is_plain(data)
        if self._plain:
            self._body.append(data)
            return []
        if self._over:
            return []
        events = self._with_usage(self._messages.feed(self._unwrapper.feed(data)))
        if self._unwrapper.error is not None and not self._over:
            events.append(Failed(error=self._unwrapper.error))
            self._over = True
        return events

    def close(self) -> list[Event]:
        if self._over:
            return []
        if not self._plain:
            return self._with_usage(self._messages.close())
        body = b"".join(self._body)
        try:
            _raise_error_in(body, self._target)
        except UpstreamError as error:
            return [Failed(error=error)]
        return [*self._messages.feed(body), *self._messages.close()]

    def _with_usage(self, events: list[Event]) -> list[Event]:
        """Bedrock's own count where the message told none."""
        told: list[Event] = []
        for event in events:
            self._counted = self._counted or isinstance(event, UsageReported)
            if isinstance(event, Ended) and not self._counted and self._unwrapper.counted is not None:
                told.append(UsageReported(usage=self._unwrapper.counted))
            told.append(event)
            self._over = self._over or isinstance(event, Failed | Ended)
        return told


class InvokeTap(MessageTap):
    """``StreamTap``: apps of this dialect want server-sent events, so the frames come off and Anthropic's tap listens
    to what was in them."""

    def __init__(self, target: Target) -> None:
        super().__init__()
        self._unwrapper = Unwrapper(target.vendor.name)

    def feed(self, data: bytes) -> bytes:
        out = super().feed(self._unwrapper.feed(data))
        self._note()
        return out

    def close(self) -> bytes:
        out = super().close()
        self._note()
        return out

    def _note(self) -> None:
        if self.usage is None:
            self.usage = self._unwrapper.counted
        if not self.done and self.error is None:
            self.error = self._unwrapper.error


WIRE: Wire = BedrockInvokeWire()
