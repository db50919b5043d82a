"""What Gemini answers, whole, as an array or as server-sent events and cut anywhere, becomes the same reply."""

from __future__ import annotations

import json
from collections.abc import Iterable
from itertools import pairwise
from typing import Any

import pytest
from google.genai import types
from hypothesis import given
from hypothesis import strategies as st

from providers.canonical import (
    Call,
    Ended,
    Event,
    Failed,
    Finish,
    Image,
    Opaque,
    Reasoning,
    Refusal,
    Reply,
    Target,
    Text,
    ToolCall,
    Usage,
)
from providers.errors import RateLimited, StreamBroken, UnsupportedFeature, UpstreamError, VendorGarbled
from providers.vendors import vendor
from providers.wires import wire
from providers.wires.base import fold

WIRE = wire("gemini")
OPENAI = wire("openai")
TARGET = Target(provider="google", model="gemini-3.8-flash", vendor=vendor("google"))
CALL = Call(model="gemini-3.8-flash", messages=())
SIGNATURE = {"extra_content": {"google": {"thought_signature": "c2ln"}}}


def chunk(*parts: dict[str, Any], finish: str | None = None, **more: Any) -> dict[str, Any]:
    candidate: dict[str, Any] = {"index": 0, **more.pop("candidate", {})}
    if parts:
        candidate["content"] = {"role": "model", "parts": list(parts)}
    if finish:
        candidate["finishReason"] = finish
    return {"candidates": [candidate], "modelVersion": "gemini-3.8-flash", "responseId": "r1", **more}


CHUNKS = [
    chunk({"text": "Let me ", "thought": True}, usageMetadata={"promptTokenCount": 9, "totalTokenCount": 9}),
    chunk({"text": "look.", "thought": True}),
    chunk({"text": 'Grüße "[{\\ '}),
    chunk({"text": "you ☃."}),
    chunk({"text": "", "thoughtSignature": "c2ln"}),
    chunk({"functionCall": {"name": "look", "args": {"at": "sky]}"}}, "thoughtSignature": "c2ln"}),
    chunk({"functionCall": {"name": "wait", "id": "k7"}}),
    chunk(
        finish="STOP",
        usageMetadata={
            "promptTokenCount": 9,
            "candidatesTokenCount": 5,
            "thoughtsTokenCount": 4,
            "toolUsePromptTokenCount": 2,
            "cachedContentTokenCount": 3,
            "totalTokenCount": 20,
            "promptTokensDetails": [{"modality": "TEXT", "tokenCount": 8}, {"modality": "AUDIO", "tokenCount": 1}],
            "serviceTier": "standard",
        },
    ),
]


def sse(chunks: Iterable[dict[str, Any]], end: str = "\r\n") -> bytes:
    return b"".join(f"data: {json.dumps(one)}{end}{end}".encode() for one in chunks)


def array(chunks: Iterable[dict[str, Any]]) -> bytes:
    return ("[" + "\n,\r\n\r\n".join(json.dumps(one, indent=2, ensure_ascii=False) for one in chunks) + "\n]").encode()


FORMS = {"crlf": sse(CHUNKS), "lf": sse(CHUNKS, "\n"), "array": array(CHUNKS)}


def events(pieces: Iterable[bytes]) -> list[Event]:
    reader = WIRE.stream_reader(TARGET)
    read = [event for piece in pieces for event in reader.feed(piece)]
    return read + reader.close()


def cut(data: bytes, at: Iterable[int]) -> list[bytes]:
    places = [0, *sorted(place % (len(data) + 1) for place in at), len(data)]
    return [data[start:end] for start, end in pairwise(places)]


def read(body: dict[str, Any]) -> Reply:
    return WIRE.read_reply(json.dumps(body).encode(), TARGET)


WANTED = fold(events([FORMS["crlf"]]))


def test_a_stream_becomes_a_reply() -> None:
    (choice,) = WANTED.choices
    thought, text, empty, look, wait = choice.parts
    assert thought == Reasoning(text="Let me look.")
    assert text == Text(text='Grüße "[{\\ you ☃.')
    assert empty == Text(text="", extra=SIGNATURE)
    assert isinstance(look, ToolCall) and (look.name, look.arguments) == ("look", '{"at":"sky]}"}')
    assert look.id.startswith("call_gemini") and look.extra == SIGNATURE
    assert wait == ToolCall(id="k7", name="wait", arguments="{}")
    assert choice.finish is Finish.TOOL_CALLS and choice.raw_finish == "STOP"
    assert (WANTED.id, WANTED.model) == ("r1", "gemini-3.8-flash")


