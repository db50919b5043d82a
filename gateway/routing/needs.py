"""Whether a model that somebody named has what a request needs, by the facts of the catalogue. Unknown is not a no: an
admin who named it may know better. ``auto`` is stricter with what it picks itself: ``gateway.routing.needing``."""

from __future__ import annotations

from gateway.routing.traits import Traits
from providers.facts import ModelFacts

ROOM = 1.1  # the estimate of the input may be this much too high

# need → the capability that says no, and how the reason reads
ABILITIES = {
    "vision": ("vision", "does not take images"),
    "tools": ("tools", "does not call tools"),
    "json_schema": ("structured_output", "does not follow a JSON schema"),
    "audio": ("audio", "does not take audio"),
}


def lacking(facts: ModelFacts, traits: Traits) -> tuple[str, str] | None:
    """The first need that is not met: its code in a plan's story, and why in words."""
    for need, (ability, reason) in ABILITIES.items():
        if getattr(traits, need) and getattr(facts.capabilities, ability) is False:
            return need, reason
    window = facts.context_window
    if window is not None and traits.input > window * ROOM:
        return "input", f"takes {window:,} units, the request has about {traits.input:,}"
    return None


def needs(traits: Traits) -> tuple[str, ...]:
    return tuple(need for need in ABILITIES if getattr(traits, need))
