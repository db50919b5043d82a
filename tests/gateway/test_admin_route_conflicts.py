"""What the admin is told of routes: names they hide, targets that cannot answer, circles of names."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.routing.conflicts import RouteFacts, TargetFacts, conflicts, cycle, mode_conflicts
from providers.catalogue import Catalogue
from tests.gateway.harness import provider

OPENAI = provider("openai", vendor_slug="openai", models=["gpt-4o", "gpt-4o-mini"])
AZURE = provider("azure", vendor_slug="openai_compatible", models=["gpt-4o"])
OFF = provider("groq", vendor_slug="groq", models=["llama-3"], dispatch="off")
BROKEN = provider("mistral", vendor_slug="mistral", models=["small"], problem="It has no token.")
CATALOGUE = Catalogue(providers={one.name: one for one in (OPENAI, AZURE, OFF, BROKEN)})


def route(name: str, *targets: str, **more: object) -> RouteFacts:
    """A target with ``@`` is a provider's (``gpt-4o@openai``); without, it is any name."""
    places = tuple(TargetFacts(model=model, provider=at) for model, _, at in (one.partition("@") for one in targets))
    return RouteFacts(name=name, targets=places, **more)  # type: ignore[arg-type]


def told(one: RouteFacts, *others: RouteFacts, default_backend: str = "") -> list[tuple[str, str]]:
    return [tuple(found) for found in conflicts(one, others, CATALOGUE, default_backend=default_backend)]


def test_a_route_with_a_good_target_has_nothing_to_tell() -> None:
    assert told(route("smart", "gpt-4o@openai", "openai:gpt-4o-mini", "gpt-4o")) == []


def test_a_route_named_like_a_model_hides_it_and_that_is_only_a_note_where_the_model_is_its_target() -> None:
    [(level, text)] = told(route("gpt-4o", "gpt-4o-mini@openai"))
    assert (level, text) == (
        "warning",
        "It hides the model “gpt-4o” of azure and openai: calls to that name come here.",
    )
    [(level, _)] = told(route("gpt-4o", "gpt-4o@openai", "gpt-4o@azure"))
    assert level == "note"


def test_a_wildcard_counts_the_models_it_hides() -> None:
    [(level, text)] = told(route("gpt-*", "gpt-4o@openai"))
    assert (level, text) == ("warning", "It hides 2 models: gpt-4o and gpt-4o-mini.")


@pytest.mark.parametrize("name", ["ext-openai-x", "openai:fast", "openai/x", "groq:*", "ext-*", "OPENAI:gpt"])
def test_a_name_with_a_providers_prefix_is_told(name: str) -> None:
    assert any("prefix" in text for _, text in told(route(name, "gpt-4o@openai")))


def test_targets_that_cannot_be_called_are_left_out_and_all_of_them_are_an_error() -> None:
    bad = ("llama-3@groq", "small@mistral", "x@nowhere", "nothing-such", "groq/llama-3", "auto:code")
    found = told(route("mixed", *bad, "gpt-4o@openai"))
    assert [level for level, _ in found] == ["warning"] * len(bad)
    texts = " ".join(text for _, text in found)
    for part in (
        "groq:llama-3: the provider groq is off",
        "groq/llama-3: the provider groq is off",
        "the provider mistral is not configured. It has no token.",
        "there is no provider nowhere",
        "Nothing is called “nothing-such”",
        "“auto:code” cannot be a target",
    ):
        assert part in texts
    assert told(route("lost", *bad))[0] == ("error", "None of its targets can be called: calls to it fail.")


def test_a_model_its_provider_does_not_list_is_a_warning() -> None:
    for target in ("gpt-9@openai", "openai:gpt-9"):
        [(level, text)] = told(route("new", target))
        assert level == "warning" and "openai lists no such model" in text


def test_an_unknown_name_goes_to_the_default_backend_where_there_is_one() -> None:
    assert told(route("new", "gpt-9"))[0][0] == "error"
    assert told(route("new", "gpt-9"), default_backend="openai") == []