def test_usage_counts_thoughts_and_what_tools_put_in() -> None:
    usage = WANTED.usage
    assert usage is not None and (usage.input, usage.output, usage.reasoning) == (11, 9, 4)
    assert (usage.cached_input, usage.input_audio) == (3, 1)
    assert usage.extra["serviceTier"] == "standard"


@pytest.mark.parametrize("form", FORMS)
@given(at=st.lists(st.integers(0, 5000), max_size=12))
def test_every_form_cut_anywhere_gives_the_same_reply(form: str, at: list[int]) -> None:
    assert fold(events(cut(FORMS[form], at))) == WANTED


@pytest.mark.parametrize("form", FORMS)
def test_every_form_byte_by_byte_gives_the_same_events(form: str) -> None:
    data = FORMS[form]
    pieces = events(data[i : i + 1] for i in range(len(data)))
    assert pieces == events([data]) and isinstance(pieces[-1], Ended)


@pytest.mark.parametrize("form", FORMS)
def test_a_stream_cut_before_its_finish_reason_is_broken(form: str) -> None:
    data = FORMS[form]
    for end in range(0, data.index(b"STOP"), 37):
        last = events([data[:end]])[-1]
        assert isinstance(last, Failed) and isinstance(last.error, StreamBroken)


def test_a_minted_id_is_the_same_wherever_the_stream_is_cut() -> None:
    def ids(data: bytes) -> list[str]:
        told = events([data])[:-1]
        return [event.id for event in told if hasattr(event, "name") and hasattr(event, "id")]

    data = FORMS["crlf"]
    assert ids(data[: data.index(b'"k7"')]) == ids(data)[:1]


def test_equal_calls_of_one_reply_have_ids_of_their_own() -> None:
    part = {"functionCall": {"name": "now", "args": {}}}
    first, second = read(chunk(part, part, finish="STOP")).choices[0].parts
    assert isinstance(first, ToolCall) and isinstance(second, ToolCall) and first.id != second.id


@pytest.mark.parametrize(
    ("word", "finish"),
    [
        ("STOP", Finish.STOP),
        ("MAX_TOKENS", Finish.LENGTH),
        ("SAFETY", Finish.CONTENT_FILTER),
        ("RECITATION", Finish.CONTENT_FILTER),
        ("MODEL_ARMOR", Finish.CONTENT_FILTER),
        ("MALFORMED_FUNCTION_CALL", Finish.ERROR),
        ("UNEXPECTED_TOOL_CALL", Finish.ERROR),
        ("SOMETHING_NEW", Finish.UNKNOWN),
    ],
)
def test_a_candidate_without_content_keeps_its_reason(word: str, finish: Finish) -> None:
    usage = {"promptTokenCount": 50, "totalTokenCount": 50}
    (choice,) = read(chunk(finish=word, usageMetadata=usage)).choices
    assert (choice.parts, choice.finish, choice.raw_finish) == ((), finish, word)
    assert fold(events([sse([chunk(finish=word)])])).choices[0].finish is finish


def test_a_finish_reason_as_the_number_of_its_enum() -> None:
    body = chunk({"text": "Hi"}, candidate={"finishReason": 2})
    assert read(body).choices[0].finish is Finish.LENGTH


def test_a_blocked_prompt_ends_as_filtered_and_keeps_its_usage() -> None:
    body = {"promptFeedback": {"blockReason": "PROHIBITED_CONTENT"}, "usageMetadata": {"promptTokenCount": 8}}
    for reply in (read(body), fold(events([sse([body])]))):
        assert reply.choices[0].finish is Finish.CONTENT_FILTER and reply.choices[0].parts == ()
        assert reply.usage == Usage(input=8)
        assert WIRE.read_reply(WIRE.write_reply(reply), TARGET).choices == reply.choices


