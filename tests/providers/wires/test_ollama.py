"""Ollama's wire towards a server: what it sends, what it reads, at every cut."""

from __future__ import annotations

import contextlib
import itertools
import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers.canonical import (
    Audio,
    Call,
    Event,
    Failed,
    File,
    Finish,
    Image,
    Message,
    Opaque,
    OutputFormat,
    Reasoning,
    Reply,
    Target,
    Text,
    Thinking,
    Tool,
    ToolCall,
    ToolChoice,
    ToolResult,
)
from providers.errors import (
    ContextTooLong,
    CredentialInvalid,
    ModelNotServed,
    QuotaExceeded,
    RequestRejected,
    Retry,
    StreamBroken,
    UnsupportedFeature,
    UpstreamError,
    VendorFailed,
    VendorGarbled,
    VendorOverloaded,
)
from providers.vendors.base import ModelFact
from providers.vendors.ollama import VENDOR, read_models
from providers.wires.base import fold
from providers.wires.ollama import WIRE

TARGET = Target(provider="ollama", model="gpt-oss:20b", vendor=VENDOR)
HEAD = {"model": "gpt-oss:20b", "created_at": "2026-08-07T06:08:14.73237Z"}
LAST = {"done": True, "done_reason": "stop", "prompt_eval_count": 21, "eval_count": 7, "total_duration": 12}


def line(content: str = "", **message: Any) -> bytes:
    body = {**HEAD, "message": {"role": "assistant", "content": content, **message}, "done": False}
    return json.dumps(body, ensure_ascii=False).encode() + b"\n"


def last(**fields: Any) -> bytes:
    return json.dumps({**HEAD, "message": {"role": "assistant", "content": ""}, **LAST, **fields}).encode() + b"\n"


def weather(city: str) -> dict[str, Any]:
    return {"function": {"name": "weather", "arguments": {"city": city}}}


STREAM = b"".join(
    (
        line(thinking="Let me "),
        line(thinking="lööк."),
        line("I will"),
        line(" ask."),
        line(tool_calls=[weather("Rome"), weather("Oslo")]),
        last(),
    )
)


def read(*pieces: bytes) -> list[Event]:
    reader = WIRE.stream_reader(TARGET)
    return [event for piece in pieces for event in reader.feed(piece)] + reader.close()


def reply(**fields: Any) -> Reply:
    return WIRE.read_reply(json.dumps({**HEAD, **LAST, **fields}).encode(), TARGET)


def asked(*messages: Message, **fields: Any) -> Call:
    return Call(model="m", messages=messages or (user("Hi"),), **fields)


def user(text: str) -> Message:
    return Message(role="user", parts=(Text(text=text),))


def sent(call: Call, target: Target = TARGET) -> dict[str, Any]:
    body: dict[str, Any] = json.loads(WIRE.write_request(call, target).content)
    return body


def test_a_stream_gives_thought_text_calls_and_usage() -> None:
    found = fold(read(STREAM))
    choice = found.choices[0]
    assert [part.text for part in choice.parts if isinstance(part, Reasoning | Text)] == ["Let me lööк.", "I will ask."]
    calls = [part for part in choice.parts if isinstance(part, ToolCall)]
    assert [json.loads(call.arguments) for call in calls] == [{"city": "Rome"}, {"city": "Oslo"}]
    assert choice.finish is Finish.TOOL_CALLS and choice.raw_finish == "stop"
    assert found.usage and (found.usage.input, found.usage.output) == (21, 7)
    assert found.model == "gpt-oss:20b" and found.created == 1_786_082_894


def test_calls_without_ids_get_different_ones_and_the_same_on_every_reading() -> None:
    first, again = ([p.id for p in fold(read(STREAM)).choices[0].parts if isinstance(p, ToolCall)] for _ in range(2))
    assert first == again and len(set(first)) == 2
    later = STREAM.replace(b"06:08:14", b"06:09:14")
    assert not {p.id for p in fold(read(later)).choices[0].parts if isinstance(p, ToolCall)} & set(first)


@given(st.lists(st.integers(0, len(STREAM)), max_size=12))
def test_a_stream_reads_the_same_however_it_is_cut(at: list[int]) -> None:
    places = [0, *sorted(at), len(STREAM)]
    assert fold(read(*(STREAM[a:b] for a, b in itertools.pairwise(places)))) == fold(read(STREAM))


@given(st.integers(0, len(STREAM) - 2))
def test_a_stream_that_ends_early_is_broken(end: int) -> None:
    final = read(STREAM[:end])[-1]
    assert isinstance(final, Failed) and isinstance(final.error, StreamBroken)


def test_a_last_line_without_its_newline_counts() -> None:
    assert fold(read(STREAM.rstrip(b"\n"))) == fold(read(STREAM))


def test_an_error_line_in_mid_stream_fails_it() -> None:
    final = read(line("He"), b'{"error":"an error was encountered while running the model"}\n')[-1]
    assert isinstance(final, Failed) and isinstance(final.error, VendorFailed)
    assert "running the model" in str(final.error)


