"""Whether a key may call a model."""

from __future__ import annotations

from collections.abc import Sequence

from gateway.errors import Forbidden
from gateway.inbound import Inbound
from gateway.routing.names import Planned
from gateway.snapshot import KeyFacts


def allowed(inbound: Inbound, targets: Sequence[Planned]) -> Sequence[Planned]:
    """The targets the caller's key may call: a provider it may not use is no fallback for it. Raises ``Forbidden`` if
    none is left."""
    key = inbound.caller.key
    if not key.allowed_models:
        return targets
    left = [one for one in targets if may_call(key, inbound.model, one)]
    if not left:
        raise Forbidden(
            f"This API key may not call the model `{inbound.model}`.", code="model_not_allowed", param="model"
        )
    return left


def may_call(key: KeyFacts, name: str, planned: Planned) -> bool:
    """A model may be allowed under the name the app used, its own id, or ``<provider>:<id>``."""
    model = planned.target.model
    return key.allows(name, model, f"{planned.provider.name}:{model}")
