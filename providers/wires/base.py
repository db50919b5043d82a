"""What every wire offers. A wire turns bytes into canonical types and back; it never does I/O.

Two lanes use it. *Translation*: the app's wire reads the request, the target's wire writes it, and
the reply goes the other way. *Pass-through* (same wire on both sides): ``patch_request`` changes only
what must change, and a ``StreamTap`` lets frames through as they came while it counts.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Any, NamedTuple, Protocol

from providers.canonical import Call, Event, Finish, HttpParts, Reply, Target, Usage
from providers.errors import SwitchboardError, UpstreamError
from providers.vendors.base import Answered


class ReplyFacts(NamedTuple):
    """What pass-through needs to know of a whole reply. ``output_chars`` counts produced text, for an
    estimate where the vendor sent no usage."""

    model: str | None
    usage: Usage | None
    finish: Finish | None
    error: UpstreamError | None  # a 200 with an error inside
    output_chars: int = 0
    body: bytes | None = None  # where the vendor's own would break an app: what goes out instead


class StreamReader(Protocol):
    """Bytes in, cut anywhere; events out."""

    def feed(self, data: bytes) -> list[Event]: ...

    def close(self) -> list[Event]:
        """The upstream closed. Yields what was still buffered; ``Failed(StreamBroken)`` if the stream had
        neither finished nor failed."""
        ...


class StreamWriter(Protocol):
    """Events in; the app's dialect out."""

    def write(self, events: Iterable[Event]) -> bytes:
        """Bytes for the app. Never holds the terminating frame, which ``end`` gives."""
        ...

    def end(self) -> bytes:
        """The terminating frames (usage chunk if asked for, ``[DONE]`` …)."""
        ...

    def fail(self, error: SwitchboardError) -> bytes:
        """An error event in the app's dialect, and whatever must follow it."""
        ...


class StreamTap(Protocol):
    """Pass-through with an ear on it. After ``feed`` returned, the attributes tell what is known."""

    usage: Usage | None
    model: str | None
    started: bool  # a first frame that is no error has come
    error: UpstreamError | None
    done: bool  # the terminator was seen
    finish: Finish | None

    @property
    def output_chars(self) -> int: ...  # produced text so far, for an estimate where no usage came

    def feed(self, data: bytes) -> bytes:
        """What goes to the app now. Whole frames go out as the bytes they came in; a usage chunk the app did not
        ask for is taken out; the terminating frame is withheld until ``end``. From an error frame on nothing is
        forwarded."""
        ...

    def close(self) -> bytes:
        """The upstream closed: the rest to forward. Sets ``error`` to StreamBroken if the stream was cut."""
        ...

    def end(self) -> bytes:
        """The withheld terminating frame, as the vendor sent it (or as the wire demands if it sent none)."""
        ...


class Wire(Protocol):
    name: str

    @property
    def dialect(self) -> str:
        """The name of the wire whose bodies this one carries: its own, or another's where only the way there differs
        (Anthropic's messages on Vertex AI). Two wires of one dialect pass bodies through; a Call's ``wire`` and an
        Opaque's are dialects."""
        ...

    # -- the app's side
    def read_request(self, body: Mapping[str, Any]) -> Call:
        """Raises ``RequestRejected`` naming the field that is malformed."""
        ...

    def write_reply(self, reply: Reply) -> bytes: ...

    def stream_writer(self, call: Call) -> StreamWriter: ...

    def write_error(self, error: SwitchboardError, *, request_id: str) -> bytes:
        """The error envelope of this dialect, as JSON bytes."""
        ...

    def write_stream_error(self, error: SwitchboardError, *, request_id: str) -> bytes:
        """The same as a frame of a stream that had begun, with whatever must follow it."""
        ...

    # -- the vendor's side
    def write_request(self, call: Call, target: Target) -> HttpParts:
        """Raises ``UnsupportedFeature`` naming what the target cannot do."""
        ...

    def read_reply(self, body: bytes, target: Target) -> Reply:
        """Raises ``VendorGarbled`` for what cannot be read, and the error of a 200 that holds one."""
        ...

    def stream_reader(self, target: Target) -> StreamReader: ...

    def read_error(self, status: int, headers: Mapping[str, str], body: bytes, target: Target) -> UpstreamError:
        """Any body at all (objects, strings, arrays, HTML) to one error of the tree. ``headers`` is looked up by
        lower-case names."""
        ...

    # -- pass-through
    def patch_request(self, body: dict[str, Any], target: Target) -> HttpParts:
        """``body`` as the app sent it (this wire's dialect), with model, usage option and quirks applied. ``body``
        itself stays as it is."""
        ...

    def tap_reply(self, body: bytes, target: Target) -> ReplyFacts: ...

    def stream_tap(self, target: Target, *, include_usage: bool) -> StreamTap: ...


class Follow(NamedTuple):
    """A request that must be made before there is a reply, and how many seconds to wait before it."""

    parts: HttpParts
    pause: float = 0.0
    streams: bool = False  # its answer is the stream itself, no matter to ask about again


class FollowingWire(Wire, Protocol):
    """A wire whose first answer may only name where the reply will be (a prediction to be polled). Wires without
    ``follow`` are asked nothing."""

    def follow(self, answer: Answered, target: Target, *, base_url: str, stream: bool, turn: int) -> Follow | None:
        """What to ask next after ``answer``, the whole answer number ``turn`` (from 0) with a status of success.
        ``None``: it is the reply, and the reader takes it. Raises ``VendorGarbled`` for an address that must not get
        the credential."""
        ...

    def abandon(self, answer: Answered, target: Target, *, base_url: str) -> HttpParts | None:
        """What to send where nobody waits for the reply that ``answer`` promised; ``None`` where nothing goes on."""
        ...


def fold(events: Sequence[Event]) -> Reply:
    """Folds the events of one reply into the reply. Raises the error of a ``Failed`` event."""
    from providers.wires.folding import fold_events

    return fold_events(events)


@cache
def wire(name: str) -> Wire:
    """The wire called ``name``: the ``WIRE`` of ``providers/wires/<name>``. Raises ``KeyError``."""
    try:
        module = importlib.import_module(f"providers.wires.{name}")
    except ModuleNotFoundError as error:
        raise KeyError(name) from error
    found: Wire = module.WIRE
    return found
