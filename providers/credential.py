"""A token whose headers are made when they are needed: exchanged, renewed, or signed for one request."""

from __future__ import annotations

from dataclasses import dataclass, field

from providers.vendors import Auth


@dataclass(frozen=True, slots=True, kw_only=True)
class Credential:
    """``settings`` are the provider's, as pairs. Equal ones share a grant. ``told`` collects the secrets that were
    made from it, the oldest first, so that a vendor's words can be cleared of them."""

    auth: Auth
    secret: str = field(repr=False)
    settings: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    told: dict[str, None] = field(default_factory=dict, compare=False, repr=False)
