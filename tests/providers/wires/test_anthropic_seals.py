"""Thoughts of other vendors in Anthropic's dialect: out to the app, back to their vendor, never to Anthropic."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers.canonical import (
    Call,
    Choice,
    Ended,
    Event,
    Finish,
    Finished,
    PartStopped,
    Reasoning,
    ReasoningDelta,
    Reply,
    Started,
    Target,
    Text,
    TextDelta,
    ToolCallDelta,
    ToolCallStarted,
)
from providers.vendors import vendor
from providers.wires import wire
from providers.wires.anthropic.portable import portable
from providers.wires.anthropic.seals import MARK, seal, unseal
from providers.wires.folding import fold_events

WIRE = wire("anthropic")
TARGET = Target(provider="anthropic", model="claude-x", vendor=vendor("anthropic"))
CALL = Call(model="m", messages=())
HI: dict[str, Any] = {"role": "user", "content": "Hi"}
WORD = st.text(min_size=1, max_size=5)
EXTRA = st.dictionaries(st.sampled_from(["id", "format", "type"]), WORD, max_size=2)
THOUGHT = st.builds(
    Reasoning, text=st.just("") | WORD, signature=st.none() | WORD, encrypted=st.none() | WORD, extra=EXTRA
).filter(lambda one: bool(one.text or one.signature or one.encrypted))


def whole(*parts: Any) -> list[dict[str, Any]]:
    reply = Reply(id="r", model="m", choices=(Choice(index=0, parts=parts, finish=Finish.STOP),))
    content: list[dict[str, Any]] = json.loads(WIRE.write_reply(reply))["content"]
    return content


def streamed(*events: Event) -> list[dict[str, Any]]:
    """The blocks an app puts together from the stream of ``events``."""
    writer = WIRE.stream_writer(CALL)
    end = Finished(finish=Finish.STOP)
    data = (
        b"".join(writer.write([event]) for event in (Started(id="r", model="m"), *events, end, Ended())) + writer.end()
    )
    reader = WIRE.stream_reader(TARGET)
    parts = fold_events([*reader.feed(data), *reader.close()]).choices[0].parts
    return json.loads(WIRE.write_request(_call(parts), TARGET).content)["messages"][1]["content"]  # type: ignore[no-any-return]


def _call(parts: Any) -> Call:
    call = WIRE.read_request({"model": "m", "max_tokens": 1, "messages": [HI, {"role": "assistant", "content": "x"}]})
    return replace(call, messages=(call.messages[0], replace(call.messages[1], parts=tuple(parts))))


def returned(blocks: list[dict[str, Any]]) -> tuple[Any, ...]:
    """What another vendor gets of ``blocks`` in the next turn."""
    turns = [HI, {"role": "assistant", "content": blocks}]
    call, _ = portable(WIRE.read_request({"model": "m", "max_tokens": 1, "messages": turns}))
    return call.messages[1].parts


def patched(blocks: list[Any], **more: Any) -> tuple[dict[str, Any], tuple[str, ...]]:
    body = {"model": "m", "max_tokens": 1, "messages": [HI, {"role": "assistant", "content": blocks}, HI], **more}
    before = json.dumps(body)
    parts = WIRE.patch_request(body, TARGET)
    assert json.dumps(body) == before, "the app's own body stays as it is"
    return json.loads(parts.content), parts.dropped


@given(THOUGHT)
def test_a_thought_comes_back_as_its_vendor_sent_it(thought: Reasoning) -> None:
    assert returned([*whole(thought), {"type": "text", "text": "x"}]) == (thought, Text(text="x"))


@given(THOUGHT)
def test_a_streamed_thought_comes_back_the_same(thought: Reasoning) -> None:
    pieces = [ReasoningDelta(text=one) for one in thought.text]
    last = ReasoningDelta(signature=thought.signature, encrypted=thought.encrypted, extra=thought.extra)
    events = (*pieces, last, PartStopped(), TextDelta(text="x", part=1), PartStopped(part=1))
    assert returned(streamed(*events)) == (thought, Text(text="x"))


@given(st.recursive(st.none() | st.text() | st.integers(), lambda inner: st.dictionaries(st.text(), inner)))
def test_a_seal_holds_what_was_sealed(value: Any) -> None:
    assert unseal(seal({"a": value})) == {"a": value}


@pytest.mark.parametrize("text", [None, "", "EqMD", "switchboard"])
def test_what_is_no_seal_is_left_alone(text: str | None) -> None:
    assert unseal(text) is None


@pytest.mark.parametrize("text", ["!", "bm8", "WzFd", "e", "w7_Dvw"])
def test_a_damaged_seal_holds_nothing(text: str) -> None:
    assert unseal(MARK + text) == {}


def test_plain_reasoning_is_marked_so_that_apps_give_it_back() -> None:
    (block,) = whole(Reasoning(text="Hm"))
    assert block["thinking"] == "Hm" and block["signature"].startswith(MARK)
    (told,) = streamed(ReasoningDelta(text="H"), ReasoningDelta(text="m"))
    assert told == block


def test_a_bare_signature_is_sealed_because_it_does_not_tell_whose_it_is() -> None:
    assert unseal(whole(Reasoning(text="Hm", signature="EqMD"))[0]["signature"]) == {"signature": "EqMD"}
    assert unseal(whole(Reasoning(encrypted="ErAB"))[0]["data"]) == {"encrypted": "ErAB"}
    assert whole(Reasoning()) == []


def test_anthropic_gets_no_thought_it_did_not_sign() -> None:
    own = {"type": "thinking", "thinking": "mine", "signature": "EqMD"}
    foreign = [*whole(Reasoning(text="Hm"), Reasoning(encrypted="e", extra={"id": "1"}))]
    unsigned = {"type": "thinking", "thinking": "?", "signature": ""}
    sent, dropped = patched([*foreign, unsigned, own, {"type": "text", "text": "x"}])
    assert sent["messages"][1]["content"] == [own, {"type": "text", "text": "x"}]
    assert dropped == ("messages.thinking",)


def test_a_turn_of_nothing_but_foreign_thoughts_is_left_out() -> None:
    sent, _ = patched(whole(Reasoning(text="Hm")))
    assert sent["messages"] == [HI, HI]


def test_claude_s_thought_behind_openrouter_is_claude_s_again() -> None:
    thought = Reasoning(text="Hm", signature="EqMD", extra={"type": "reasoning.text", "format": "anthropic-claude-v1"})
    sent, _ = patched([*whole(thought), {"type": "text", "text": "x"}])
    assert sent["messages"][1]["content"][0] == {"type": "thinking", "thinking": "Hm", "signature": "EqMD"}


def test_thinking_is_off_for_a_tool_s_turn_that_lost_its_thought() -> None:
    call = {"type": "tool_use", "id": "t", "name": "f", "input": {}}
    sent, dropped = patched([*whole(Reasoning(text="Hm")), call], thinking={"type": "enabled", "budget_tokens": 1024})
    assert "thinking" not in sent and set(dropped) == {"thinking", "messages.thinking"}
    sent, _ = patched([*whole(Reasoning(text="Hm")), call], thinking={"type": "adaptive"})
    assert sent["thinking"] == {"type": "adaptive"}


@pytest.mark.parametrize("blocks", ["text", [5], [{"type": "thinking", "thinking": 5, "signature": 5}], [None], []])
def test_odd_bodies_pass_as_they_are(blocks: Any) -> None:
    assert patched(blocks)[0]["messages"][1]["content"] == blocks


def test_a_tool_call_s_extras_go_ahead_of_it_in_the_stream_too() -> None:
    start = ToolCallStarted(id="t1", name="f", extra={"extra_content": {"google": {"thought_signature": "s"}}})
    blocks = streamed(start, ToolCallDelta(arguments="{}"), PartStopped())
    assert [block["type"] for block in blocks] == ["redacted_thinking", "tool_use"]
    (call,) = returned(blocks)
    assert call.extra == start.extra
