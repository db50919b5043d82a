"""The vendor record: what a file in this folder fills in, and how files are found."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Literal

from providers.canonical import HttpParts

Kind = Literal["cloud", "local", "aggregator", "platform", "simulation"]
Region = Literal["global", "cn", "any"]
Promise = Literal["verified", "documented", "template"]


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Auth:
    """How a token travels. ``optional``: the vendor answers without one too (an anonymous token is leased).
    ``spell`` gives the headers where they depend on the secret's own form."""

    scheme: Literal["bearer", "header", "none"] = "bearer"
    header: str = "Authorization"
    optional: bool = False
    spell: Callable[[str], tuple[tuple[str, str], ...]] | None = None

    def headers(self, secret: str | None) -> tuple[tuple[str, str], ...]:
        """The headers that carry ``secret``; none for an anonymous token."""
        if self.scheme == "none" or not secret:
            return ()
        if self.spell is not None:
            return self.spell(secret)
        return ((self.header, f"Bearer {secret}" if self.scheme == "bearer" else secret),)


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelFact:
    """One row of the shipped list. ``None`` is unknown, never false. Limits are in input/output units."""

    id: str
    mode: Literal["chat", "responses", "embedding", "rerank", "transcription"] = "chat"
    context_window: int | None = None
    max_output: int | None = None
    vision: bool | None = None
    tools: bool | None = None
    reasoning: bool | None = None


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
    """Facts about one company's API. ``slug`` is the file's name and the default provider's name."""

    slug: str
    name: str
    kind: Kind
    region: Region = "global"
    wire: str = "openai"
    promise: Promise = "documented"
    base_url: str | None = None  # None: must be configured
    auth: Auth = Auth()
    prefixes: tuple[str, ...] = ()  # beside ext-<slug>-: whole prefixes such as "ext-leadworker-", "atlas-"
    default_model: str | None = None
    models: tuple[ModelFact, ...] = ()
    settings: tuple[Setting, ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict)  # sent with every request
    chat_path: str = "/chat/completions"
    models_path: str | None = "/models"  # None: the vendor has no model list
    models_need_token: bool = True  # False: the list is public, so it proves nothing about a token
    probe_path: str | None = None  # a free GET that needs a token; models_path where None and models_need_token
    quirks: Quirks = Quirks()
    env: Mapping[str, tuple[str, ...]] = field(
        default_factory=dict
    )  # "api_key"|"base_url"|"model" → ecosystem's variables
    note: str = ""  # shown to admins
    docs: str = ""  # where the facts come from
    shutdown: str | None = None  # ISO date the public service ended
    answers: LocalAnswer | None = None  # answered inside this process, without network
    read_models: Callable[[bytes], list[str]] | None = (
        None  # where the list is not {"data": [{"id": …}]} or a bare array
    )


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
