"""From a model name to its targets: order, prefixes, refusals."""

from __future__ import annotations

import itertools
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.errors import UnknownModel
from gateway.routing import names
from gateway.routing.compiled import NO_ROUTES
from gateway.routing.targets import Planned
from providers.catalogue import ANONYMOUS, Catalogue, CompiledProvider, fold_name
from providers.vendors import ModelFact, Vendor, all_vendors


def provider(
    name: str,
    *models: str,
    priority: int = 100,
    enabled: bool = True,
    problem: str = "",
    prefixes: tuple[str, ...] = (),
    shipped: tuple[str, ...] = (),
) -> CompiledProvider:
    vendor = Vendor(
        slug=name, name=name, kind="cloud", prefixes=prefixes, models=tuple(ModelFact(id=one) for one in shipped)
    )
    return CompiledProvider(
        id=sum(map(ord, name)),
        name=name,
        vendor=vendor,
        wire=None,  # type: ignore[arg-type]
        dispatch="pooled" if enabled else "off",
        problem=problem,
        priority=priority,
        models=frozenset(models),
        tokens=(ANONYMOUS,),
    )


def resolve(among: Catalogue, name: str) -> tuple[Planned, ...]:
    group = names.resolve(among, NO_ROUTES, name).group
    assert group is not None
    return tuple(group.targets())


def catalogue(*providers: CompiledProvider) -> Catalogue:
    return Catalogue(providers={one.name: one for one in providers})


CAST = catalogue(
    provider("openai", "gpt-5.5", "gpt-5.4-mini"),
    provider("groq", "openai/gpt-oss-120b", "llama-3.3-70b"),
    provider("lead_worker", "planner", prefixes=("ext-leadworker-",)),
    provider("atlas", "cohere/command-r", prefixes=("atlas-",)),
    provider("lead", "planner"),
    provider("ollama", "llama3:8b"),
    provider("second_openai", "gpt-5.5", priority=10),
    provider("asleep", "dreamer", enabled=False, shipped=("sleeper",)),
    provider("broken", "cracked", problem="It has no token."),
)


@pytest.mark.parametrize(
    ("name", "where", "model"),
    [
        ("gpt-5.4-mini", "openai", "gpt-5.4-mini"),
        ("gpt-5.5", "second_openai", "gpt-5.5"),  # the lowest priority number
        ("openai/gpt-oss-120b", "groq", "openai/gpt-oss-120b"),  # an exact id comes before <provider>/<model>
        ("openai:gpt-oss-120b", "openai", "gpt-oss-120b"),  # unknown to the catalogue: passed on
        ("openai/unheard-of", "openai", "unheard-of"),
        ("ext-leadworker-planner", "lead_worker", "planner"),
        ("ext-lead-worker-planner", "lead_worker", "planner"),  # the longest match wins over ext-lead-
        ("ext-lead_worker-planner", "lead_worker", "planner"),
        ("EXT-Lead-Worker-Planner", "lead_worker", "Planner"),
        ("ext-lead-planner", "lead", "planner"),
        ("atlas-cohere/command-r", "atlas", "cohere/command-r"),
        ("lead-worker:planner", "lead_worker", "planner"),
        ("ollama:llama3:8b", "ollama", "llama3:8b"),
        ("llama3:8b", "ollama", "llama3:8b"),
        ("second-openai/gpt-5.5", "second_openai", "gpt-5.5"),
    ],
)
def test_a_name_finds_its_provider_and_model(name: str, where: str, model: str) -> None:
    best = resolve(CAST, name)[0]
    assert (best.provider.name, best.target.model) == (where, model)


def test_an_exact_id_at_several_providers_lists_them_by_priority() -> None:
    assert [one.provider.name for one in resolve(CAST, "gpt-5.5")] == ["second_openai", "openai"]


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("gpt-5.4-mimi", "gpt-5.4-mini"),
        ("sleeper", "ASLEEP_ENABLED=1"),
        ("dreamer", "asleep"),
        ("asleep:anything", "is off"),
        ("ext-broken-cracked", "It has no token."),
        ("no such thing at all", "/v1/models"),
        ("openai:", "/v1/models"),
        (":", "/v1/models"),
    ],
)
def test_an_unknown_name_is_refused_with_what_helps(name: str, says: str) -> None:
    with pytest.raises(UnknownModel, match="model") as refusal:
        resolve(CAST, name)
    assert says in refusal.value.message
    assert refusal.value.param == "model"


@given(st.text(max_size=60))
def test_any_text_is_resolved_or_refused(name: str) -> None:
    try:
        planned = resolve(CAST, name)
    except UnknownModel:
        return
    assert planned and all(one.target.model for one in planned)


def test_no_two_vendors_prefixes_collide() -> None:
    """A prefix that is another's own, or another's prefix with a model name behind it that could be the first's."""
    prefixes = {}
    for vendor in all_vendors().values():
        whole = [f"ext-{vendor.slug}-", f"{vendor.slug}:", f"{vendor.slug}/", *vendor.prefixes]
        for prefix in dict.fromkeys(fold_name(one) for one in whole):
            assert prefix not in prefixes, f"{prefix} belongs to {prefixes[prefix]} and {vendor.slug}"
            prefixes[prefix] = vendor.slug
    for (short, owner), (long, other) in itertools.permutations(prefixes.items(), 2):
        if owner != other and long.startswith(short):
            swallowed = long[len(short) :].rstrip("-:/")
            ids = {fold_name(model.id) for model in all_vendors()[owner].models}
            assert swallowed not in ids, f"{short}{swallowed} could mean {owner} or {other}"


def test_a_vendors_other_names_lead_to_its_own_provider_only() -> None:
    facts = Vendor(slug="google", name="Google", kind="cloud", aliases=("gemini",))
    google, second = (replace(provider(name), vendor=facts) for name in ("google", "backup"))

    both = catalogue(google, second)
    assert resolve(both, "gemini:gemini-3.8-flash")[0].provider is google
    assert resolve(both, "ext-gemini-gemini-3.8-flash")[0].provider is google
    assert resolve(both, "backup/gemini-3.8-flash")[0].provider is second
