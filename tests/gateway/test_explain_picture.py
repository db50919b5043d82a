"""The picture of a plan: its story in words and bars."""

from __future__ import annotations

from typing import Any

import pytest
from django.template.loader import render_to_string
from hypothesis import given
from hypothesis import strategies as st

from gateway.explain.picture import NOT_TRIED, Fate, Picture, picture
from tests.gateway.explain_cast import STORY


def drawn(story: dict[str, Any] = STORY, **more: Any) -> Picture:
    found = picture(story, **more)
    assert found is not None
    return found


def html(story: dict[str, Any] = STORY, **more: Any) -> str:
    return render_to_string("admin/gateway/plan.html", {"plan": drawn(story, **more)})


def test_it_says_how_the_target_was_chosen() -> None:
    plan = drawn()
    assert plan.names == ("smart", "smart-2")
    assert plan.said == "Its targets are scored for each request. It looks for: code (judged from the request itself)."
    assert [word for word, _, _ in plan.chips] == [
        "sees images", "calls tools", "≈ 1,240 input", "conversation 9f2c0011", "stays where it was",
    ]  # fmt: skip


def test_the_bar_of_a_score_is_its_parts_by_their_weights_and_adds_up_to_it() -> None:
    place = drawn().places[0]
    assert [(part.name, part.left, part.width) for part in place.segments] == [
        ("capability", 0.0, 36.0), ("cost", 36.0, 21.0), ("performance", 57.0, 16.0), ("availability", 73.0, 10.0),
    ]  # fmt: skip
    assert sum(part.width for part in place.segments) == pytest.approx(83.0)
    assert place.told.startswith("Score 0.83: capability 0.90 × 40%")


def test_a_target_tells_what_was_measured_and_its_price() -> None:
    assert drawn().places[0].facts == (
        "first byte 420 ms", "whole answer 3.10 s", "62 units/s", "2% failed", "3 in flight", "$2.5 → $10 a million",
        "weight 2",
    )  # fmt: skip


def test_who_was_left_out_and_what_happens_next_is_told() -> None:
    plan = drawn()
    assert plan.dropped == (("groq", "llama-3", "does not take images"),)
    assert plan.dropped_count == 4
    assert ("When all else fails", "→ ollama:llama3.2") in plan.after
    assert ("Without a byte the next target is tried after", "2.00 s") in plan.after


def test_what_became_of_a_target_is_told_where_a_call_was_made() -> None:
    assert drawn().places[0].fate is None
    fates = {("openai", "gpt-4o"): Fate("failed", "red", "overloaded")}
    assert [place.fate for place in drawn(fates=fates).places] == [fates["openai", "gpt-4o"], NOT_TRIED]


def test_a_single_target_is_said_to_be_no_choice() -> None:
    story = {"name": "gpt-4o", "how": "exact", "targets": [{"provider": "openai", "model": "gpt-4o"}]}
    assert drawn(story).said == "One target answers to the name; there was nothing to choose."
    assert not drawn(story).scored


def test_the_drawing_has_words_for_those_who_see_no_bars() -> None:
    page = html()
    assert 'role="img" aria-label="Score 0.83: capability 0.90 × 40%' in page
    assert "sb-part-performance" in page and "Left out" in page and "and 3 more" in page


def test_names_are_escaped() -> None:
    page = html({"name": "<script>x</script>", "how": "route", "targets": [{"provider": "<b>", "model": "<i>"}]})
    assert "<script>" not in page and "<b>" not in page.replace('<b class="sb-strong">', "")


def test_nothing_is_drawn_where_nothing_was_chosen() -> None:
    assert picture({}) is None and picture(None) is None and picture([1]) is None


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(sorted(STORY)), inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.sampled_from(sorted(STORY)), VALUES))
def test_a_story_of_another_version_is_drawn_as_far_as_it_goes(changed: dict[str, Any]) -> None:
    plan = picture({**STORY, **changed})
    assert plan is None or render_to_string("admin/gateway/plan.html", {"plan": plan})
