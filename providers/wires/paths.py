"""Where a vendor's chat is."""

from __future__ import annotations

from providers.canonical import Target
from providers.errors import UnsupportedFeature
from providers.templates import fill


def chat_path(target: Target) -> str:
    """Raises ``UnsupportedFeature`` for a vendor without chat."""
    template: str | None = target.vendor.chat_path
    if template is None:
        raise UnsupportedFeature(f"{target.vendor.name} has no chat.", param="model")
    return fill(template, target.settings, model=target.model) if "{" in template else template
