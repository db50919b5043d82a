"""Replicate's predictions: one text in, one text out, created first and then waited for, polled or streamed.

``request_in`` and ``request_out`` read and write what is created, ``prediction`` reads what became of it, ``following``
says where to ask next, ``reply_out`` answers an app of this dialect.
Source: replicate.com/docs/reference/http and docs/topics/predictions (create, lifecycle, streaming).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from providers.canonical import Call, HttpParts, Reply, Target
from providers.errors import SwitchboardError, UpstreamError
from providers.vendors.base import Answered
from providers.wires.base import Follow, FollowingWire, ReplyFacts, StreamReader, StreamTap, StreamWriter
from providers.wires.folding import fold_events
from providers.wires.reader_tap import BLANK_LINE, ReaderTap, facts_of
from providers.wires.replicate import errors, following, reply_out, request_in, request_out
from providers.wires.replicate.prediction import PredictionReader, whole_events
from providers.wires.replicate.request_in import NAME


class ReplicateWire:
    """See ``providers.wires.base.Wire`` for what each method promises."""

    name = NAME
    dialect = NAME

    def read_request(self, body: Mapping[str, Any]) -> Call:
        return request_in.read_request(body)

    def write_reply(self, reply: Reply) -> bytes:
        return reply_out.write_reply(reply)

    def stream_writer(self, call: Call) -> StreamWriter:
        return reply_out.PredictionWriter()

    def write_error(self, error: SwitchboardError, *, request_id: str) -> bytes:
        """This envelope has no place for ``request_id``: it travels in the header."""
        return errors.write_error(error)

    def write_stream_error(self, error: SwitchboardError, *, request_id: str) -> bytes:
        return reply_out.write_stream_error(error)

    def write_request(self, call: Call, target: Target) -> HttpParts:
        return request_out.write_request(call, target)

    def read_reply(self, body: bytes, target: Target) -> Reply:
        return fold_events(whole_events(body, target))

    def stream_reader(self, target: Target) -> StreamReader:
        return PredictionReader(target)

    def read_error(self, status: int, headers: Mapping[str, str], body: bytes, target: Target) -> UpstreamError:
        return errors.read_error(status, headers, body, vendor=target.vendor.name)

    def patch_request(self, body: dict[str, Any], target: Target) -> HttpParts:
        return self.write_request(self.read_request(body), target)

    def tap_reply(self, body: bytes, target: Target) -> ReplyFacts:
        try:
            return facts_of(self.read_reply(body, target))
        except UpstreamError as error:
            return ReplyFacts(None, None, None, error)

    def stream_tap(self, target: Target, *, include_usage: bool) -> StreamTap:
        return ReaderTap(PredictionReader(target), ends=BLANK_LINE)

    def follow(self, answer: Answered, target: Target, *, base_url: str, stream: bool, turn: int) -> Follow | None:
        return following.follow(answer, target, base_url=base_url, stream=stream, turn=turn)

    def abandon(self, answer: Answered, target: Target, *, base_url: str) -> HttpParts | None:
        return following.abandon(answer, target, base_url=base_url)


WIRE: FollowingWire = ReplicateWire()
