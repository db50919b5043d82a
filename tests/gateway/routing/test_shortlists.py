"""Who is chosen from the catalogue, who is left out and why, and in what order."""

from __future__ import annotations

import time
from random import Random

import pytest

from gateway.routing.ranking import MOST_TARGETS, TRIED_SHARE, Ranked
from gateway.routing.rules import GOALS_OWN, Weights
from gateway.routing.shortlists import Shortlists
from gateway.routing.traits import Traits
from providers.catalogue import Catalogue, CompiledProvider
from tests.gateway.routing.cast import NOW, Fixed, Moment, Seen, Stop, catalogue, facts, provider
from tests.simulator.planning import large_catalogue, measured_moment, usual_traits


def choose(
    found: Catalogue,
    goal: str = "balanced",
    traits: Traits = Traits(input=500),
    weights: Weights = GOALS_OWN,
    **now: object,
) -> Ranked:
    return Shortlists(found).choose(goal, traits, weights, Moment(found, **now))  # type: ignore[arg-type]


def named(ranked: Ranked) -> list[str]:
    return [placed.provider.name for placed in ranked.targets]


def reasons(ranked: Ranked) -> dict[str, tuple[str, str]]:
    return {one.provider.name: (one.code, one.reason) for one in ranked.dropped}


CHEAP = provider("cheap", {"small-1": facts((0.1, 0.3), tools=True)})
MIDDLE = provider("middle", {"middle-1": facts((1, 4), tools=True, vision=True)})
DEAR = provider("dear", {"large-1": facts((10, 50), tools=True, vision=True, audio=True, reasoning=True)})
THREE = catalogue(CHEAP, MIDDLE, DEAR)


def test_the_goal_decides_who_is_first() -> None:
    assert named(choose(THREE, "simple"))[0] == "cheap"
    assert named(choose(THREE, "cheapest"))[0] == "cheap"
    assert named(choose(THREE, "balanced"))[0] == "middle"
    assert named(choose(THREE, "balanced", weights=Weights(1, 0, 0, 0)))[0] == "dear"
    assert named(choose(THREE, "fastest", seen={"dear": Seen(throughput=400.0)}))[0] == "dear"


def test_every_target_has_its_score_and_reason() -> None:
    found = choose(THREE)
    totals = [placed.score.total for placed in found.targets]
    assert totals == sorted(totals, reverse=True)
    assert found.targets[0].reason.endswith("the best of 3") and "2nd of 3" in found.targets[1].reason
    weights = Shortlists(THREE).weights_of("balanced")
    for placed in found.targets:
        parts = placed.score[1:5]
        assert placed.score.total == pytest.approx(sum(w * p for w, p in zip(weights, parts, strict=True)))


def test_an_unknown_price_is_told() -> None:
    found = choose(catalogue(provider("quiet", {"m-1": facts(tools=True)})))
    assert "its price is not known" in found.targets[0].reason


# --- needs -----------------------------------------------------------------------------------------


def test_whoever_lacks_what_is_needed_is_left_out() -> None:
    blind = provider("blind", {"m-1": facts((1, 4), vision=False, tools=False, structured_output=False, audio=False)})
    able = provider("able", {"m-2": facts((1, 4), vision=True, tools=True, structured_output=True, audio=True)})
    for need in ("vision", "tools", "json_schema", "audio"):
        found = choose(catalogue(blind, able), traits=Traits(input=100, **{need: True}))
        assert named(found) == ["able"] and reasons(found)["blind"][0] == need


def test_unknown_is_trusted_for_tools_and_schemas_but_not_for_pictures_and_sound() -> None:
    quiet = provider("quiet", {"m-1": facts((1, 4))})
    able = provider("able", {"m-2": facts((1, 4), vision=True, tools=True, structured_output=True, audio=True)})
    both = catalogue(quiet, able)
    assert set(named(choose(both, traits=Traits(tools=True, json_schema=True)))) == {"quiet", "able"}
    for need in ("vision", "audio"):
        found = choose(both, traits=Traits(**{need: True}))
        assert named(found) == ["able"] and "not known" in reasons(found)["quiet"][1]
        assert named(choose(catalogue(quiet), traits=Traits(**{need: True}))) == ["quiet"]  # nobody is known to


def test_a_window_must_hold_the_input_and_the_answer_asked_for() -> None:
    narrow = provider("narrow", {"m-1": facts((1, 4), window=32_000)})
    wide = provider("wide", {"m-2": facts((1, 4), window=200_000)})
    quiet = provider("quiet", {"m-3": facts((1, 4), window=None)})
    every = catalogue(narrow, wide, quiet)
    assert set(named(choose(every, traits=Traits(input=2000)))) == {"narrow", "wide", "quiet"}
    for traits in (Traits(input=30_000), Traits(input=20_000, output=16_000), Traits(input=100_000)):
        found = choose(every, traits=traits)
        assert named(found) == ["wide"]
        assert reasons(found)["narrow"][0] == reasons(found)["quiet"][0] == "input"
    assert named(choose(every, traits=Traits(input=190_000))) == []
    assert named(choose(catalogue(narrow, quiet), traits=Traits(input=90_000))) == ["quiet"]