@pytest.mark.parametrize("junk", [b"<html>nope</html>\n", b"[1]\n", b'"x"\n', b"{}\n"])
def test_junk_in_a_stream_is_garbled(junk: bytes) -> None:
    final = read(line("He"), junk)[-1]
    assert isinstance(final, Failed) and isinstance(final.error, VendorGarbled)


@pytest.mark.parametrize("junk", [b"", b"nope", b"[]", b"{}", b'{"models":[]}'])
def test_a_whole_reply_that_is_none_raises(junk: bytes) -> None:
    with pytest.raises((VendorGarbled, StreamBroken)):
        WIRE.read_reply(junk, TARGET)


def test_a_stream_nobody_asked_for_is_read_as_a_whole() -> None:
    assert WIRE.read_reply(STREAM, TARGET) == fold(read(STREAM))


def test_generate_answers_are_read_too() -> None:
    found = reply(response="OK", thinking="Say OK.", context=[1, 2])
    assert [part.text for part in found.choices[0].parts] == ["Say OK.", "OK"]  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("reason", "finish"),
    [("stop", Finish.STOP), ("length", Finish.LENGTH), ("load", Finish.STOP), (None, Finish.UNKNOWN)],
)
def test_done_reasons(reason: str | None, finish: Finish) -> None:
    assert reply(message={"content": "x"}, done_reason=reason).choices[0].finish is finish


def test_usage_is_unknown_where_the_prompt_was_not_counted() -> None:
    body = {**HEAD, "message": {"content": "x"}, "done": True, "eval_count": 7}
    assert WIRE.read_reply(json.dumps(body).encode(), TARGET).usage is None


def test_logarithms_are_in_the_form_openais_apps_know() -> None:
    found = {"token": "x", "logprob": -0.5, "bytes": [120], "top_logprobs": []}
    events = read(line("x")[:-2] + b',"logprobs":[' + json.dumps(found).encode() + b"]}\n", last())
    assert fold(events).choices[0].extra["logprobs"] == {"content": [found]}


def test_a_request_has_numbers_under_options_and_its_own_path() -> None:
    call = asked(max_output=9, temperature=0.5, top_k=3, stop=("x",), seed=1, extra={"options": {"num_ctx": 8192}})
    parts = WIRE.write_request(call, TARGET)
    assert parts.path == "/api/chat" and not parts.dropped
    assert json.loads(parts.content) == {
        "model": "gpt-oss:20b",
        "messages": [{"role": "user", "content": "Hi"}],
        "stream": False,
        "options": {"num_ctx": 8192, "num_predict": 9, "temperature": 0.5, "top_k": 3, "stop": ["x"], "seed": 1},
    }


def test_a_tool_loop_is_sent_with_objects_and_names() -> None:
    call = ToolCall(id="c1", name="weather", arguments='{"city":"Rome"}')
    result = ToolResult(call_id="c1", parts=(Text(text="warm"),))
    thought = Reasoning(text="Hm.")
    body = sent(asked(Message(role="assistant", parts=(thought, call)), Message(role="tool", parts=(result,))))
    assert body["messages"] == [
        {
            "role": "assistant",
            "content": "",
            "thinking": "Hm.",
            "tool_calls": [{"id": "c1", "function": {"name": "weather", "arguments": {"city": "Rome"}}}],
        },
        {"role": "tool", "content": "warm", "tool_name": "weather", "tool_call_id": "c1"},
    ]


@pytest.mark.parametrize("text", ["[1]", "not json", "3"])
def test_arguments_that_are_no_object_still_reach_the_model(text: str) -> None:
    body = sent(asked(Message(role="assistant", parts=(ToolCall(id="c", name="n", arguments=text),))))
    assert "input" in body["messages"][0]["tool_calls"][0]["function"]["arguments"]


def test_images_go_as_bare_data() -> None:
    parts = (
        Text(text="What?"),
        Image(data="iVBORw0KGgo=", media_type="image/png"),
        Image(url="data:image/png;base64,AA"),
    )
    assert sent(asked(Message(role="user", parts=parts)))["messages"][0]["images"] == ["iVBORw0KGgo=", "AA"]


@pytest.mark.parametrize(
    ("thinking", "think"),
    [
        (Thinking(effort="low"), "low"),
        (Thinking(effort="minimal"), "low"),
        (Thinking(effort="xhigh"), "high"),
        (Thinking(effort="none"), False),
        (Thinking(enabled=False), False),
        (Thinking(enabled=True, budget=5), True),
    ],
)
def test_thinking(thinking: Thinking, think: bool | str) -> None:
    assert sent(asked(thinking=thinking))["think"] == think


def test_a_model_that_cannot_think_is_not_asked_to() -> None:
    vendor = replace(VENDOR, models=(ModelFact(id="plain", reasoning=False),), other_wires=())
    parts = WIRE.write_request(
        asked(thinking=Thinking(effort="low")), Target(provider="o", model="plain", vendor=vendor)
    )
    assert "think" not in json.loads(parts.content) and parts.dropped == ("reasoning_effort",)


