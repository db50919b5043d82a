"""What the relay needs of an operation. It reads the app's body when it is made, and raises ``BadRequest`` there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple, Protocol, Self

from gateway.errors import BadRequest
from gateway.routing.sessions import Session
from gateway.routing.targets import Planned
from gateway.routing.traits import CHARS_PER_UNIT, Traits
from providers.canonical import Finish, HttpParts, Usage
from providers.errors import SwitchboardError
from providers.wires import StreamTap

BESIDE = ("models", "fallbacks")  # where OpenRouter, LiteLLM and Anthropic read further models


class Bodies(list[bytes]):
    """The whole answers of a target, in the order of the requests. ``headers`` of each are looked up by lower-case
    names: some vendors count usage nowhere else."""

    __slots__ = ("headers",)

    def __init__(self, answers: Iterable[tuple[bytes, Mapping[str, str]]]) -> None:
        super().__init__()
        self.headers: list[Mapping[str, str]] = []
        for body, headers in answers:
            self.append(body)
            self.headers.append(headers)


class Done(NamedTuple):
    """A whole answer: ``body`` for the app, and what is booked."""

    body: bytes
    usage: Usage | None
    finish: Finish | None = None
    output_chars: int = 0


class Operation(Protocol):
    endpoint: str  # "chat.completions", "embeddings" …: the log row's word
    model: str  # the name the app asked for
    stream: bool
    chats: bool  # whether any chat model could answer it
    billed: bool  # whether a vendor takes money for it
    session_id: str  # as the body names it; "" where it does not
    beside: Sequence[str]  # further models that the body names
    body: dict[str, Any]  # as the app sent it, without ``session_id``; never to be changed in place

    def with_body(self, body: dict[str, Any]) -> Self:
        """The same operation over another body: with what guardrails took out of it. ``session_id`` may be in it.
        Raises ``BadRequest`` as the operation itself."""
        ...

    def traits(self, size: int) -> Traits:
        """What it needs of a model. ``size``: bytes of the body."""
        ...

    def conversation(self) -> Session | None:
        """Which conversation it seems to be a turn of."""
        ...

    def write(self, planned: Planned) -> Sequence[HttpParts]:
        """The requests that answer it at this target: one, but for vendors that take one input a request. ``dropped``
        of the first is logged. Raises ``UnsupportedFeature``."""
        ...

    def read(self, bodies: Bodies, planned: Planned) -> Done:
        """``bodies`` in the order of ``write``. Raises ``VendorGarbled``, or the error of a 200 that holds one."""
        ...

    def tap(self, planned: Planned) -> StreamTap:
        """Only where ``stream`` is true."""
        ...

    def write_stream_error(self, error: SwitchboardError, *, request_id: str) -> bytes: ...


class Single:
    """What an operation is that is no turn of a conversation."""

    chats: bool = False
    billed: bool = True
    session_id: str = ""
    beside: Sequence[str] = ()
    body: dict[str, Any]

    def with_body(self, body: dict[str, Any]) -> Self:
        raise NotImplementedError("nothing is taken out of it")

    def traits(self, size: int) -> Traits:
        return Traits(input=size // CHARS_PER_UNIT)

    def conversation(self) -> Session | None:
        return None


def read_model(body: Mapping[str, Any]) -> str:
    model = body.get("model")
    if not isinstance(model, str) or not model.strip():
        raise BadRequest("`model` must be the name of a model.", param="model")
    if len(model) > 250:
        raise BadRequest("`model` is longer than 250 characters.", param="model")
    return model


def read_beside(body: Mapping[str, Any]) -> Sequence[str]:
    """Models that a vendor may turn to, as the body names them; what cannot be read as a name stands for itself."""
    found: list[str] = []
    for field in BESIDE:
        given = body.get(field)
        for one in given if isinstance(given, list) else [given] if given is not None else ():
            model = one.get("model") if isinstance(one, dict) else one
            found.append(model if isinstance(model, str) else f"{field}: {str(one)[:100]}")
    return found


def read_stream(body: Mapping[str, Any]) -> bool:
    stream = body.get("stream")
    if stream is None:
        return False
    if not isinstance(stream, bool):
        raise BadRequest("`stream` must be true or false.", param="stream")
    return stream
