"""A chat, in any wire's dialect: passed through where the target speaks the same, translated elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any, Self

from gateway.errors import BadRequest
from gateway.operations.base import Done, read_beside, read_model, read_stream
from gateway.operations.translation import TranslatingTap
from gateway.routing.sessions import Session, conversation
from gateway.routing.targets import Planned
from gateway.routing.traits import Traits, read_traits
from providers.canonical import Call, HttpParts, Reasoning, Refusal, Reply, Text, ToolCall
from providers.errors import Retry, SwitchboardError
from providers.parameters import filled_in
from providers.vendors import Headers
from providers.wires import StreamTap, Wire, wire

Portable = Callable[[Call], tuple[Call, tuple[str, ...]]]  # → the call as others can have it, and what it loses
KNOBS = frozenset({"anthropic-beta"})  # headers whose loss the log row names


class Chat:
    """Raises ``BadRequest`` naming the field that is malformed. ``forwarded``: headers of the app that a target of the
    same dialect gets too (anthropic-beta). ``portable`` makes the call ready for targets of other dialects."""

    chats = True
    billed = True

    def __init__(
        self,
        body: dict[str, Any],
        *,
        wire_name: str,
        endpoint: str = "chat.completions",
        forwarded: Headers = (),
        portable: Portable | None = None,
    ) -> None:
        self.session_id, self.body = _without_session(body)
        self.wire: Wire = wire(wire_name)
        self.endpoint = endpoint
        self.forwarded = forwarded
        self.portable = portable
        self.model = read_model(body)
        self.beside = read_beside(body)
        self.stream = read_stream(body)
        self.include_usage = _include_usage(body)
        if not isinstance(body.get("messages"), list) or not body["messages"]:
            raise BadRequest("`messages` must be a list with at least one message.", param="messages")

    def with_body(self, body: dict[str, Any]) -> Self:
        return type(self)(
            body,
            wire_name=self.wire.name,
            endpoint=self.endpoint,
            forwarded=self.forwarded,
            portable=self.portable,
        )

    def traits(self, size: int) -> Traits:
        return read_traits(self.body, dialect=self.wire.dialect, size=size)

    def conversation(self) -> Session | None:
        return conversation(self.body)

    def call(self, planned: Planned) -> Call:
        """For a target of another dialect. Raises what cannot be told there."""
        return self._ported(planned)[0]

    @cached_property
    def _plain(self) -> tuple[Call, tuple[str, ...]]:
        return self._read(self.body)

    def _read(self, body: dict[str, Any]) -> tuple[Call, tuple[str, ...]]:
        call = self.wire.read_request(body)
        return (call, ()) if self.portable is None else self.portable(call)

    def _ported(self, planned: Planned) -> tuple[Call, tuple[str, ...]]:
        return self._plain if not planned.parameters else self._read(self._filled(planned))

    def _filled(self, planned: Planned) -> dict[str, Any]:
        """The body with the target's defaults for what the app left out."""
        if not planned.parameters:
            return self.body
        return filled_in(self.body, planned.parameters, dialect=self.wire.dialect)

    def write(self, planned: Planned) -> Sequence[HttpParts]:
        if not self._passes_through(planned):
            call, unsaid = self._ported(planned)
            parts = planned.wire.write_request(call, planned.target)
            lost = (*unsaid, *(name for name, _ in self.forwarded if name in KNOBS))
            return (replace(parts, dropped=tuple(dict.fromkeys((*parts.dropped, *lost)))) if lost else parts,)
        parts = planned.wire.patch_request(self._filled(planned), planned.target)
        return (replace(parts, headers=(*parts.headers, *self.forwarded)) if self.forwarded else parts,)

    def read(self, bodies: Sequence[bytes], planned: Planned) -> Done:
        (body,) = bodies
        if not self._passes_through(planned):
            return self._translated(planned.wire.read_reply(body, planned.target))
        facts = planned.wire.tap_reply(body, planned.target)
        if facts.error is not None:
            raise facts.error
        return Done(facts.body or body, facts.usage, facts.finish, facts.output_chars)

    def _translated(self, reply: Reply) -> Done:
        try:
            body = self.wire.write_reply(reply)
        except SwitchboardError as error:
            error.billed, error.retry = reply.usage, Retry.NEVER  # it is paid for: no second bill
            raise
        finish = reply.choices[0].finish if reply.choices else None
        return Done(body, reply.usage, finish, 0 if reply.usage else _produced(reply))

    def tap(self, planned: Planned) -> StreamTap:
        if self._passes_through(planned):
            return planned.wire.stream_tap(planned.target, include_usage=self.include_usage)
        return TranslatingTap(self.wire, planned.wire, self.call(planned), planned.target)

    def write_stream_error(self, error: SwitchboardError, *, request_id: str) -> bytes:
        return self.wire.write_stream_error(error, request_id=request_id)

    def _passes_through(self, planned: Planned) -> bool:
        """Not where the vendor breaks the dialect's own rules: its answers are told as the app expects them."""
        return planned.wire.dialect == self.wire.dialect and not planned.target.vendor.quirks.content_lists


def _without_session(body: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """``session_id`` is for Switchboard: vendors refuse a field they do not know."""
    if "session_id" not in body:
        return "", body
    named = body["session_id"]
    if named is not None and not isinstance(named, str):
        raise BadRequest("`session_id` must be a text.", param="session_id")
    return named or "", {name: value for name, value in body.items() if name != "session_id"}


def _produced(reply: Reply) -> int:
    """Characters of text, thought and arguments, for an estimate."""
    parts = [part for choice in reply.choices for part in choice.parts]
    return sum(
        len(part.arguments if isinstance(part, ToolCall) else part.text)
        for part in parts
        if isinstance(part, Text | Reasoning | Refusal | ToolCall)
    )


def _include_usage(body: Mapping[str, Any]) -> bool:
    options = body.get("stream_options")
    if options is None:
        return False
    if not isinstance(options, dict):
        raise BadRequest("`stream_options` must be an object.", param="stream_options")
    return options.get("include_usage") is True
