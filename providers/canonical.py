"""What wires read and write: a Call, its parts, a Reply, its events, Usage. No I/O, no vendor.

The shape is the one Anthropic, Gemini, Responses and Bedrock share (messages made of parts), so
nothing is lost on the way through. What nobody knows rides along in ``extra``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Literal

Extra = Mapping[str, Any]


class _Nothing(Mapping[str, Any]):
    """The empty mapping, hashable: on Python 3.11 a dataclass refuses a mappingproxy as a default."""

    __slots__ = ()

    def __getitem__(self, key: str) -> Any:
        raise KeyError(key)

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 0

    def __hash__(self) -> int:
        return 0

    def __repr__(self) -> str:
        return "{}"


NOTHING: Extra = _Nothing()


# --- parts -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    text: str
    extra: Extra = NOTHING  # cache_control, citations, annotations …


@dataclass(frozen=True, slots=True, kw_only=True)
class Image:
    """Either ``url`` or base64 ``data`` with its ``media_type``."""

    url: str | None = None
    data: str | None = None
    media_type: str | None = None
    detail: str | None = None
    extra: Extra = NOTHING


@dataclass(frozen=True, slots=True, kw_only=True)
class Audio:
    """Base64 ``data``; ``format`` is the short name vendors use (wav, mp3 …)."""

    data: str
    format: str
    extra: Extra = NOTHING


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """A document: ``file_id`` at the vendor, a ``url``, base64 ``data`` with its ``media_type``, or plain ``text``."""

    file_id: str | None = None
    url: str | None = None
    data: str | None = None
    text: str | None = None
    media_type: str | None = None
    name: str | None = None
    extra: Extra = NOTHING


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolCall:
    """``arguments`` is JSON text exactly as the model produced it; a call without arguments has ``{}``."""

    id: str
    name: str
    arguments: str
    kind: Literal["function", "custom", "server"] = "function"
    extra: Extra = NOTHING  # thought signatures …


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolResult:
    call_id: str
    parts: tuple[Part, ...]
    name: str | None = None
    is_error: bool = False
    extra: Extra = NOTHING


@dataclass(frozen=True, slots=True, kw_only=True)
class Reasoning:
    """What the model thought. ``signature`` and ``encrypted`` must come back to the vendor unchanged."""

    text: str = ""
    signature: str | None = None
    encrypted: str | None = None  # redacted_thinking.data, encrypted_content …
    extra: Extra = NOTHING


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    text: str
    extra: Extra = NOTHING


@dataclass(frozen=True, slots=True, kw_only=True)
class Opaque:
    """A part only one wire knows. ``wire`` is the wire that read it; any other wire must refuse it with
    ``UnsupportedFeature`` and never drop it silently."""

    wire: str
    value: Mapping[str, Any]


Part = Text | Image | Audio | File | ToolCall | ToolResult | Reasoning | Refusal | Opaque
Role = Literal["system", "developer", "user", "assistant", "tool"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    role: Role
    parts: tuple[Part, ...]
    name: str | None = None
    extra: Extra = NOTHING


# --- the call ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Tool:
    name: str
    description: str | None = None
    parameters: Mapping[str, Any] | None = None  # JSON schema
    strict: bool | None = None
    extra: Extra = NOTHING


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolChoice:
    mode: Literal["auto", "none", "required", "named"]
    name: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OutputFormat:
    kind: Literal["text", "json_object", "json_schema"]
    schema: Mapping[str, Any] | None = None
    name: str | None = None
    strict: bool | None = None
    extra: Extra = NOTHING


@dataclass(frozen=True, slots=True, kw_only=True)
class Thinking:
    """How hard to think. ``effort`` is the vendor-neutral word, ``budget`` a number of units."""

    enabled: bool | None = None
    effort: str | None = None
    budget: int | None = None
    extra: Extra = NOTHING


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """What the app asked, in no vendor's words. ``None`` means the app did not say."""

    model: str
    messages: tuple[Message, ...]
    wire: str = "openai"  # the wire it was read from
    stream: bool = False
    include_usage: bool = False
    tools: tuple[Tool | Opaque, ...] = ()
    tool_choice: ToolChoice | None = None
    parallel_tool_calls: bool | None = None
    max_output: int | None = None
    temperature: float | None = None
    top_p: float | None = None
    top_k: int | None = None
    stop: tuple[str, ...] = ()
    seed: int | None = None
    n: int | None = None
    presence_penalty: float | None = None
    frequency_penalty: float | None = None
    output_format: OutputFormat | None = None
    thinking: Thinking | None = None
    user: str | None = None
    extra: Extra = NOTHING  # every other field of the request body, as it came