def test_a_need_that_few_meet_is_met_in_a_large_catalogue() -> None:
    many = [provider(f"p{one}", {f"strong-{one}": facts((5, 20), vision=False)}) for one in range(200)]
    weak = provider("weak", {"tiny-vision": facts((0.05, 0.1), vision=True)})
    found = choose(catalogue(*many, weak), "code", Traits(input=100, vision=True))
    assert named(found) == ["weak"]
    assert len(found.dropped) == MOST_TARGETS and found.more_dropped == 201 - 1 - MOST_TARGETS


def test_local_only_is_local_only() -> None:
    home = provider("home", {"llama-8b": facts()}, kind="local", base_url="http://localhost:11434")
    found = choose(catalogue(DEAR, MIDDLE, home), "local")
    assert named(found) == ["home"] and not found.dropped
    none = choose(THREE, "local")
    assert none.targets == [] and {code for code, _ in reasons(none).values()} == {"local"}


# --- who counts at all -------------------------------------------------------------------------------


def test_only_active_providers_and_models_that_answer_are_candidates() -> None:
    off = provider("off", {"m-1": facts((1, 4))}, dispatch="off")
    broken = provider("broken", {"m-2": facts((1, 4))}, problem="It has no token.")
    words = {
        "embed-1": facts((1, 4), mode="embedding"),
        "m-3": facts((1, 4), mode="responses"),
        "bge-m3": facts(mode=None),
    }
    found = choose(catalogue(off, broken, provider("on", words)))
    assert [(one.provider.name, one.model) for one in found.targets] == [("on", "m-3")]


def test_what_a_provider_has_for_itself_is_nobodys_for_auto() -> None:
    alone = provider("alone", {"shared": facts((1, 4))}, dispatch="exclusive")
    other = provider("other", {"shared": facts((1, 4)), "own": facts((1, 4))})
    assert [(one.provider.name, one.model) for one in choose(catalogue(alone, other)).targets] == [("other", "own")]


def test_stand_ins_come_after_all_others_and_simulated_ones_last() -> None:
    standing = provider("standing", {"m-1": facts((0.1, 0.2))}, dispatch="fallback")
    usual = provider("usual", {"m-2": facts((20, 90))})
    demo = provider("demo", {"m-3": facts((0, 0))}, kind="simulation")
    assert named(choose(catalogue(standing, demo, usual), "cheapest")) == ["usual", "standing", "demo"]
    assert named(choose(catalogue(demo))) == ["demo"]


def test_a_key_is_only_given_what_it_may_call() -> None:
    shortlists = Shortlists(THREE)
    asked: list[str] = []

    def allowed(one: CompiledProvider, model: str) -> bool:
        asked.append(model)
        return model == "small-1"

    def chosen(scope: object) -> Ranked:
        return shortlists.choose("code", Traits(), GOALS_OWN, Moment(THREE), allowed=allowed, scope=scope)  # type: ignore[arg-type]

    assert named(chosen(None)) == ["cheap"] == named(chosen(("small-*",)))
    count = len(asked)
    assert named(chosen(("small-*",))) == ["cheap"] and len(asked) == count  # kept, by what stands for the key
    nothing = shortlists.choose("code", Traits(), GOALS_OWN, Moment(THREE), allowed=lambda one, model: False)
    assert nothing.targets == [] and {one.code for one in nothing.dropped} == {"key"}
    assert len(named(shortlists.choose("code", Traits(), GOALS_OWN, Moment(THREE)))) == 3


# --- the moment ------------------------------------------------------------------------------------


def test_an_open_breaker_leaves_a_target_out_and_says_how_long() -> None:
    found = choose(THREE, stops={"middle": Stop()})
    assert "middle" not in named(found)
    (left,) = found.dropped
    assert (left.code, left.reason, left.wait) == ("breaker", "5 of 5 calls failed", 10)


def test_whose_tokens_all_rest_is_last_and_still_there() -> None:
    found = choose(THREE, shares={"middle": 0.0})
    assert named(found)[-1] == "middle" and "its tokens rest" in found.targets[-1].reason


@pytest.mark.parametrize("goal", ["balanced", "cheapest", "simple", "fastest"])
def test_a_failing_cheap_provider_is_left(goal: str) -> None:
    failing = provider("failing", {"m-1": facts((0, 0))})
    well = provider("well", {"m-2": facts((5, 20))})
    both = catalogue(failing, well)
    assert named(choose(both, goal, seen={"failing": Seen(throughput=500.0)}))[0] == "failing" or goal == "balanced"
    for seen in (Seen(calls=30, failure_rate=0.6, throughput=500.0), Seen(in_a_row=3, throughput=500.0)):
        found = choose(both, goal, seen={"failing": seen})
        assert named(found) == ["well", "failing"] and "behind: " in found.targets[1].reason