@pytest.mark.parametrize(
    ("wanted", "form"),
    [
        (OutputFormat(kind="json_object"), "json"),
        (OutputFormat(kind="json_schema", schema={"type": "object"}), {"type": "object"}),
        (OutputFormat(kind="json_schema"), "json"),
    ],
)
def test_formats(wanted: OutputFormat, form: Any) -> None:
    assert sent(asked(output_format=wanted))["format"] == form


TOOL = Tool(name="weather", parameters={"type": "object"})


@pytest.mark.parametrize(
    "call",
    [
        asked(n=2),
        asked(tools=(TOOL,), tool_choice=ToolChoice(mode="required")),
        asked(tools=(TOOL,), tool_choice=ToolChoice(mode="named", name="weather")),
        asked(tools=(Opaque(wire="anthropic", value={"type": "web_search"}),)),
        asked(Message(role="user", parts=(Image(url="https://x.test/a.png"),))),
        asked(Message(role="user", parts=(Audio(data="AA", format="wav"),))),
        asked(Message(role="user", parts=(File(data="AA", media_type="application/pdf"),))),
        asked(Message(role="user", parts=(Opaque(wire="gemini", value={"type": "x"}),))),
        asked(extra={"modalities": ["audio"]}),
        asked(extra={"web_search_options": {"a": 1}}),
        asked(extra={"documents": ["d"]}, wire="cohere"),
    ],
)
def test_what_ollama_cannot_do_is_refused_by_name(call: Call) -> None:
    with pytest.raises(UnsupportedFeature, match="Ollama"):
        WIRE.write_request(call, TARGET)


def test_knobs_it_does_not_know_are_dropped_by_name() -> None:
    call = asked(user="u", parallel_tool_calls=False, extra={"logit_bias": {"1": 2}, "store": True, "keep_alive": "5m"})
    parts = WIRE.write_request(call, TARGET)
    assert parts.dropped == ("logit_bias", "parallel_tool_calls", "store", "user")
    assert json.loads(parts.content)["keep_alive"] == "5m"


def test_a_choice_of_no_tool_leaves_the_tools_out() -> None:
    assert "tools" not in sent(asked(tools=(TOOL,), tool_choice=ToolChoice(mode="none")))


def test_options_that_are_no_object_are_the_apps_mistake() -> None:
    with pytest.raises(RequestRejected) as caught:
        WIRE.write_request(asked(extra={"options": [1]}), TARGET)
    assert caught.value.param == "options"


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (404, b'{"error":"model \\"x\\" not found, try pulling it first"}', ModelNotServed),
        (404, b'{"error":"model \'x\' not found"}', ModelNotServed),
        (400, b'{"error":"prompt too long; exceeded max context length by 9 tokens"}', ContextTooLong),
        (400, b'{"error":"the input length exceeds the context length"}', ContextTooLong),
        (401, b'{"error":"unauthorized"}', CredentialInvalid),
        (429, b'{"error":"you have reached your weekly usage limit"}', QuotaExceeded),
        (503, b'{"error":"server busy, please try again.  maximum pending requests exceeded"}', VendorOverloaded),
        (500, b'{"error":"model requires more system memory (9 GiB) than is available (1 GiB)"}', VendorFailed),
        (400, b'{"error":{"message":"json: cannot unmarshal","type":"invalid_request_error"}}', RequestRejected),
        (502, b"<html><title>Bad Gateway</title></html>", VendorFailed),
        (500, b"", VendorFailed),
    ],
)
def test_errors(status: int, body: bytes, kind: type[UpstreamError]) -> None:
    assert type(WIRE.read_error(status, {}, body, TARGET)) is kind


def test_a_model_without_tools_leaves_the_call_to_the_next_target() -> None:
    error = WIRE.read_error(400, {}, b'{"error":"registry.ollama.ai/library/x does not support tools"}', TARGET)
    assert isinstance(error, RequestRejected)
    assert (error.code, error.retry) == ("unsupported_feature", Retry.NEXT_TARGET)


def test_the_vendor_lists_what_was_pulled_and_may_be_called_as_openai() -> None:
    assert read_models(b'{"models":[{"name":"a:1","model":"a:1"},{"name":"b"},3]}') == ["a:1", "b"]
    assert [setting.name for setting in VENDOR.settings] == ["wire"]
    assert VENDOR.auth.headers(None) == () and VENDOR.auth.headers("k") == (("Authorization", "Bearer k"),)
    with pytest.raises(ValueError, match="no list"):
        read_models(b"[]")


words = st.sampled_from(
    ["message", "content", "thinking", "tool_calls", "function", "name", "arguments", "done", "error"]
)
anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words | st.text(max_size=3), inner, max_size=4),
    max_leaves=8,
)


@given(st.dictionaries(words | st.sampled_from(["response", "done_reason", "logprobs", "eval_count"]), anything))
def test_no_answer_makes_the_reader_crash(chunk: dict[str, Any]) -> None:
    data = json.dumps(chunk).encode()
    read(line("a"), data + b"\n", last())
    with contextlib.suppress(UpstreamError):
        WIRE.write_reply(WIRE.read_reply(data, TARGET))
