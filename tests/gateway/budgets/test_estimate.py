"""The estimate that holds are made of is above what vendors counted: on recorded calls, where there are some."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.budgets.estimate import chat_estimate, embeddings_estimate, rerank_estimate
from gateway.budgets.text import text_units
from providers.errors import SwitchboardError
from providers.wires import wire
from tests.recorded.expected import Counted
from tests.recorded.placing import place, target_of, wire_of
from tests.recorded.records import FOLDER, Record, all_records, there
from tests.recorded.replaying import expected_of

# Above the estimate, for a reason that no app can bring about.
KEPT_THERE = "it names what Gemini keeps, which an app cannot say in OpenAI's dialect"
CITED = "it has documents to be cited, which an app cannot ask for in OpenAI's dialect"
KNOWN = {
    "gemini-fcde954c88": KEPT_THERE,
    "gemini-428043f9f3": KEPT_THERE,
    **dict.fromkeys(("bedrock-0e27ecd865", "bedrock-5401e4c8fe", "bedrock-b46834382b"), CITED),
    "ollama-89f7d4e2e6": "Ollama ran the model twice and counts both; nobody bills it",
}
LONG_PROMPTS = {"pollinations", "venice"}  # no vendors of ours; they put thousands of units before each request


def counted(record: Record) -> Counted | None:
    if record.failed or record.asked is None or place(record) is None:
        return None
    found = expected_of(record)
    return found.usage if not found.failed and found.usage and found.usage.input else None


def asked(record: Record) -> dict[str, Any] | None:
    """As an app asks for it: in OpenAI's or Anthropic's dialect."""
    body = {"model": record.model, **(record.asked or {})}
    if wire_of(record).dialect in ("openai", "anthropic"):
        return body
    try:
        call = wire_of(record).read_request(body)
        written: dict[str, Any] = json.loads(wire("openai").write_request(call, target_of(record)).content)
    except SwitchboardError:
        return None
    return written


def measured() -> Iterator[tuple[Record, int, int]]:
    """Recorded chats with what the vendor counted as input, and the hold's estimate."""
    for record in all_records():
        usage = counted(record) if record.vendor not in LONG_PROMPTS else None
        body = asked(record) if usage is not None else None
        if usage is not None and body is not None and usage.input is not None:
            yield record, usage.input, chat_estimate(body).units(record.model, window=None)


@pytest.mark.skipif(not there(), reason=f"the recorded traffic is not part of the project, and not in {FOLDER.name}")
def test_no_recorded_chat_had_more_input_than_is_held() -> None:
    rows = list(measured())
    above = [(record.id, used, held) for record, used, held in rows if used > held]
    print(f"{len(above)} of {len(rows)} recorded chats had more input than is held")  # noqa: T201
    assert len(rows) > 900
    assert {id for id, _, _ in above} <= KNOWN.keys(), above


def test_images_sound_and_files_count_as_the_most_they_may_come_to() -> None:
    parts = [
        {"type": "image_url", "image_url": {"url": "https://example.com/a.png"}},
        {"type": "input_audio", "input_audio": {"data": "A" * 3300, "format": "wav"}},
        {"type": "file", "file": {"file_data": "data:application/pdf;base64," + "A" * 9000}},
    ]
    found = chat_estimate({"messages": [{"role": "user", "content": parts}]})
    assert found.images == 1 and found.audio == 11 and found.input > 9000 and not found.open
    assert found.units("gpt-4o-mini", window=None) > found.units("gpt-5", window=None) + 40_000


def test_a_body_of_any_depth_is_read_and_one_too_deep_counts_as_the_whole_window() -> None:
    deep: Any = "word " * 1000
    for _ in range(500):
        deep = {"properties": deep}
    assert chat_estimate({"messages": [], "tools": [{"function": deep}]}).open


def test_what_only_the_vendor_can_see_is_held_as_the_whole_window() -> None:
    file = {"type": "file", "file": {"file_id": "file-1"}}
    found = chat_estimate({"messages": [{"role": "user", "content": [file]}]})
    assert found.open and found.units("m", window=1_000_000) == 1_000_000 and found.units("m", window=None) == 200_000


def test_the_search_of_a_vendor_is_held_with_what_it_may_bring_in() -> None:
    plain = chat_estimate({"messages": [{"role": "user", "content": "Hi"}]})
    tool = {"type": "web_search_20250305", "name": "web_search", "max_uses": 3}
    found = chat_estimate({"messages": [{"role": "user", "content": "Hi"}], "tools": [tool]})
    assert found.searches == 3 and found.input > plain.input + 3 * 10_000


def test_a_cache_for_an_hour_is_seen_wherever_it_is_asked_for() -> None:
    kept = {"type": "text", "text": "Hi", "cache_control": {"type": "ephemeral", "ttl": "1h"}}
    for body in ({"system": [kept], "messages": []}, {"messages": [{"role": "user", "content": [kept]}]}):
        assert chat_estimate(body).long_cache


def test_numbers_of_a_tokenizer_are_what_they_are_and_prompts_may_be_several() -> None:
    assert embeddings_estimate([tuple(range(500))]).input < 600
    one, two = (chat_estimate({"prompt": prompts}).input for prompts in ("Once upon", ["Once upon", "a time"]))
    assert one < two < one + 20


def test_a_reranker_reads_the_query_with_every_document() -> None:
    found = rerank_estimate("what is it?" * 100, ["a"] * 50)
    assert found.input > 50 * 300 and found.search_units == 1
    assert rerank_estimate("q", ["a"] * 101).search_units == 2


@settings(deadline=None)
@given(st.text(max_size=2000))
def test_no_text_is_less_than_nothing_or_more_than_its_bytes(text: str) -> None:
    assert 0 <= text_units(text) <= len(text.encode("utf-8", "surrogatepass")) + 1


json_values: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
NAMES = ("messages", "tools", "system", "prompt", "content", "source", "type", "text", "image_url", "file")


@settings(deadline=None)
@given(st.dictionaries(st.sampled_from(NAMES) | st.text(max_size=5), json_values, max_size=6), json_values)
def test_whatever_the_body_holds_is_estimated_without_an_error(body: dict[str, Any], content: Any) -> None:
    typed = [{"type": kind, "content": content, "source": content, kind: content} for kind in ("file", "image", "text")]
    for one in (body, {"messages": [{"role": "user", "content": content}, {"content": typed}], "tools": [content]}):
        assert chat_estimate(one).units("m", window=None) >= 0


def test_words_hashes_and_other_scripts_are_not_below_what_tokenizers_make_of_them() -> None:
    """A word is about one unit, a hash one for two characters, base64 two for three, a character of another script one
    at most two."""
    for text, units in (
        ("The quick brown fox jumps over the lazy dog. " * 20, 201),
        ("d41d8cd98f00b204e9800998ecf8427e" * 10, 220),
        ("敏捷的棕色狐狸跳过了懒狗。" * 20, 420),
        ("Быстрая коричневая лиса прыгает через ленивую собаку. " * 20, 400),
        ("def add(a: int, b: int) -> int:\n    return a + b\n\n" * 20, 400),
        ("dGhlIHF1aWNrIGJyb3duIGZveCBqdW1wcyBvdmVyIHRoZSBsYXp5IGRvZw" * 10, 400),
    ):
        assert text_units(text) >= units, text[:20]
