"""A target as scores see it: facts and prices as plain numbers, and how strong its model is thought to be.

Nobody publishes a model's class in a form that can be relied on, so that it is taken from what there is, in this order:

1. its price: vendors price their stronger models higher, so the logarithm of the price places a model between the
   smallest and the largest of the market. One model at several providers is one class, at the mean of their prices;
2. for models without a price, or free ones: the size its name tells ("70b"), then words of its name ("mini", "opus").

Models that reason are placed a little higher. All this is a hint: an admin who knows better names a route's targets.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import urlsplit

from providers.catalogue import Catalogue, CompiledProvider
from providers.facts import ModelFacts, guess_mode

ANSWERING = frozenset({"chat", "responses"})
CHEAPEST_CLASS, DEAREST_CLASS = 0.05, 30.0  # USD for a million units, the mean of input and output
REASONS = 0.06
UNKNOWN_CLASS, SMALL_CLASS, STRONG_CLASS = 0.42, 0.3, 0.65
SMALL = frozenset({"mini", "nano", "flash", "lite", "small", "tiny", "micro", "haiku", "instant", "air"})
STRONG = frozenset({"opus", "ultra", "max", "large", "pro", "plus"})
SPECIAL = frozenset(
    {
        *(
            "guard",
            "safeguard",
            "safety",
            "moderation",
            "ocr",
            "tts",
            "asr",
            "whisper",
            "transcribe",
            "image",
            "imagen",
        ),
        *("video", "embed", "embedding", "rerank", "realtime", "base", "translate", "mt", "reward"),
    }
)
FOR_CODE = re.compile(r"(?:^|[^a-z])(?:code[rx]?|coding|codestral|devstral|codegemma|starcoder\d*)(?:$|[^a-z])")
SIZE = re.compile(r"(?:^|[^a-z0-9.])(\d{1,4}(?:\.\d{1,2})?)b(?:$|[^a-z0-9])")
NOT_LETTERS = re.compile(r"[^a-z0-9]+")
NEVER, WAITING, USUAL = 2, 1, 0
PRIVATE_ENDINGS = (".localhost", ".local", ".internal", ".lan", ".home.arpa")
SIMULATION, FALLBACK = "simulation", "fallback"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Candidate:
    """``strength``: the class of the model, 0..1. Prices are USD for a million units, and for one request; ``None`` is
    unknown. ``tier``: 0 is usual, 1 for providers that only stand in for others, 2 for simulated ones."""

    provider: CompiledProvider
    model: str
    strength: float
    window: int | None = None
    vision: bool | None = None
    tools: bool | None = None
    json_schema: bool | None = None
    audio: bool | None = None
    input_price: float | None = None
    output_price: float | None = None
    request_price: float = 0.0
    local: bool = False
    for_code: bool = False
    special: bool = False
    tier: int = 0


def candidates_of(catalogue: Catalogue) -> list[Candidate]:
    """Every model that answers chats, at every active provider. What a provider has for itself alone is left out, there
    and wherever else it is, also while that provider cannot be called."""
    providers = [one for one in catalogue.providers.values() if one.active]
    kept_apart = {model for one in catalogue.providers.values() if one.dispatch == "exclusive" for model in one.models}
    places = [
        (provider, model)
        for provider in providers
        if provider.dispatch != "exclusive"
        for model in sorted(provider.models - kept_apart)
        if _answers(provider.facts_of(model), model)
    ]
    classes = _classes(places)
    return [candidate(provider, model, strength=classes[_family(model)]) for provider, model in places]


def candidate(provider: CompiledProvider, model: str, *, strength: float | None = None) -> Candidate:
    """``strength``: of the model among all providers that have it; else it is judged from this one alone."""
    facts = provider.facts_of(model)
    able, price = facts.capabilities, facts.price
    name = _family(model)
    words = set(NOT_LETTERS.split(name))
    return Candidate(
        provider=provider,
        model=model,
        strength=_classes([(provider, model)])[name] if strength is None else strength,
        window=facts.context_window,
        vision=able.vision,
        tools=able.tools,
        json_schema=able.structured_output,
        audio=able.audio,
        input_price=_number(price.input if price else None),
        output_price=_number(price.output if price else None),
        request_price=_number(price.request if price else None) or 0.0,
        local=is_local(provider),
        for_code=FOR_CODE.search(name) is not None,
        special=not SPECIAL.isdisjoint(words),
        tier=_tier(provider),
    )


def is_local(provider: CompiledProvider) -> bool:
    """Whether it runs on one's own machines: a vendor for that, called where the public is not."""
    if provider.answers is not None:
        return False
    host = urlsplit(provider.base_url).hostname or ""
    if is_private(host):
        return True
    return provider.vendor.kind == "local" and not _is_public(provider)


def is_private(host: str) -> bool:
    """Whether a host name means this machine or a network of one's own."""
    try:
        address = ip_address(host)
    except ValueError:
        return bool(host) and ("." not in host or host.endswith(PRIVATE_ENDINGS))  # localhost, a container, a machine
    return address.is_private or address.is_loopback or address.is_link_local


def _is_public(provider: CompiledProvider) -> bool:
    """A local vendor's own cloud (ollama.com): reached over the network, with a key."""
    host = urlsplit(provider.base_url).hostname or ""
    own = NOT_LETTERS.sub("", provider.vendor.slug)
    return own in host.replace("-", "").replace(".", " ").split()[-2:-1]


def _answers(facts: ModelFacts, model: str) -> bool:
    return (facts.mode or guess_mode(model)) in ANSWERING


def _tier(provider: CompiledProvider) -> int:
    if provider.vendor.kind == SIMULATION:
        return NEVER
    return WAITING if provider.dispatch == FALLBACK else USUAL


def _family(model: str) -> str:
    """What a model is called by whoever serves it: ``openai/GPT-OSS-120b`` and ``gpt-oss-120b`` are one."""
    return model.rpartition("/")[2].lower().removesuffix(":free")


def _classes(places: Iterable[tuple[CompiledProvider, str]]) -> dict[str, float]:
    """By family."""
    logs: dict[str, list[float]] = {}
    reasoning: set[str] = set()
    for provider, model in places:
        facts = provider.facts_of(model)
        name = _family(model)
        found = logs.setdefault(name, [])
        price = _class_price(facts)
        if price:
            found.append(math.log(price))
        if facts.capabilities.reasoning:
            reasoning.add(name)
    return {
        name: min(1.0, max(0.0, _placed(found) if found else _by_name(name)) + REASONS * (name in reasoning))
        for name, found in logs.items()
    }


def _class_price(facts: ModelFacts) -> float:
    price = facts.price
    known = [float(one) for one in (price.input, price.output) if one] if price else []
    return sum(known) / len(known) if known else 0.0


def _placed(logs: list[float]) -> float:
    lowest = math.log(CHEAPEST_CLASS)
    return (sum(logs) / len(logs) - lowest) / (math.log(DEAREST_CLASS) - lowest)


def _by_name(name: str) -> float:
    size = SIZE.search(name)
    if size is not None:
        return 0.05 + 0.06 * math.log2(max(1.0, float(size[1])))
    words = set(NOT_LETTERS.split(name))
    if not SMALL.isdisjoint(words):
        return SMALL_CLASS
    return UNKNOWN_CLASS if STRONG.isdisjoint(words) else STRONG_CLASS


def _number(value: object) -> float | None:
    return None if value is None else float(value)  # type: ignore[arg-type]