def test_a_route_without_targets_fails_unless_it_is_scored_over_everything() -> None:
    assert told(route("empty")) == [("error", "It has no targets: calls to it fail.")]
    assert told(route("best", strategy="auto")) == []


def test_a_circle_of_names_is_found_over_several_routes() -> None:
    a, b, c = route("a", "gpt-4o", "b"), route("b", "c"), route("c", "gpt-4o@openai", "a")
    assert cycle(a, [a, b, c]) == ("a", "b", "c", "a")
    assert told(a, b, c)[0] == ("error", "Its names lead in a circle: a → b → c → a.")
    assert cycle(a, [b, route("c", "gpt-4o@openai")]) == ()


def test_a_circle_through_a_wildcard_is_found_only_where_every_name_goes_round() -> None:
    assert cycle(route("*", "*"), []) == ("*", "*")
    assert cycle(route("x-*", "*"), []) == ()
    assert cycle(route("x-*", "y-*"), [route("y-*", "x-*")]) == ("x-*", "y-*", "x-*")
    assert cycle(route("backup", "llama"), [route("*", "backup")]) == ("backup", "llama", "backup")


def test_a_disabled_route_takes_no_names() -> None:
    assert cycle(route("a", "b"), [route("b", "a", enabled=False)]) == ()


def test_wildcards_say_which_of_two_goes_first() -> None:
    longer, shorter = route("gpt-4*", "gpt-4o@openai"), route("gpt-*", "gpt-4o@openai")
    assert ("note", "It comes before the route “gpt-*” where both match: its fixed part is longer.") in told(
        longer, shorter
    )
    assert ("note", "The route “gpt-4*” comes before it where both match: its fixed part is longer.") in told(
        shorter, longer
    )
    assert ("warning", "It and the route “*b” match the same names; “*b” takes them.") in told(
        route("a*", "gpt-4o@openai"), route("*b", "gpt-4o@openai")
    )
    assert told(route("x*", "gpt-4o@openai"), route("y*", "gpt-4o@openai")) == []


def test_an_exact_name_goes_before_a_wildcard() -> None:
    assert ("note", "It comes before the route “sm*”, which matches its name too.") in told(
        route("smart", "gpt-4o@openai"), route("sm*", "gpt-4o@openai")
    )


def test_a_fallback_that_is_the_route_itself_or_leads_nowhere_is_told() -> None:
    [(level, text)] = told(route("a", "gpt-4o@openai", context_fallback="a"))
    assert level == "error" and "this route again" in text
    [(level, text)] = told(route("a", "gpt-4o@openai", content_fallback="nothing-such"))
    assert level == "warning" and "Nothing is called" in text


def test_a_saved_route_is_not_compared_with_what_it_was() -> None:
    assert told(route("a", "gpt-4o@openai", id=7), route("a", "b", id=7)) == []


def test_two_exclusive_providers_of_one_model_are_told() -> None:
    claiming = [provider(name, models=["m", name], dispatch="exclusive") for name in ("one", "two")]
    [found] = mode_conflicts(Catalogue(providers={one.name: one for one in claiming}))
    assert found.text == "one and two are exclusive and all have m: only one of them gets it."
    assert mode_conflicts(CATALOGUE) == []


NAMES = st.sampled_from(["a", "b", "c", "*", "a*", "*b", "ab*"])


@given(st.dictionaries(NAMES, st.lists(NAMES, max_size=3), min_size=1, max_size=5))
def test_every_circle_that_is_told_begins_at_the_route_and_ends_where_it_was(names: dict[str, list[str]]) -> None:
    routes = [route(name, *targets) for name, targets in names.items()]
    for one in routes:
        way = cycle(one, routes)
        assert not way or (way[0] == one.name and len(way) > 1)
        conflicts(one, routes, CATALOGUE)  # ends, and raises nothing
