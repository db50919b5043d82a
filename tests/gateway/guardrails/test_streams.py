"""Guardrails on replies: a stream cut anywhere says what the whole reply says, and no more."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.errors import GuardrailBlocked, GuardrailFailed
from gateway.exchange import Verdict
from gateway.guardrails.classifiers.base import Judgement
from gateway.guardrails.compiled import Guard
from gateway.guardrails.finders import Finder
from gateway.guardrails.reply import ReplyScreen
from gateway.guardrails.schemas import SchemaCheck
from gateway.guardrails.screen import Screen
from gateway.guardrails.values import Judging
from tests.gateway.guardrails import streamed
from tests.gateway.guardrails.cast import asked, find, guard, open_tail, screen

LOOP: list[asyncio.AbstractEventLoop] = []  # one for all examples: making it would take most of the time
REDACT = guard(action="redact", on_replies=True)
words = st.sampled_from(
    ["", " ", "hello", "a@b.co", "anna.b+c@mail.example.org", "<<two\nlines é>>", "123456789012", "[", "€\U0001f600"]
)
texts = st.lists(words, max_size=8).map(" ".join)
objects = st.dictionaries(words, words | st.lists(words, max_size=2), max_size=3)
arguments = st.tuples(objects, st.booleans()).map(lambda one: json.dumps(one[0], ensure_ascii=one[1]))
places = st.lists(st.integers(0, 400), max_size=12)


@pytest.fixture(scope="module", autouse=True)
def _loop() -> Iterator[None]:
    LOOP.append(asyncio.new_event_loop())
    yield
    LOOP.pop().close()


async def streamed_through(reply: ReplyScreen, stream: bytes, cuts: Sequence[int] = ()) -> bytes:
    at = sorted({place % (len(stream) + 1) for place in cuts} | {0, len(stream)})
    out = [await reply.feed(stream[a:b]) for a, b in pairwise(at)]
    return b"".join((*out, await reply.finish()))


async def said_to(reply: ReplyScreen, texts: Iterable[str], sent: list[bytes]) -> None:
    """Each text as a frame of its own; ``sent`` is what went out of it."""
    for text in texts:
        sent.append(await reply.feed(streamed.frame({"choices": [{"index": 0, "delta": {"content": text}}]})))


def reply_of(endpoint: str, *guards: Guard, **more: Any) -> tuple[ReplyScreen, list[Verdict]]:
    body = {"prompt": "hi"} if endpoint == "completions" else asked("hi")
    made: Screen = screen(endpoint, body, *(guards or (REDACT,)), **more)
    reply = made.reply()
    assert reply is not None
    return reply, made.verdicts


def whole(endpoint: str, body: Any) -> Any:
    reply, _ = reply_of(endpoint)
    return json.loads(LOOP[0].run_until_complete(reply.whole(json.dumps(body).encode())))


def stream(endpoint: str, given: bytes, cuts: Sequence[int]) -> dict[Any, str]:
    reply, _ = reply_of(endpoint)
    return streamed.read(LOOP[0].run_until_complete(streamed_through(reply, given, cuts)))


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.fixed_dictionaries({"content": texts, "reasoning_content": texts, "call": arguments}), min_size=1, max_size=2
    ),
    places,
    places,
)
def test_a_chat_stream_says_what_the_whole_reply_says(choices: Any, deltas: Any, cuts: Any) -> None:
    said = stream("chat.completions", streamed.openai(choices, deltas), cuts)
    for index, one in enumerate(choices):
        call = {"id": "c", "type": "function", "function": {"name": "f", "arguments": one["call"]}}
        message = {"content": one["content"], "reasoning_content": one["reasoning_content"], "tool_calls": [call]}
        alone = whole("chat.completions", {"choices": [{"index": 0, "message": message}]})["choices"][0]["message"]
        for name in ("content", "reasoning_content"):
            assert _numberless(said.get((index, name), "")) == _numberless(alone[name])
        told = alone["tool_calls"][0]["function"]["arguments"]
        assert _numberless(said.get((index, "call"), "")) == _numberless(told)
        json.loads(said[index, "call"])
    assert not find(" ".join(said.values()))


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from(["text", "thinking", "tool_use"]), texts, arguments), max_size=3), places, places
)
def test_a_message_stream_says_what_the_whole_message_says(given: Any, deltas: Any, cuts: Any) -> None:
    blocks = [(kind, told if kind == "tool_use" else text) for kind, text, told in given]
    said = stream("messages", streamed.anthropic(blocks, deltas), cuts)
    for index, (kind, text) in enumerate(blocks):
        name = {"tool_use": "partial_json"}.get(kind, kind)
        block = {
            "type": kind,
            "input" if kind == "tool_use" else kind: json.loads(text) if kind == "tool_use" else text,
        }
        (alone,) = whole("messages", {"type": "message", "content": [block]})["content"]
        got = said.get((index, name), "")
        if kind == "tool_use":
            assert _numberless(json.dumps(json.loads(got))) == _numberless(json.dumps(alone["input"]))
        else:
            assert _numberless(got) == _numberless(alone[kind])
        if kind == "thinking":
            assert ((index, "signature") in said) == (got == text)
    assert not find(" ".join(said.values()))


@settings(max_examples=30, deadline=None)
@given(st.lists(texts, min_size=1, max_size=2), places, places)
def test_a_completion_stream_says_what_the_whole_reply_says(given: Any, deltas: Any, cuts: Any) -> None:
    said = stream("completions", streamed.completions(given, deltas), cuts)
    for index, text in enumerate(given):
        (alone,) = whole("completions", {"choices": [{"index": 0, "text": text}]})["choices"]
        assert _numberless(said.get((index, "text"), "")) == _numberless(alone["text"])


def _numberless(text: str) -> str:
    """A stream meets values in another order than a whole reply."""
    return "".join("#" if char.isdigit() else char for char in text)


async def test_frames_in_which_nothing_changed_go_out_as_the_bytes_they_came_in() -> None:
    given = b'data: {"id":"c",  "choices":[{"index":0,"delta":{"content":"hi, "}, "finish_reason":null}]}\n\n'
    ends = b': comment\n\ndata: {"choices": [{"index":0, "delta":{},"finish_reason":"stop"}]}\r\n\r\ndata: [DONE]\n\n'
    reply, verdicts = reply_of("chat.completions")
    assert await streamed_through(reply, given + ends, range(0, 300, 7)) == given + ends
    assert verdicts == []


async def test_a_stream_that_breaks_off_still_says_what_was_held_back() -> None:
    reply, _ = reply_of("chat.completions")
    out = await reply.feed(streamed.frame({"choices": [{"index": 0, "delta": {"content": "so a@b.co and c@"}}]}))
    out += await reply.finish()
    assert streamed.read(out) == {(0, "content"): "so [EMAIL_1] and c@"}


async def test_a_usage_frame_comes_after_what_was_held_back() -> None:
    reply, _ = reply_of("chat.completions")
    out = await streamed_through(reply, streamed.openai([{"content": "to a@b.co"}], [3]))
    kinds = [
        "usage" if "usage" in one else one["choices"][0]["finish_reason"] or "text" for one in streamed.events(out)
    ]
    assert kinds[-3:] == ["text", "stop", "usage"]


async def test_log_probabilities_do_not_spell_what_was_taken_out() -> None:
    logprobs = {"content": [{"token": "a@b.co", "logprob": 0.0}]}
    reply, _ = reply_of("chat.completions")
    told = {"choices": [{"index": 0, "message": {"content": "a@b.co"}, "logprobs": logprobs}]}
    assert b"a@b.co" not in await reply.whole(json.dumps(told).encode())
    reply, _ = reply_of("chat.completions")
    delta = {"choices": [{"index": 0, "delta": {"content": "a@b.co"}, "logprobs": logprobs, "finish_reason": "stop"}]}
    assert b"a@b.co" not in await streamed_through(reply, streamed.frame(delta))


async def test_a_stream_is_blocked_before_any_of_it_leaves() -> None:
    reply, verdicts = reply_of("chat.completions", guard(action="block", on_replies=True))
    sent: list[bytes] = []
    with pytest.raises(GuardrailBlocked, match="holds email") as raised:
        await said_to(reply, "Ask anna@example.org. ", sent)
    assert streamed.read(b"".join(sent)) == {(0, "content"): "Ask "}
    assert "anna" not in str(raised.value)
    assert [(one.action, one.on, one.what) for one in verdicts] == [("block", "reply", "email:1")]


@pytest.mark.parametrize(
    "more", [{"action": "log"}, {"action": "redact", "shadow": True}, {"action": "block", "shadow": True}]
)
async def test_what_only_notes_changes_nothing_and_holds_nothing_back(more: dict[str, Any]) -> None:
    reply, verdicts = reply_of("chat.completions", guard(on_replies=True, **more))
    given = streamed.openai([{"content": "to a@b.co", "call": '{"x": "c@d.co"}'}], [4, 6])
    pieces = [one + b"\n\n" for one in given.split(b"\n\n")[:-1]]
    assert [await reply.feed(one) for one in pieces] == pieces
    assert await reply.finish() == b""
    assert [(one.action, one.shadow, one.what) for one in verdicts] == [(more["action"], "shadow" in more, "email:2")]


async def test_two_guardrails_see_what_the_one_before_left() -> None:
    def numbers(text: str) -> list[Any]:
        return [one for one in find(text) if one.entity == "CARD"]

    second = guard(id=2, name="cards", action="redact", on_replies=True, settings=Finder(numbers, open_tail, 200))
    reply, verdicts = reply_of("chat.completions", REDACT, second)
    out = await streamed_through(reply, streamed.openai([{"content": "123456789012 a@b.co"}], [3, 14]))
    assert streamed.read(out)[0, "content"] == "[CARD_1] [EMAIL_1]"
    assert [one.by for one in verdicts] == ["no personal data"]


# --- what fails ------------------------------------------------------------------------------------
def failing(text: str) -> list[Any]:
    raise RuntimeError(f"the text was {text}")


@pytest.mark.parametrize("shape", ["whole", "stream"])
async def test_a_check_that_fails_is_open_or_closed(shape: str) -> None:
    broken = Finder(failing, open_tail, 200)
    body = json.dumps({"choices": [{"index": 0, "message": {"content": "hello"}}]}).encode()
    frames = streamed.openai([{"content": "hello"}], [])

    async def through(one: ReplyScreen) -> bytes:
        return await (one.whole(body) if shape == "whole" else streamed_through(one, frames))

    reply, verdicts = reply_of("chat.completions", guard(on_replies=True, settings=broken))
    with pytest.raises(GuardrailFailed) as raised:
        await through(reply)
    assert "hello" not in str(raised.value)
    reply, later = reply_of("chat.completions", guard(on_replies=True, settings=broken, closed=False))
    out = await through(reply)
    assert out == body if shape == "whole" else streamed.read(out) == streamed.read(frames)
    assert {(one.action, one.what) for one in (*verdicts, *later)} == {("failed", "error")}


@pytest.mark.parametrize("shape", ["whole", "stream"])
async def test_a_row_that_cannot_be_used_fails_as_it_says(shape: str) -> None:
    reply, _ = reply_of("chat.completions", guard(on_replies=True, settings=None, broken="bad settings"))
    with pytest.raises(GuardrailFailed):
        await (reply.whole(b"{}") if shape == "whole" else reply.feed(b": x\n\n"))


# --- classifiers and schemas -----------------------------------------------------------------------
class Hater:
    """Thinks that nothing is safe that says the word."""

    def __init__(self) -> None:
        self.asked: list[list[str]] = []

    async def judge(self, texts: Sequence[str]) -> Judgement:
        self.asked.append(list(texts))
        bad = any("hate" in one for one in texts)
        return Judgement(safety=0.1 if bad else 0.9, categories={"hate": 0.9 if bad else 0.1})


def judging(**more: Any) -> Guard:
    return guard(name="kind", kind="safety", action="block", on_replies=True, settings=Judging(), **more)


async def test_a_stream_waits_by_the_sentence_until_it_is_judged() -> None:
    hater = Hater()
    reply, verdicts = reply_of("chat.completions", judging(), classifiers=lambda name: hater)
    good = "All is well here, and it will go on being well for as long as anybody can tell. "
    sent: list[bytes] = []
    with pytest.raises(GuardrailBlocked, match=r"scores 0\.10 for safety, below 0\.7 \(hate\)"):
        await said_to(reply, (good[:30], good[30:], "But I ha", "te you. " + good), sent)
    assert streamed.read(b"".join(sent)) == {(0, "content"): good}
    assert hater.asked[1][0].startswith("All is well")  # what came before is judged with it
    assert [(one.score, one.what, one.action) for one in verdicts] == [(0.1, "hate:1", "block")]


@pytest.mark.parametrize("shape", ["whole", "stream"])
async def test_a_safe_reply_passes_whole(shape: str) -> None:
    reply, verdicts = reply_of("chat.completions", judging(), classifiers=lambda name: Hater())
    frames = streamed.openai([{"content": "fine " * 300}], range(0, 400, 9))
    body = json.dumps({"choices": [{"message": {"content": "fine"}}]}).encode()
    if shape == "whole":
        assert await reply.whole(body) == body
    else:
        assert await streamed_through(reply, frames, range(0, 9000, 501)) == frames
    assert verdicts == []


async def test_a_classifier_that_only_notes_holds_nothing_back() -> None:
    reply, verdicts = reply_of("chat.completions", judging(shadow=True), classifiers=lambda name: Hater())
    piece = streamed.frame({"choices": [{"index": 0, "delta": {"content": "I hate"}}]})
    assert await reply.feed(piece) == piece
    assert await reply.finish() == b""
    assert [(one.shadow, one.score) for one in verdicts] == [(True, 0.1)]


async def test_a_classifier_that_takes_too_long_fails() -> None:
    class Slow:
        async def judge(self, texts: Sequence[str]) -> Judgement:
            await asyncio.sleep(5)
            raise AssertionError

    reply, verdicts = reply_of("chat.completions", judging(timeout=0.02), classifiers=lambda name: Slow())
    with pytest.raises(GuardrailFailed, match="took too long"):
        await reply.whole(b'{"choices": [{"message": {"content": "hi"}}]}')
    assert verdicts[0].what == "timeout"


SCHEMA = {"type": "object", "required": ["name"], "properties": {"name": {"type": "string"}}}


@pytest.mark.parametrize(
    ("content", "what"),
    [
        ('{"name": "x"}', ""),
        ('```json\n{"name": "x"}\n```', ""),
        ("no json", "not_json"),
        ('{"name": 1}', "type"),
        ("{}", "required"),
    ],
)
@pytest.mark.parametrize("shape", ["whole", "stream"])
async def test_replies_are_held_to_a_schema(shape: str, content: str, what: str) -> None:
    check = guard(name="shape", kind="schema", action="block", on_replies=True, settings=SchemaCheck(SCHEMA))
    reply, verdicts = reply_of("chat.completions", check)
    body = json.dumps({"choices": [{"index": 0, "message": {"content": content}}]}).encode()
    frames = streamed.openai([{"content": content}], [2, 5])

    async def through() -> bytes:
        if shape == "whole":
            return await reply.whole(body)
        assert await reply.feed(frames) == b""
        return await reply.finish()

    if not what:
        assert await through() == (body if shape == "whole" else frames)
        return
    with pytest.raises(GuardrailBlocked):
        await through()
    assert verdicts[0].what == f"{what}:1"


async def test_a_reply_that_only_calls_tools_has_no_answer_to_check() -> None:
    check = guard(name="shape", kind="schema", action="block", on_replies=True, settings=SchemaCheck(SCHEMA))
    reply, verdicts = reply_of("chat.completions", check)
    call = {"id": "c", "type": "function", "function": {"name": "f", "arguments": "{}"}}
    body = json.dumps({"choices": [{"message": {"content": None, "tool_calls": [call]}}]}).encode()
    assert await reply.whole(body) == body
    assert verdicts == []
