"""From the name an app asked for to the targets that answer to it.

Tried in this order: (route or alias, later) → ``ext-<prefix>-<model>`` and a vendor's own short
prefixes → the exact id at active providers → ``<provider>:<model>`` → ``<provider>/<model>``.
"""

from __future__ import annotations

from collections.abc import Iterator
from difflib import get_close_matches

from gateway.errors import UnknownModel
from providers.canonical import Target
from providers.catalogue import Catalogue, CompiledProvider, fold_name

NEAR_CANDIDATES = 400  # comparing is slow: a typo must not hold up the event loop


class Planned:
    """A target in a plan, with the provider it is at and the reason it is there."""

    __slots__ = ("provider", "reason", "target")

    def __init__(self, provider: CompiledProvider, model: str, reason: str) -> None:
        self.provider = provider
        self.target: Target = provider.target(model)
        self.reason = reason


def resolve(catalogue: Catalogue, name: str) -> tuple[Planned, ...]:
    """The targets of ``name``, best first. Raises ``UnknownModel`` that says what is near or what to set."""
    dashed = _by_prefix(catalogue, name, "-")
    if dashed is not None:
        return (_explicit(*dashed, name),)
    exact = catalogue.by_model.get(name)
    if exact:
        return tuple(Planned(provider, name, "has this model") for provider in exact)
    for separator in (":", "/"):
        found = _by_prefix(catalogue, name, separator)
        if found is not None:
            return (_explicit(*found, name),)
    raise UnknownModel(_explain(catalogue, name), param="model")


def _by_prefix(catalogue: Catalogue, name: str, separator: str) -> tuple[CompiledProvider, str] | None:
    """The provider whose prefix ends with ``separator``, longest match first, and the rest of the name."""
    folded = fold_name(name)
    end = folded.rfind(separator, 0, len(folded) - 1)
    while end > 0:
        provider = catalogue.by_prefix.get(folded[: end + 1])
        if provider is not None:
            return provider, name[end + 1 :]
        end = folded.rfind(separator, 0, end)
    return None


def _explicit(provider: CompiledProvider, model: str, name: str) -> Planned:
    if not provider.enabled:
        raise UnknownModel(
            f"The model `{name}` names the provider `{provider.name}`, which is disabled. {_how_to_enable(provider)}",
            param="model",
        )
    if provider.problem:
        raise UnknownModel(
            f"The model `{name}` names the provider `{provider.name}`, which is not configured: {provider.problem}",
            param="model",
        )
    return Planned(provider, model, "named by its prefix")


def _explain(catalogue: Catalogue, name: str) -> str:
    message = f"The model `{name[:200]}` does not exist or no enabled provider has it."
    sleeping = [provider for provider in catalogue.providers.values() if _could_serve(provider, name)]
    if sleeping:
        return f"{message} {_how_to_enable(sleeping[0])}"
    near = get_close_matches(name[:100], list(_near_candidates(catalogue, name)), n=3, cutoff=0.6)
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


def _near_candidates(catalogue: Catalogue, name: str) -> Iterator[str]:
    """Known names that share a beginning or are of like length, at most ``NEAR_CANDIDATES``."""
    start, given = name[:2].lower(), 0
    for model in catalogue.by_model:
        if abs(len(model) - len(name)) <= 4 or model[:2].lower() == start:
            yield model
            given += 1
            if given >= NEAR_CANDIDATES:
                return
