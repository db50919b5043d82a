"""Whether a key may call a model."""

from __future__ import annotations

from collections.abc import Callable

from gateway.inbound import Inbound
from gateway.routing.targets import Planned
from gateway.snapshot import KeyFacts


def permission(inbound: Inbound, name: str = "") -> Callable[[Planned], bool] | None:
    """Whether the caller's key may call a target: a provider it may not use is no fallback for it. ``None``: any.
    ``name``: what the target is called by, where that is not the name the app asked for."""
    key, name = inbound.caller.key, name or inbound.model
    if not key.allowed_models or key.allows(name):
        return None
    return lambda planned: may_call(key, name, planned)


def forbidden_beside(inbound: Inbound) -> str | None:
    """A model that the body names beside the one asked for, and that the key may not call: some vendors turn to it."""
    key = inbound.caller.key
    if not key.allowed_models:
        return None
    return next((name for name in inbound.operation.beside if not key.allows(name)), None)


def may_call(key: KeyFacts, name: str, planned: Planned) -> bool:
    """A model may be allowed under the name the app used, its own id, or ``<provider>:<id>``."""
    model = planned.target.model
    return key.allows(name, model, f"{planned.provider.name}:{model}")
