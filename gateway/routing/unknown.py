"""What to say of a name that nothing answers to: what is near, or what to set."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from difflib import get_close_matches

from gateway.routing.compiled import Routes
from providers.catalogue import Catalogue, CompiledProvider

Allows = Callable[[str], bool]  # whether a caller may call a name

NEAR_CANDIDATES = 400  # comparing is slow: a typo must not hold up the event loop


def anything(name: str) -> bool:
    return True


def hidden(name: str) -> str:
    """For a caller that may not call the name anyway: whether it means anything is not for it to know."""
    return f"The model `{name[:200]}` does not exist or this key may not call it. GET /v1/models lists what it may."


def not_callable(provider: CompiledProvider, name: str, *, means: str = "names") -> str:
    """For a name that ``means`` a provider which is off or not configured."""
    what = f"The model `{name[:200]}` {means} the provider `{provider.name}`"
    if not provider.enabled:
        return f"{what}, which is off. {_how_to_enable(provider)}"
    return f"{what}, which is not configured: {provider.problem}"


def explain_unknown(catalogue: Catalogue, routes: Routes, name: str, allows: Allows = anything) -> str:
    message = f"The model `{name[:200]}` does not exist or no enabled provider has it."
    sleeping = [provider for provider in catalogue.providers.values() if _could_serve(provider, name)]
    if sleeping:
        return f"{message} {_how_to_enable(sleeping[0])}"
    near = get_close_matches(name[:100], list(_near_candidates(catalogue, routes, name, allows)), n=3, cutoff=0.6)
    if near:
        return f"{message} Did you mean {' or '.join(f'`{one}`' for one in near)}? GET /v1/models lists all."
    return f"{message} GET /v1/models lists what there is."


def _could_serve(provider: CompiledProvider, name: str) -> bool:
    return not provider.active and (
        name in provider.models or any(model.id == name for model in provider.vendor.models)
    )


def _how_to_enable(provider: CompiledProvider) -> str:
    variable = provider.name.upper()
    steps = [f"{variable}_ENABLED=1"] if not provider.enabled else []
    if not provider.base_url and provider.answers is None:
        steps.append(f"{variable}_BASE_URL")
    if not provider.tokens:
        steps.append(f"{variable}_API_KEY")
    return (
        f"Enable the provider `{provider.name}` in the admin, or set {' and '.join(steps) or variable + '_ENABLED=1'}."
    )


def _near_candidates(catalogue: Catalogue, routes: Routes, name: str, allows: Allows) -> Iterator[str]:
    """Known names that share a beginning or are of like length, and that the caller may call, at most
    ``NEAR_CANDIDATES``."""
    start, given = name[:2].lower(), 0
    for known in (*routes.by_name, *catalogue.by_model):
        if (abs(len(known) - len(name)) <= 4 or known[:2].lower() == start) and allows(known):
            yield known
            given += 1
            if given >= NEAR_CANDIDATES:
                return
