"""What a call must pass before it is planned for; ``admit`` spells the order."""

from __future__ import annotations

from collections.abc import Sequence

from gateway.inbound import Inbound
from gateway.policy import access
from gateway.routing.names import Planned

__all__ = ["admit"]


def admit(inbound: Inbound, targets: Sequence[Planned]) -> Sequence[Planned]:
    """The targets that may be called. Raises the first rule's refusal. Order: access (more rules follow as the
    product grows)."""
    return access.allowed(inbound, targets)
