"""A reply told as a whole and the same reply streamed say the same to an app, in every dialect that apps may speak."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from providers.canonical import (
    Ended,
    Event,
    Finish,
    Finished,
    Image,
    MediaDelta,
    PartStopped,
    Reasoning,
    ReasoningDelta,
    Refusal,
    Reply,
    Started,
    Text,
    TextDelta,
    ToolCall,
    ToolCallDelta,
    ToolCallStarted,
    Usage,
    UsageReported,
)
from providers.wires import wire
from providers.wires.base import fold
from tests.providers.wires.every_wire.cast import PLACES, PNG, Place, user

DIALECTS = {
    "openai": PLACES["openai"],
    "anthropic": PLACES["anthropic"],
    "responses": PLACES["responses"],
    "gemini": PLACES["gemini"],
    "bedrock_converse": PLACES["bedrock_converse"],
    "cohere": PLACES["cohere"],
    "ollama": PLACES["ollama"],
    "cloudflare": PLACES["cloudflare"],
}
PICTURES = ("openai", "responses", "gemini", "ollama", "bedrock_converse")
READ = tuple(PICTURES)
WORDS = st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc")), min_size=1, max_size=6)
PIECES = st.lists(WORDS, min_size=1, max_size=3)
ARGUMENTS = st.dictionaries(st.sampled_from(["a", "b"]), WORDS | st.integers(-5, 5) | st.booleans(), max_size=2)


@st.composite
def told(draw: st.DrawFn, *, pictures: bool) -> list[Event]:
    kinds = draw(
        st.lists(
            st.sampled_from(["thought", "text", "call", *(["picture"] if pictures else [])]), min_size=1, max_size=5
        )
    )
    kinds.sort(key=["thought", "picture", "text", "call"].index)  # the order in which every dialect can tell them
    events: list[Event] = [Started(id="reply_1", model="model-1", created=1_760_000_000)]
    for part, kind in enumerate(kinds):
        events += _part(draw, kind, part)
        events.append(PartStopped(part=part))
    finish = Finish.TOOL_CALLS if "call" in kinds else draw(st.sampled_from([Finish.STOP, Finish.LENGTH]))
    usage = Usage(input=draw(st.integers(1, 99)), output=draw(st.integers(1, 99)))
    return [*events, Finished(finish=finish), UsageReported(usage=usage), Ended()]


def _part(draw: st.DrawFn, kind: str, part: int) -> list[Event]:
    if kind == "text":
        return [TextDelta(text=text, part=part) for text in draw(PIECES)]
    if kind == "thought":
        signature = draw(st.none() | st.just("c2lnbmF0dXJl"))
        thoughts: list[Event] = [ReasoningDelta(text=text, part=part) for text in draw(PIECES)]
        return [*thoughts, ReasoningDelta(signature=signature, part=part)] if signature else thoughts
    if kind == "picture":
        return [MediaDelta(media=Image(data=PNG, media_type="image/png"), part=part)]
    text = json.dumps(draw(ARGUMENTS))
    middle = draw(st.integers(0, len(text)))
    pieces = [ToolCallDelta(arguments=piece, part=part) for piece in (text[:middle], text[middle:])]
    return [ToolCallStarted(id=f"call_{part}", name=draw(st.sampled_from(["look", "stop"])), part=part), *pieces]


def whole(dialect: str, place: Place, events: list[Event]) -> Reply:
    return wire(dialect).read_reply(wire(dialect).write_reply(fold(events)), place.target)


def streamed(dialect: str, place: Place, events: list[Event]) -> Reply:
    call = wire("openai").read_request({"model": "m", "messages": [user()], "stream_options": {"include_usage": True}})
    writer = wire(dialect).stream_writer(call)
    data = b"".join([writer.write([event]) for event in events]) + writer.end()
    reader = wire(dialect).stream_reader(place.target)
    return fold([*reader.feed(data), *reader.close()])


def said(reply: Reply, *, ids: bool = True, signed: bool = True) -> dict[str, Any]:
    """What an app makes of it."""
    choice = reply.choices[0]
    calls = [part for part in choice.parts if isinstance(part, ToolCall)]
    thoughts = [part for part in choice.parts if isinstance(part, Reasoning)]
    usage = reply.usage or Usage()
    return {
        "text": "".join(part.text for part in choice.parts if isinstance(part, Text)),
        "refusal": "".join(part.text for part in choice.parts if isinstance(part, Refusal)),
        "thought": "".join(part.text for part in thoughts),
        "signed": [part.signature or part.encrypted for part in thoughts if part.signature or part.encrypted]
        if signed
        else [],
        "calls": [(call.id if ids else "", call.name, json.loads(call.arguments)) for call in calls],
        "pictures": [part.data for part in choice.parts if isinstance(part, Image)],
        "annotations": [
            part.extra.get("annotations")
            for part in choice.parts
            if isinstance(part, Text) and part.extra.get("annotations")
        ],
        "finish": choice.finish,
        "usage": (usage.input, usage.output),
    }


@pytest.mark.parametrize("dialect", DIALECTS)
@given(data=st.data())
@settings(max_examples=60, deadline=None)
def test_a_whole_reply_and_its_stream_say_the_same(dialect: str, data: st.DataObject) -> None:
    events = data.draw(told(pictures=dialect in PICTURES))
    place = DIALECTS[dialect]
    assert said(streamed(dialect, place, events)) == said(whole(dialect, place, events))


@pytest.mark.parametrize("dialect", DIALECTS)
@given(data=st.data())
@settings(max_examples=60, deadline=None)
def test_an_app_hears_what_the_model_said(dialect: str, data: st.DataObject) -> None:
    events = data.draw(told(pictures=dialect in READ))
    heard, spoken = (
        said(reply, signed=False) for reply in (streamed(dialect, DIALECTS[dialect], events), fold(events))
    )
    if dialect == "cloudflare" and heard["finish"] is Finish.UNKNOWN:
        heard["finish"] = Finish.STOP  # which it does not tell
    assert heard == spoken


PICTURE: list[Event] = [
    Started(id="x", model="m"),
    TextDelta(text="Here: "),
    PartStopped(),
    MediaDelta(media=Image(data=PNG, media_type="image/png"), part=1),
    PartStopped(part=1),
    Finished(finish=Finish.STOP),
    Ended(),
]


@pytest.mark.parametrize("dialect", READ)
def test_a_picture_the_model_made_reaches_the_app(dialect: str) -> None:
    for reply in (whole(dialect, DIALECTS[dialect], PICTURE), streamed(dialect, DIALECTS[dialect], PICTURE)):
        assert [part.data for part in reply.choices[0].parts if isinstance(part, Image)] == [PNG]


def test_googles_picture_is_one_for_openais_apps() -> None:
    parts = [{"text": "Here"}, {"inlineData": {"mimeType": "image/png", "data": PNG}}]
    body = {"candidates": [{"content": {"parts": parts}, "finishReason": "STOP"}]}
    reply = wire("gemini").read_reply(json.dumps(body).encode(), PLACES["gemini"].target)
    message = json.loads(wire("openai").write_reply(reply))["choices"][0]["message"]
    assert message["images"][0]["image_url"] == {"url": f"data:image/png;base64,{PNG}"}
    items = json.loads(wire("responses").write_reply(reply))["output"]
    assert (items[1]["type"], items[1]["result"]) == ("image_generation_call", PNG)


def test_googles_citations_reach_apps_of_both_openai_dialects() -> None:
    support = {"segment": {"startIndex": 0, "endIndex": 4, "text": "Rome"}, "groundingChunkIndices": [0]}
    grounding = {
        "groundingChunks": [{"web": {"uri": "https://x.example", "title": "X"}}],
        "groundingSupports": [support],
    }
    content = {"role": "model", "parts": [{"text": "Rome"}]}
    body = {"candidates": [{"content": content, "finishReason": "STOP", "groundingMetadata": grounding}]}
    target = PLACES["gemini"].target
    reply = wire("gemini").read_reply(json.dumps(body).encode(), target)
    chat = json.loads(wire("openai").write_reply(reply))["choices"][0]["message"]["annotations"]
    text = json.loads(wire("responses").write_reply(reply))["output"][0]["content"][0]
    assert chat[0]["url_citation"] == {name: value for name, value in text["annotations"][0].items() if name != "type"}
    reader = wire("gemini").stream_reader(target)
    events = [*reader.feed(b"data: " + json.dumps(body).encode() + b"\n\n"), *reader.close()]
    writer = wire("responses").stream_writer(wire("openai").read_request({"model": "m", "messages": [user()]}))
    assert writer.write(events).count(b"response.output_text.annotation.added") == 2  # the event's name and its type


def test_a_picture_of_the_hosted_tool_keeps_what_is_said_beside_it() -> None:
    item = {"id": "ig_1", "type": "image_generation_call", "status": "completed", "result": PNG, "size": "1x1"}
    body = {"id": "resp_1", "model": "m", "status": "completed", "output": [item], "error": None}
    reply = wire("responses").read_reply(json.dumps(body).encode(), PLACES["responses"].target)
    assert [part.data for part in reply.choices[0].parts if isinstance(part, Image)] == [PNG]
    assert json.loads(wire("responses").write_reply(reply))["output"] == [item]