def test_one_not_heard_of_lately_is_tried_in_a_few_requests() -> None:
    known = Seen(throughput=60.0)
    twins = catalogue(provider("a", {"m-1": facts((1, 4))}), provider("b", {"m-2": facts((1, 4.4))}))
    usual = {"a": known, "b": Seen(throughput=30.0, last_at=NOW - 120)}
    assert named(choose(twins, seen=usual, random=Fixed(0.9)))[0] == "a"
    tried = choose(twins, seen=usual, random=Fixed(0.0))
    assert named(tried) == ["b", "a"] and "tried to hear how it does now" in tried.targets[0].reason
    for other in (usual["b"]._replace(last_at=NOW - 5), usual["b"]._replace(in_flight=1)):
        assert named(choose(twins, seen={**usual, "b": other}, random=Fixed(0.0)))[0] == "a"


def test_one_that_could_not_be_better_is_not_tried() -> None:
    dear = provider("dearest", {"m-2": facts((100, 400))})
    found = catalogue(CHEAP, dear)
    assert named(choose(found, "cheapest", seen={"cheap": Seen()}, random=Fixed(0.0)))[0] == "cheap"


def test_a_recovered_provider_is_noticed() -> None:
    both = catalogue(provider("a", {"m-1": facts((1, 4))}), provider("b", {"m-2": facts((2, 8))}))
    failed = Seen(calls=30, failure_rate=0.8, last_at=NOW - 60)
    assert named(choose(both, seen={"a": failed, "b": Seen()}, random=Fixed(0.5)))[0] == "b"
    assert named(choose(both, seen={"a": failed, "b": Seen()}, random=Fixed(0.0)))[0] == "a"


def test_tries_stay_a_small_share() -> None:
    twins = catalogue(*(provider(f"p{one}", {f"m-{one}": facts((1, 4))}) for one in range(5)))
    shortlists, random = Shortlists(twins), Random(3)
    seen = {f"p{one}": Seen(throughput=60.0 - one, last_at=NOW - 600) for one in range(5)}
    moment = Moment(twins, seen=seen, random=random)
    chosen = [shortlists.choose("simple", Traits(input=50), GOALS_OWN, moment).targets[0] for _ in range(3000)]
    share = sum(placed.provider.name != "p0" for placed in chosen) / 3000
    assert 0 < share <= TRIED_SHARE * 1.3


def test_accounts_at_one_vendor_share_a_models_calls_by_weight() -> None:
    first = provider("first", {"m-1": facts((1, 4))}, slug="acme", weight=3)
    second = provider("second", {"m-1": facts((1, 4))}, slug="acme", weight=1)
    both = catalogue(first, second)
    shortlists, moment = Shortlists(both), Moment(both, seen={"first": Seen(), "second": Seen()}, random=Random(5))
    chosen = [shortlists.choose("balanced", Traits(), GOALS_OWN, moment).targets[0].provider.name for _ in range(2000)]
    assert 0.7 < chosen.count("first") / 2000 < 0.8


# --- routes over a few targets ---------------------------------------------------------------------


def test_rank_keeps_all_that_were_named() -> None:
    stranger = provider("stranger", {"m": facts((1, 4))})
    every = catalogue(CHEAP, MIDDLE, stranger)
    places = [(CHEAP, "small-1"), (MIDDLE, "middle-1"), (stranger, "unheard-of")]
    moment = Moment(every, stops={"middle": Stop()})
    found = Shortlists(catalogue(CHEAP, MIDDLE)).rank(places, "balanced", Traits(), GOALS_OWN, moment)
    assert set(named(found)) == {"cheap", "middle", "stranger"} and not found.dropped
    assert {one.model for one in found.targets} == {"small-1", "middle-1", "unheard-of"}


def test_rank_of_many_named_keeps_them_all() -> None:
    many = [provider(f"p{one}", {"m": facts((1, 4))}) for one in range(20)]
    every = catalogue(*many)
    found = Shortlists(every).rank([(one, "m") for one in many], "code", Traits(), GOALS_OWN, Moment(every))
    assert len(found.targets) == 20 and found.more_dropped == 0


# --- a large house ---------------------------------------------------------------------------------


def test_choosing_from_five_thousand_models_takes_less_than_a_millisecond() -> None:
    """The figures are printed by python -m tests.simulator.planning; this only catches a scan of everything."""
    shortlists = Shortlists(large_catalogue())
    moment = measured_moment(shortlists.candidates)
    asked = [(goal, traits) for goal in ("balanced", "code", "simple") for traits in usual_traits()]
    for goal, traits in asked:
        assert shortlists.choose(goal, traits, GOALS_OWN, moment).targets
    took = []
    for number in range(300):
        began = time.perf_counter()
        shortlists.choose(*asked[number % len(asked)], GOALS_OWN, moment)
        took.append(time.perf_counter() - began)
    assert sorted(took)[150] < 0.001


def test_one_provider_does_not_fill_a_shortlist() -> None:
    big = provider("big", {f"strong-{one}": facts((5, 20)) for one in range(100)})
    small = [provider(f"p{one}", {f"m-{one}": facts((4, 16))}) for one in range(5)]
    every = catalogue(big, *small)
    found = choose(every, "code", stops={"big": Stop()})
    assert set(named(found)) == {f"p{one}" for one in range(5)}
