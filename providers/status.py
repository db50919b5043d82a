"""How a provider is doing: one pure function from facts to a colour, a word and a reason.

Used by the admin's list and by whatever else shows a provider; it reads nothing by itself.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from providers.vendors import Vendor

Colour = Literal["green", "yellow", "red"]


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenCounts:
    """A provider's tokens by what became of them; each is counted once. ``healthy`` holds those on probation too,
    ``retired`` those that have expired; ``disabled`` ones are switched off by hand."""

    healthy: int = 0
    resting: int = 0
    suspended: int = 0
    retired: int = 0
    disabled: int = 0

    @property
    def total(self) -> int:
        return self.armed + self.disabled

    @property
    def armed(self) -> int:
        return self.healthy + self.resting + self.suspended + self.retired

    @property
    def rejected(self) -> int:
        """What was called so once."""
        return self.suspended


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What is known of a provider, the environment laid over the row. ``vendor`` is ``None`` when its file is gone;
    ``settings`` are the names that have a value; ``test_ok`` is ``None`` before the first test."""

    vendor: Vendor | None
    enabled: bool = False
    base_url: str = ""
    settings: frozenset[str] = frozenset()
    tokens: TokenCounts = field(default_factory=TokenCounts)
    errors: tuple[str, ...] = ()
    test_ok: bool | None = None
    test_message: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """``colour`` for the dot, ``word`` beside it (colour alone tells not everyone), ``reason`` as one sentence."""

    colour: Colour
    word: str
    reason: str


def needs_token(vendor: Vendor) -> bool:
    """Whether the vendor answers nobody without a credential."""
    return vendor.auth.scheme != "none" and not vendor.auth.optional and vendor.answers is None


def status(facts: Facts, *, today: date | None = None) -> Status:
    """The status of a provider; the first thing that would make a call fail wins."""
    if facts.vendor is None:
        return Status(colour="red", word="unknown vendor", reason="No vendor file has this name any more.")
    if facts.errors:
        return Status(colour="red", word="misconfigured", reason=facts.errors[0])
    if gone := _shut_down(facts.vendor, facts, today=today):
        return gone
    if missing := _missing(facts.vendor, facts):
        return Status(colour="red", word="not configured", reason=missing)
    if not facts.enabled:
        return Status(colour="yellow", word="disabled", reason="Configured, but switched off.")
    return _failing(facts.vendor, facts) or _active(facts)


def _shut_down(vendor: Vendor, facts: Facts, *, today: date | None) -> Status | None:
    if not vendor.shutdown or facts.base_url:
        return None
    if today is not None and date.fromisoformat(vendor.shutdown) > today:
        return None
    return Status(colour="red", word="shut down", reason=f"The public service ended on {vendor.shutdown}.")


def _missing(vendor: Vendor, facts: Facts) -> str:
    """What has to be filled in before a call can be made; empty if nothing."""
    if not facts.base_url and vendor.base_url is None and vendor.answers is None:
        return "Needs a base URL."
    for setting in vendor.needed(own_address=bool(facts.base_url)):
        if setting.name not in facts.settings:
            return f"Needs its setting “{setting.label}”."
    if needs_token(vendor) and not facts.tokens.total:
        return "Needs a token."
    if needs_token(vendor) and not facts.tokens.armed:
        return "Every token is switched off."
    return ""


def _failing(vendor: Vendor, facts: Facts) -> Status | None:
    tokens = facts.tokens
    if needs_token(vendor) and not tokens.healthy:
        if not (tokens.resting or tokens.suspended):
            return Status(colour="red", word="failing", reason="Every token is retired or has expired.")
        if not tokens.resting:
            return Status(colour="red", word="failing", reason="Every usable token is suspended.")
        return Status(colour="red", word="resting", reason="Every usable token is resting.")
    if facts.test_ok is False:
        return Status(colour="red", word="failing", reason=facts.test_message or "The last test failed.")
    return None


def _active(facts: Facts) -> Status:
    tokens = facts.tokens
    counts = ((tokens.suspended, "suspended"), (tokens.resting, "resting"), (tokens.retired, "retired"))
    notes = [f"{count} {word}" for count, word in counts if count]
    if notes:
        return Status(colour="green", word="active", reason=f"{', '.join(notes)} of {tokens.armed} tokens.")
    return Status(colour="green", word="active", reason="Tested fine." if facts.test_ok else "Not tested yet.")