# --- usage and the reply -----------------------------------------------------------------------


class UsageBasis(StrEnum):
    """Where the figures of a log row come from, best first."""

    VENDOR = "vendor"
    COUNTED = "counted"
    ESTIMATED = "estimated"
    NONE = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """Counted units. ``input`` includes cached and cache-written input, ``output`` includes reasoning,
    whatever the vendor's own convention is: wires normalise."""

    input: int = 0
    output: int = 0
    cached_input: int = 0
    cache_write_input: int = 0
    reasoning: int = 0
    input_audio: int = 0
    output_audio: int = 0
    cost_usd: float | None = None  # the vendor's own figure, if it sends one
    extra: Extra = NOTHING


class Finish(StrEnum):
    STOP = "stop"
    LENGTH = "length"
    TOOL_CALLS = "tool_calls"
    CONTENT_FILTER = "content_filter"
    REFUSAL = "refusal"
    PAUSE = "pause"
    ERROR = "error"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    index: int
    parts: tuple[Part, ...]
    finish: Finish | None
    raw_finish: str | None = None  # the vendor's own word; a same-wire writer gives it back
    role: Role = "assistant"
    extra: Extra = NOTHING  # logprobs, annotations …


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    id: str
    model: str
    choices: tuple[Choice, ...]
    usage: Usage | None = None
    created: int | None = None
    extra: Extra = NOTHING


# --- the reply as it comes ---------------------------------------------------------------------
# A stream is a list of events; a whole reply is read into the same events and then folded, so both
# go through one reader. ``choice`` is the choice's index, ``part`` the part's index within it.


@dataclass(frozen=True, slots=True, kw_only=True)
class Started:
    id: str
    model: str
    created: int | None = None
    extra: Extra = NOTHING


@dataclass(frozen=True, slots=True, kw_only=True)
class TextDelta:
    text: str
    choice: int = 0
    part: int = 0
    extra: Extra = NOTHING


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusalDelta:
    text: str
    choice: int = 0
    part: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ReasoningDelta:
    """More thought; ``signature`` and ``encrypted`` close the block they come in."""

    text: str = ""
    signature: str | None = None
    encrypted: str | None = None
    choice: int = 0
    part: int = 0
    extra: Extra = NOTHING


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolCallStarted:
    id: str
    name: str
    choice: int = 0
    part: int = 0
    kind: Literal["function", "custom", "server"] = "function"
    extra: Extra = NOTHING


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolCallDelta:
    arguments: str
    choice: int = 0
    part: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class PartStopped:
    choice: int = 0
    part: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class MediaDelta:
    """A picture, sound or file the model made, whole."""

    media: Image | Audio | File
    choice: int = 0
    part: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class OpaqueDelta:
    """A piece only the wire named knows (server tool results, audio chunks …)."""

    wire: str
    value: Mapping[str, Any]
    choice: int = 0
    part: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Finished:
    finish: Finish
    raw: str | None = None
    choice: int = 0
    extra: Extra = NOTHING


@dataclass(frozen=True, slots=True, kw_only=True)
class UsageReported:
    """Cumulative: a later one replaces an earlier one."""

    usage: Usage


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed:
    """The vendor broke the stream off. ``error`` is a ``providers.errors.UpstreamError``."""

    error: Exception


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """The vendor's own terminator was seen ([DONE], message_stop …)."""


Event = (
    Started
    | TextDelta
    | RefusalDelta
    | ReasoningDelta
    | ToolCallStarted
    | ToolCallDelta
    | PartStopped
    | MediaDelta
    | OpaqueDelta
    | Finished
    | UsageReported
    | Failed
    | Ended
)


# --- where a call goes -------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpParts:
    """A request as a wire writes it: no credential in it, ``path`` relative to the provider's base URL."""

    path: str
    content: bytes = field(repr=False)
    method: str = "POST"
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    dropped: tuple[str, ...] = ()  # knobs the target does not know; the log row says so


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """Provider + model, ready to be called. ``model`` is the vendor's own id; ``settings`` are the
    provider's declared settings (organization, api version …), never a token."""

    provider: str
    model: str
    vendor: Any = field(repr=False)  # providers.vendors.Vendor
    settings: Mapping[str, str] = field(default=NOTHING, repr=False)
