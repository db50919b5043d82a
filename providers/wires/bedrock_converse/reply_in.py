"""A Converse reply, whole or as ConverseStream's frames → canonical events. A whole one is read block by block as a
stream would be."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from providers.canonical import NOTHING, Ended, Event, Failed, Finished, Reply, Started, Target, UsageReported
from providers.errors import StreamBroken, UpstreamError, VendorGarbled
from providers.wires.anthropic.codec import decode, without
from providers.wires.aws_errors import error_in_frame, read_error
from providers.wires.bedrock_converse.blocks_read import Block
from providers.wires.bedrock_converse.usage import read_finish, read_usage
from providers.wires.event_stream import Frame, FrameDecoder, is_plain
from providers.wires.folding import fold_events

MALFORMED = (AttributeError, KeyError, TypeError, ValueError, StopIteration)


def read_reply(body: bytes, target: Target) -> Reply:
    """Raises ``VendorGarbled``, or the error that a 200 holds."""
    return fold_events(whole_events(body, target))


def whole_events(body: bytes, target: Target) -> list[Event]:
    try:
        reply = decode(body)
        if isinstance(reply, Mapping) and "output" not in reply and (reply.get("message") or reply.get("__type")):
            return [Failed(error=read_error(200, {}, body, vendor=target.vendor.name))]
        return [*_whole(reply, target), Ended()]
    except MALFORMED:
        return [Failed(error=VendorGarbled(f"{target.vendor.name} sent a reply that is no Converse message"))]


def _whole(reply: Mapping[str, Any], target: Target) -> list[Event]:
    extra = without(reply, "output", "stopReason", "usage", "additionalModelResponseFields")
    events: list[Event] = [Started(id="", model=target.model, extra=extra or NOTHING)]
    blocks = [Block(index) for index, _ in enumerate(reply["output"]["message"]["content"])]
    for block, given in zip(blocks, reply["output"]["message"]["content"], strict=True):
        events += block.whole(given)
    usage = read_usage(reply.get("usage"))
    if usage is not None:
        events.append(UsageReported(usage=usage))
    return [*events, _finished(reply, calls_tool=any(block.calls_tool for block in blocks))]


def _finished(stop: Mapping[str, Any], *, calls_tool: bool) -> Finished:
    reason, fields = stop.get("stopReason"), stop.get("additionalModelResponseFields")
    return Finished(
        finish=read_finish(reason, calls_tool=calls_tool),
        raw=reason if isinstance(reason, str) else None,
        extra={"additionalModelResponseFields": fields} if fields else NOTHING,
    )


class ConverseReader:
    """``StreamReader`` of ConverseStream. Its end is the end of the connection; ``metadata`` comes last before it."""

    def __init__(self, target: Target) -> None:
        self._target = target
        self._frames = FrameDecoder()
        self._blocks: dict[int, Block] = {}
        self._started = False
        self._calls_tool = False
        self._finished = False
        self._over = False  # ended or failed: nothing after it counts
        self._plain: bool | None = None
        self._body: list[bytes] = []

    def feed(self, data: bytes) -> list[Event]:
        if self._plain is None:
            self._plain = is_plain(data)
        if self._plain:
            self._body.append(data)
            return []
        events = [event for frame in self._frames.feed(data) for event in self.read(frame)]
        return [*events, *self._garbled()]

    def close(self) -> list[Event]:
        if self._plain:
            return whole_events(b"".join(self._body), self._target)
        if self._over:
            return []
        self._over = True
        broken = StreamBroken(f"{self._target.vendor.name} closed the stream before it was finished")
        return [] if self._finished else [Failed(error=broken)]

    def read(self, frame: Frame) -> list[Event]:
        """The events of one frame."""
        if self._over:
            return []
        try:
            events = self._events(frame)
        except MALFORMED:
            events = self._fail(VendorGarbled(f"{self._target.vendor.name} sent a frame that cannot be read"))
        if events and not self._started and not isinstance(events[0], Failed):
            self._started = True
            events.insert(0, Started(id="", model=self._target.model))
        self._over = any(isinstance(event, Failed | Ended) for event in events)
        return events

    def _garbled(self) -> list[Event]:
        if self._over or not self._frames.garbled:
            return []
        self._over = True
        return self._fail(VendorGarbled(f"{self._target.vendor.name} sent bytes that are no event stream"))

    def _fail(self, error: UpstreamError) -> list[Event]:
        return [Failed(error=error)]

    def _events(self, frame: Frame) -> list[Event]:
        if frame.kind != "event":
            return self._fail(error_in_frame(frame, vendor=self._target.vendor.name))
        data = decode(frame.payload) if frame.payload else {}
        match frame.name:
            case "messageStart":
                self._started = True
                return [Started(id="", model=self._target.model)]
            case "contentBlockStart":
                return self._block(data).start(data.get("start") or {})
            case "contentBlockDelta":
                return self._block(data).delta(data["delta"])
            case "contentBlockStop":
                return self._stop(data["contentBlockIndex"])
            case "messageStop":
                self._finished = True
                return [*self._stop_open_blocks(), _finished(data, calls_tool=self._calls_tool)]
            case "metadata":
                return self._metadata(data)
        return []

    def _block(self, data: Mapping[str, Any]) -> Block:
        index = data["contentBlockIndex"]
        if not isinstance(index, int):
            raise TypeError("contentBlockIndex")
        return self._blocks.setdefault(index, Block(index))

    def _stop(self, index: Any) -> list[Event]:
        block = self._blocks.pop(index, None)
        if block is None:
            return []
        self._calls_tool = self._calls_tool or block.calls_tool
        return block.stop()

    def _stop_open_blocks(self) -> list[Event]:
        return [event for index in list(self._blocks) for event in self._stop(index)]

    def _metadata(self, data: Mapping[str, Any]) -> list[Event]:
        usage = read_usage(data.get("usage"))
        events: list[Event] = [UsageReported(usage=usage)] if usage is not None else []
        return [*events, Ended()] if self._finished else events