def test_thoughts_that_the_vendor_counts_in_are_not_added_again() -> None:
    usage = {"promptTokenCount": 5, "candidatesTokenCount": 9, "thoughtsTokenCount": 4, "totalTokenCount": 14}
    assert read(chunk({"text": "x"}, finish="STOP", usageMetadata=usage)).usage == Usage(input=5, output=9, reasoning=4)


def test_no_usage_is_none_and_not_zero() -> None:
    assert read(chunk({"text": "x"}, finish="STOP")).usage is None


def test_a_picture_is_an_image_and_code_stays_opaque() -> None:
    code = {"executableCode": {"language": "PYTHON", "code": "1"}}
    picture = {"inlineData": {"mimeType": "image/png", "data": "aGk="}, "thoughtSignature": "c2ln"}
    reply = read(chunk({"text": "See"}, picture, code, {"text": "."}, finish="STOP"))
    assert reply.choices[0].parts == (
        Text(text="See"),
        Image(data="aGk=", media_type="image/png", extra=SIGNATURE),
        Opaque(wire="gemini", value=code),
        Text(text="."),
    )
    message = json.loads(OPENAI.write_reply(reply))["choices"][0]["message"]
    assert message["images"][0]["image_url"]["url"] == "data:image/png;base64,aGk="
    assert WIRE.read_reply(WIRE.write_reply(reply), TARGET) == reply


def test_grounding_becomes_annotations_counted_in_characters() -> None:
    text = "Grüße aus Köln."
    grounding = {
        "groundingChunks": [{"web": {"uri": "https://a.example", "title": "A"}}, {"web": {"uri": "https://b.example"}}],
        "groundingSupports": [
            {"segment": {"startIndex": 12, "endIndex": 17, "text": "Köln"}, "groundingChunkIndices": [0, 1, 9]},
        ],
        "webSearchQueries": ["köln"],
    }
    body = chunk({"text": text}, finish="STOP", candidate={"groundingMetadata": grounding})
    for reply in (read(body), fold(events([sse([chunk({"text": text}), {**body, "x": 1}])]))):
        (part,) = reply.choices[0].parts if len(reply.choices[0].parts) == 1 else reply.choices[0].parts[:1]
        first, second = part.extra["annotations"]  # type: ignore[union-attr]
        assert first["url_citation"]["url"] == "https://a.example" and second["url_citation"]["title"] == ""
        place = first["url_citation"]
        assert reply.choices[0].extra["groundingMetadata"] == grounding
        if part == Text(text=text, extra=part.extra):  # type: ignore[union-attr]
            assert text[place["start_index"] : place["end_index"]] == "Köln"


def test_log_probabilities_are_told_in_openais_shape() -> None:
    result = {
        "chosenCandidates": [{"token": "Hé", "tokenId": 4, "logProbability": -0.5}],
        "topCandidates": [{"candidates": [{"token": "Hé", "logProbability": -0.5}]}],
    }
    reply = read(chunk({"text": "Hé"}, finish="STOP", candidate={"logprobsResult": result}))
    (told,) = reply.choices[0].extra["logprobs"]["content"]
    assert (told["token"], told["logprob"], told["bytes"]) == ("Hé", -0.5, [72, 195, 169])
    assert told["top_logprobs"][0]["token"] == "Hé"


def test_several_candidates_are_choices() -> None:
    body = chunk({"text": "a"}, finish="STOP")
    body["candidates"].append({"index": 1, "content": {"parts": [{"text": "b"}]}, "finishReason": "MAX_TOKENS"})
    assert [choice.finish for choice in read(body).choices] == [Finish.STOP, Finish.LENGTH]


def test_an_error_in_the_middle_of_a_stream_ends_it() -> None:
    error = {"error": {"code": 429, "message": "Resource exhausted.", "status": "RESOURCE_EXHAUSTED"}}
    for data in (sse([CHUNKS[2], error, CHUNKS[7]]), array([CHUNKS[2], error, CHUNKS[7]])):
        *before, last = events([data])
        assert isinstance(last, Failed) and isinstance(last.error, RateLimited) and len(before) > 1


