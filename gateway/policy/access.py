"""Whether a key may call a model."""

from __future__ import annotations

from collections.abc import Sequence

from gateway.errors import Forbidden
from gateway.inbound import Inbound
from gateway.routing.names import Planned


def check(inbound: Inbound, targets: Sequence[Planned]) -> None:
    """A model may be allowed under the name the app used, its own id, or ``<provider>:<id>``. Raises ``Forbidden``."""
    key = inbound.caller.key
    if not key.allowed_models:
        return
    first = targets[0]
    names = (inbound.model, first.target.model, f"{first.provider.name}:{first.target.model}")
    if not key.allows(*names):
        raise Forbidden(
            f"This API key may not call the model `{inbound.model}`.", code="model_not_allowed", param="model"
        )
