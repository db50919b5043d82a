"""What was redacted comes back in the app's reply, wherever a model puts it and however the stream is cut."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.guardrails.placeholders import Placeholders, open_placeholder
from gateway.guardrails.restore import Restorer
from gateway.guardrails.screen import Screen
from tests.gateway.guardrails import streamed
from tests.gateway.guardrails.cast import asked, guard, screen

VALUES = ("a@b.co", "anna@example.org", '<<a "quoted"\nblock\\>>', "123456789012")


@pytest.fixture(scope="module")
def loop() -> Iterator[asyncio.AbstractEventLoop]:
    made = asyncio.new_event_loop()  # one for all examples: making it would take most of the time
    yield made
    made.close()


async def redacted(*texts: str, endpoint: str = "chat.completions") -> Screen:
    made = screen(endpoint, {"messages": [{"role": "user", "content": one} for one in texts]})
    made.told = await made.asked()  # type: ignore[attr-defined]
    return made


def restorer(made: Screen) -> Restorer:
    found = made.restorer()
    assert found is not None
    return found


def through(one: Restorer, stream: bytes, cuts: Sequence[int]) -> bytes:
    at = sorted({place % (len(stream) + 1) for place in cuts} | {0, len(stream)})
    return b"".join([one.feed(stream[a:b]) for a, b in pairwise(at)]) + one.finish()


pieces = st.lists(
    st.sampled_from([*VALUES, "hello", " ", "[", "]", "[EMAIL", "_1]", "[EMAIL_9]", "é\U0001f600"]), max_size=8
)
places = st.lists(st.integers(0, 500), max_size=12)


@settings(max_examples=60, deadline=None)
@given(pieces.map(" ".join), places, places)
def test_an_echo_reads_as_if_there_were_no_guardrail(loop: Any, text: str, deltas: Any, cuts: Any) -> None:
    made = loop.run_until_complete(redacted("x " + text, " ".join(VALUES)))
    echo = made.told.body["messages"][0]["content"]
    arguments = json.dumps({"echo": echo})
    call = {"id": "c", "type": "function", "function": {"name": "f", "arguments": arguments}}
    message = {"content": echo, "reasoning_content": echo, "tool_calls": [call]}
    told = json.loads(restorer(made).whole(json.dumps({"choices": [{"index": 0, "message": message}]}).encode()))
    said = told["choices"][0]["message"]
    assert said["content"] == said["reasoning_content"] == "x " + text
    assert json.loads(said["tool_calls"][0]["function"]["arguments"]) == {"echo": "x " + text}

    stream = streamed.openai([{"content": echo, "reasoning_content": echo, "call": arguments}], deltas)
    read = streamed.read(through(restorer(made), stream, cuts))
    assert read[0, "content"] == read[0, "reasoning_content"] == "x " + text
    assert json.loads(read[0, "call"]) == {"echo": "x " + text}


@settings(max_examples=30, deadline=None)
@given(pieces.map(" ".join), places, places)
def test_so_do_messages(loop: Any, text: str, deltas: Any, cuts: Any) -> None:
    made = loop.run_until_complete(redacted("x " + text, endpoint="messages"))
    echo = made.told.body["messages"][0]["content"]
    found = made.restorer()
    if found is None:
        assert echo == "x " + text
        return
    blocks = [{"type": "text", "text": echo}, {"type": "tool_use", "id": "t", "name": "f", "input": {"echo": [echo]}}]
    told = json.loads(found.whole(json.dumps({"type": "message", "content": blocks}).encode()))
    assert told["content"][0]["text"] == "x " + text
    assert told["content"][1]["input"] == {"echo": ["x " + text]}
    stream = streamed.anthropic([("text", echo), ("tool_use", json.dumps({"echo": [echo]}))], deltas)
    read = streamed.read(through(restorer(made), stream, cuts))
    assert (read[0, "text"], json.loads(read[1, "partial_json"])) == ("x " + text, {"echo": ["x " + text]})


async def test_structured_output_stays_json() -> None:
    made = await redacted(VALUES[2])
    answer = {"choices": [{"index": 0, "message": {"content": '{"block": "[SECRET_1]"}'}}]}
    told = json.loads(restorer(made).whole(json.dumps(answer).encode()))
    assert json.loads(told["choices"][0]["message"]["content"]) == {"block": VALUES[2]}
    stream = streamed.openai([{"content": '{"block": "[SECRET_1]"}'}], range(40))
    said = streamed.read(through(restorer(made), stream, range(0, 4000, 3)))
    assert json.loads(said[0, "content"]) == {"block": VALUES[2]}


async def test_what_the_app_wrote_itself_is_no_placeholder_of_ours() -> None:
    made = await redacted("[EMAIL_1] is a form; mine is a@b.co, my [EMAIL_3]'s c@d.co")
    assert (
        made.told.body["messages"][0]["content"] == "[EMAIL_1] is a form; mine is [EMAIL_2], my [EMAIL_3]'s [EMAIL_4]"
    )  # type: ignore[attr-defined]
    answer = {"choices": [{"index": 0, "message": {"content": "[EMAIL_1] [EMAIL_2] [EMAIL_3] [EMAIL_4] [EMAIL_5]"}}]}
    told = json.loads(restorer(made).whole(json.dumps(answer).encode()))
    assert told["choices"][0]["message"]["content"] == "[EMAIL_1] a@b.co [EMAIL_3] c@d.co [EMAIL_5]"


async def test_a_thought_that_its_vendor_signs_stays_as_it_was_signed() -> None:
    made = await redacted("a@b.co", endpoint="messages")
    block = {"type": "thinking", "thinking": "[EMAIL_1]", "signature": "EqQB"}
    body = json.dumps({"type": "message", "content": [block]}).encode()
    assert restorer(made).whole(body) == body
    stream = streamed.anthropic([("thinking", "[EMAIL_1]")], [2])
    assert through(restorer(made), stream, [30, 60]) == stream


async def test_what_is_only_redacted_does_not_come_back() -> None:
    made = screen("chat.completions", asked("a@b.co"), guard(action="redact"))
    await made.asked()
    assert made.restorer() is None


async def test_a_model_finds_the_same_person_under_the_same_name_everywhere() -> None:
    call = {"id": "c", "type": "function", "function": {"name": "f", "arguments": '{"to": "\\u0061@b.co"}'}}
    body = {"messages": [{"role": "user", "content": "a@b.co or c@d.co"}, {"role": "assistant", "tool_calls": [call]}]}
    told = (await screen("chat.completions", body).asked()).body["messages"]
    assert told[0]["content"] == "[EMAIL_1] or [EMAIL_2]"
    assert told[1]["tool_calls"][0]["function"]["arguments"] == '{"to": "[EMAIL_1]"}'


async def test_documents_of_a_ranking_come_back() -> None:
    made = screen("rerank", {"query": "who", "documents": ["a@b.co", {"text": "c@d.co"}]})
    told = await made.asked()
    results = [{"index": at, "relevance_score": 1, "document": one} for at, one in enumerate(told.body["documents"])]
    back = json.loads(restorer(made).whole(json.dumps({"results": results}).encode()))
    assert [one["document"] for one in back["results"]] == ["a@b.co", {"text": "c@d.co"}]


def test_replies_without_text_are_left_alone() -> None:
    made = screen("embeddings", {"input": "a@b.co"}, guard(on_replies=True))
    assert (made.reply(), made.restorer()) == (None, None)


@pytest.mark.parametrize(
    ("text", "held"), [("a [", 1), ("[EMAIL_1", 8), ("[EMAIL_1]", 0), ("[x", 0), ("[1", 0), ("[A" + "A" * 80, 0)]
)
def test_only_what_may_be_a_placeholder_is_held_back(text: str, held: int) -> None:
    assert open_placeholder(text) == held


def test_values_never_stand_in_a_repr() -> None:
    made = Placeholders()
    made.of("EMAIL", "a@b.co", restore=True)
    assert "a@b.co" not in repr(made)
