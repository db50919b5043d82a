"""The vendor record: what a file in this folder fills in, and how files are found."""

from __future__ import annotations

import importlib
import pkgutil
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Literal, NamedTuple

from providers.canonical import HttpParts

Kind = Literal["cloud", "local", "aggregator", "platform", "simulation"]
Region = Literal["global", "cn", "any"]
Promise = Literal["verified", "documented", "template"]
# What a vendor's own error code means, where neither its words nor its HTTP status say so.
Problem = Literal[
    "key", "quota", "rate", "busy", "timeout", "failed", "access", "model", "context", "content", "request"
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """Something an account needs beside its tokens. Becomes a form field in the admin and
    ``<NAME>_<SETTING>`` in the environment."""

    name: str
    label: str
    help: str = ""
    secret: bool = False
    required: bool = False
    default: str = ""
    header: str | None = None  # sent as this request header when set
    choices: tuple[str, ...] = ()  # the only values it may have; none: any text


Headers = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Auth:
    """How a token travels. ``optional``: the vendor answers without one too (an anonymous token is leased).

    ``spell`` gives the headers where they depend on the secret's own form, ``None`` for a secret that must be
    exchanged or sign. ``exchange`` turns a secret into short-lived headers over the network (token exchange, Google,
    Entra, AWS's own chain); its grants are cached and renewed before they expire. ``sign`` makes headers for one
    request (SigV4). An anonymous token is exchanged too: its secret is "".
    """

    scheme: Literal["bearer", "header", "none"] = "bearer"
    header: str = "Authorization"
    optional: bool = False
    spell: Callable[[str], Headers | None] | None = None
    exchange: Exchange | None = None
    sign: Sign | None = None

    @property
    def dynamic(self) -> bool:
        return self.exchange is not None or self.sign is not None

    def headers(self, secret: str | None) -> Headers | None:
        """The headers that carry ``secret``; none for an anonymous token. ``None``: it must be exchanged or sign."""
        if not secret:
            return None if self.dynamic else ()
        if self.scheme == "none":
            return ()
        if self.spell is not None:
            return self.spell(secret)
        return ((self.header, f"Bearer {secret}" if self.scheme == "bearer" else secret),)


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """What a secret was exchanged for. ``expires_at`` is in seconds since the epoch, ``None`` for never.
    ``base_url`` replaces the vendor's own address (not one an admin set). ``secret`` goes to ``Auth.sign``."""

    headers: Headers = field(default=(), repr=False)
    expires_at: float | None = None
    base_url: str | None = None
    secret: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outgoing:
    """A request as it will leave, for signing. ``url`` is whole; ``headers`` has lower-case names."""

    method: str
    url: str
    headers: Mapping[str, str] = field(repr=False)
    content: bytes = field(repr=False)


class Answered(NamedTuple):
    status: int
    headers: Mapping[str, str]  # lower-case names
    body: bytes


# ``ask`` sends one request (``HttpParts.path`` is a whole URL) without any credential of its own, through the
# provider's proxy and within its time limits. An exchange raises ``CredentialInvalid`` where the secret is refused.
Ask = Callable[[HttpParts], Awaitable[Answered]]
WireFor = Callable[[str, Mapping[str, str]], str | None]  # model, settings → its wire, None: the usual one
Exchange = Callable[[Ask, str, Mapping[str, str]], Awaitable[Grant]]  # ask, secret, settings
Sign = Callable[[Outgoing, str, Mapping[str, str]], Headers]  # request, secret, settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    """US dollars for a million units, as the vendor publishes them. ``None`` is unknown, never 0."""

    input: float | None = None
    output: float | None = None
    cached_input: float | None = None
    cache_write: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelFact:
    """One row of the shipped list. ``None`` is unknown, never false. Limits are in input/output units."""

    id: str
    mode: Literal["chat", "responses", "embedding", "rerank", "transcription", "other"] = "chat"
    context_window: int | None = None
    max_output: int | None = None
    vision: bool | None = None
    tools: bool | None = None
    reasoning: bool | None = None
    structured_output: bool | None = None
    audio: bool | None = None
    price: Price | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Quirks:
    """What differs from the wire's own documentation, as data."""

    rename: Mapping[str, str] = field(default_factory=dict)  # request field → the vendor's name for it
    drop: frozenset[str] = frozenset()  # tuning knobs the vendor answers 400 to; the log row names what was dropped
    message_drop: frozenset[str] = frozenset()  # the same for fields of a message ("name")
    extra_body: Mapping[str, Any] = field(default_factory=dict)
    usage_in_stream: Literal["option", "always", "never"] = "option"  # "option": stream_options.include_usage
    output_excludes_reasoning: bool = False  # xAI: completion_tokens does not count reasoning
    tool_call_id_pattern: str | None = None  # Mistral: nine alphanumerics
    system_role: Literal["system", "developer"] | None = None  # the one role for both, where the other is refused
    developer_as_system: bool = False
    # Where a reply may hold reasoning text; the first is also where an assistant message gives it back.
    reasoning_fields: tuple[str, ...] = ("reasoning_content", "reasoning", "reasoning_text")
    call_drop: frozenset[str] = frozenset()  # the same for fields of a tool call ("extra_content")
    document_url: bool = False  # Mistral: documents are ``document_url`` parts where OpenAI's are ``file``
    thinking_off: Mapping[str, Any] = field(default_factory=dict)  # fields that say: answer without thinking
    content_lists: bool = False  # replies hold content in chunks (Mistral's thinking), where OpenAI's hold a string
    reasoning_in_content: bool = False  # Mistral: given back as ``thinking`` chunks of the content
    text_as_string: bool = False  # takes content as a string only: a list of texts is joined to one
    error_codes: Mapping[str, Problem] = field(default_factory=dict)  # of numbers and words that mean something else
    errors_in_frames: bool = False  # a stream's failure may stand in a frame that looks like any other: read each
    part_fields: frozenset[str] = frozenset()  # another wire's fields of parts that the vendor takes (cache_control)


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalReply:
    """What an in-process vendor answers: a status, headers and the body in pieces."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: AsyncIterator[bytes]


LocalAnswer = Callable[[HttpParts, Mapping[str, str]], Awaitable[LocalReply]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Vendor:
    """Facts about one company's API. ``slug`` is the file's name and the default provider's name.

    ``base_url`` and every path may hold ``{setting}``, and paths ``{model}`` too: filled in, percent-encoded, by
    ``providers.templates``. A setting that only ``base_url`` names is not asked for where an admin sets a base URL.
    """

    slug: str
    name: str
    kind: Kind
    region: Region = "global"
    wire: str = "openai"
    other_wires: tuple[str, ...] = ()  # what else it speaks: chosen by a setting ``wire``, which then exists
    wire_for: WireFor | None = None
    promise: Promise = "documented"
    base_url: str | None = None  # None: must be configured
    auth: Auth = Auth()
    prefixes: tuple[str, ...] = ()  # beside ext-<slug>-: whole prefixes such as "ext-leadworker-", "atlas-"
    default_model: str | None = None
    models: tuple[ModelFact, ...] = ()
    roles: Mapping[str, str] = field(default_factory=dict)  # role → the model of the list that its pages name for it
    settings: tuple[Setting, ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict)  # sent with every request
    chat_path: str | None = "/chat/completions"  # None: the vendor has no chat
    completions_path: str | None = None  # OpenAI's older text completions, where the vendor has them
    embeddings: str | None = None  # its dialect: a file of ``providers/embeddings``
    embeddings_path: str = "/embeddings"
    embeddings_batch: int | None = None  # the most inputs of one request
    rerank: str | None = None  # its dialect: a file of ``providers/rerank``
    rerank_path: str = "/rerank"
    moderations: str | None = None  # its dialect: a file of ``providers/moderations``
    moderations_path: str = "/moderations"
    moderations_free: bool = False  # the vendor takes nothing for it
    default_moderation: str | None = None  # the model that judges where an app names none
    models_path: str | None = "/models"  # None: the vendor has no model list
    models_need_token: bool = True  # False: the list is public, so it proves nothing about a token
    probe_path: str | None = None  # a free GET that needs a token; models_path where None and models_need_token
    quirks: Quirks = Quirks()
    env: Mapping[str, tuple[str, ...]] = field(
        default_factory=dict
    )  # "api_key"|"base_url"|"model" → ecosystem's variables
    note: str = ""  # shown to admins
    docs: str = ""  # where the facts come from
    opt_in: bool = False  # stays off until switched on by name, tokens or not; ``note`` says why
    aliases: tuple[str, ...] = ()  # other names of the vendor, in model prefixes and API paths
    shutdown: str | None = None  # ISO date the public service ended
    answers: LocalAnswer | None = None  # answered inside this process, without network
    read_models: Callable[[bytes], list[str]] | None = (
        None  # where the list is not {"data": [{"id": …}]} or a bare array
    )

    def __post_init__(self) -> None:
        if self.other_wires:
            chosen = Setting(
                name="wire",
                label="Wire",
                help="The protocol it is called in.",
                default=self.wire,
                choices=(self.wire, *self.other_wires),
            )
            object.__setattr__(self, "settings", (*self.settings, chosen))

    def needed(self, *, own_address: bool) -> tuple[Setting, ...]:
        """The settings without which it cannot be called. ``own_address``: an admin's base URL replaces the vendor's,
        and what only that one names is not needed."""
        named = () if own_address else re.findall(r"\{(\w+)\}", self.base_url or "")
        return tuple(one for one in self.settings if (one.required or one.name in named) and not one.default)


@cache
def all_vendors() -> Mapping[str, Vendor]:
    """Every vendor by slug, from the files of this folder.

    Raises ``LookupError`` for a file without a ``VENDOR`` or with a slug that is not its name.
    """
    package = importlib.import_module("providers.vendors")
    found: dict[str, Vendor] = {}
    for module_info in pkgutil.iter_modules(package.__path__):
        if module_info.name == "base":
            continue
        module = importlib.import_module(f"providers.vendors.{module_info.name}")
        record = getattr(module, "VENDOR", None)
        if not isinstance(record, Vendor) or record.slug != module_info.name:
            raise LookupError(
                f"providers/vendors/{module_info.name}.py must hold VENDOR with slug {module_info.name!r}"
            )
        found[record.slug] = record
    return found


def vendor(slug: str) -> Vendor:
    """The vendor called ``slug``. Raises ``KeyError``."""
    return all_vendors()[slug]