@pytest.mark.parametrize("body", [b"", b"{}", b"[]", b"<html>", b"nonsense", b'{"candidates":[]}', b"7", b'{"a":'])
def test_what_is_no_reply_is_garbled_or_broken(body: bytes) -> None:
    with pytest.raises((VendorGarbled, StreamBroken)):
        WIRE.read_reply(body, TARGET)


FIELDS = (
    *("candidates", "content", "parts", "text", "functionCall", "name", "args", "inlineData", "mimeType", "index"),
    *("usageMetadata", "groundingMetadata", "groundingSupports", "segment", "error", "code", "finishReason"),
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=4) | st.sampled_from(["STOP", "image/png"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(FIELDS),
            inner,
            max_size=4,
        )
    ),
    max_leaves=25,
)


@given(value=JSON)
def test_any_json_at_all_is_read_or_told_as_an_error(value: Any) -> None:
    for body in (
        value,
        {"candidates": [value]},
        {"candidates": [{"content": {"parts": [value]}, "finishReason": "x"}]},
    ):
        try:
            read(body)
        except UpstreamError:
            pass


def known(body: dict[str, Any]) -> None:
    """Raises for a field that Google's client has no name for; the service tier it has not yet."""
    usage = {name: value for name, value in body.get("usageMetadata", {}).items() if name != "serviceTier"}
    types.GenerateContentResponse.model_validate({**body, "usageMetadata": usage})


def test_what_is_written_to_an_app_is_what_googles_client_knows() -> None:
    body = json.loads(WIRE.write_reply(WANTED))
    known(body)
    again = WIRE.read_reply(json.dumps(body).encode(), TARGET)
    assert again.choices == WANTED.choices and again.usage is not None and WANTED.usage is not None
    assert (again.usage.input, again.usage.output) == (WANTED.usage.input, WANTED.usage.output)


def test_a_stream_written_to_an_app_reads_back_the_same() -> None:
    writer = WIRE.stream_writer(CALL)
    written = writer.write(events([FORMS["array"]])) + writer.end()
    for frame in written.split(b"\r\n\r\n")[:-1]:
        known(json.loads(frame.removeprefix(b"data: ")))
    assert fold(events([written])).choices == WANTED.choices


def test_an_error_of_ours_is_read_back_as_one() -> None:
    frame = WIRE.stream_writer(CALL).fail(RateLimited("Slow down.", retry_after=7))
    assert frame.endswith(b"\r\n\r\n")
    last = events([frame])[-1]
    assert isinstance(last, Failed) and isinstance(last.error, RateLimited) and last.error.retry_after == 7


def test_another_wires_parts_are_refused_by_name() -> None:
    reply = fold(events([FORMS["lf"]]))
    choice = reply.choices[0]
    strange = Reply(id="", model="", choices=(type(choice)(index=0, parts=(Opaque(wire="x", value={}),), finish=None),))
    with pytest.raises(UnsupportedFeature):
        WIRE.write_reply(strange)
    said = Reply(id="", model="", choices=(type(choice)(index=0, parts=(Refusal(text="No."),), finish=Finish.REFUSAL),))
    assert json.loads(WIRE.write_reply(said))["candidates"][0]["finishReason"] == "SAFETY"


def test_a_signature_survives_an_openai_app() -> None:
    message = json.loads(OPENAI.write_reply(WANTED))["choices"][0]["message"]
    body = {"model": "m", "messages": [{"role": "user", "content": "?"}, message]}
    body["messages"] += [
        {"role": "tool", "tool_call_id": call["id"], "content": "ok"} for call in reversed(message["tool_calls"])
    ]
    sent = json.loads(WIRE.write_request(OPENAI.read_request(body), TARGET).content)
    text, empty, look, wait = sent["contents"][1]["parts"]
    assert text == {"text": 'Grüße "[{\\ you ☃.'} and empty == {"text": "", "thoughtSignature": "c2ln"}
    assert look == {"functionCall": {"name": "look", "args": {"at": "sky]}"}}, "thoughtSignature": "c2ln"}
    assert wait == {"functionCall": {"name": "wait", "args": {}, "id": "k7"}}
    assert sent["contents"][2]["parts"] == [
        {"functionResponse": {"name": "look", "response": {"output": "ok"}}},
        {"functionResponse": {"name": "wait", "response": {"output": "ok"}, "id": "k7"}},
    ]
