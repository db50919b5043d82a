"""Responses from vendors: whole, streamed, cut anywhere, tapped, failed."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers.canonical import Failed, Finish, Opaque, Reasoning, Refusal, Text, ToolCall
from providers.errors import (
    ContentRefused,
    ContextTooLong,
    RateLimited,
    RequestRejected,
    StreamBroken,
    UpstreamError,
    VendorFailed,
    VendorGarbled,
)
from providers.wires.base import fold
from tests.providers.wires.responses_cast import (
    CHAT,
    ITEMS,
    SEALED,
    USAGE,
    WIRE,
    call_of,
    cut,
    frame,
    message,
    read,
    response,
    stream,
    streamed,
    tapped,
    target,
    whole,
)

every = pytest.mark.parametrize("items", ITEMS.values(), ids=ITEMS.keys())


@every
def test_a_stream_and_a_whole_response_tell_the_same(items: tuple[dict[str, Any], ...]) -> None:
    assert streamed(stream(*items)) == whole(response(*items))


@given(items=st.sampled_from(sorted(ITEMS)), at=st.lists(st.integers(0, 9999), max_size=20))
def test_where_a_stream_is_cut_changes_nothing(items: str, at: list[int]) -> None:
    data = stream(*ITEMS[items])
    assert read(cut(data, at)) == read([data])


@given(items=st.sampled_from(sorted(ITEMS)), end=st.integers(1, 400))
def test_a_stream_that_stops_short_is_broken(items: str, end: int) -> None:
    data = stream(*ITEMS[items])
    events = read([data[: max(1, len(data) - end - 2)]])
    assert isinstance(events[-1], Failed) and isinstance(events[-1].error, StreamBroken)


@given(items=st.sampled_from(sorted(ITEMS)), at=st.lists(st.integers(0, 9999), max_size=20))
def test_a_tap_lets_every_byte_through_and_hears_the_end(items: str, at: list[int]) -> None:
    data = stream(*ITEMS[items]) + b"data: [DONE]\n\n"
    tap, out = tapped(cut(data, at))
    assert out + tap.end() == data
    assert tap.done and tap.started and tap.error is None and tap.model == "gpt-5.4-mini-2026"
    assert tap.usage == streamed(data).usage and tap.finish == streamed(data).choices[0].finish


def test_all_parts_of_an_answer_are_read() -> None:
    reply = whole(response(*ITEMS["thought and call"]))
    thought, text, weather, now = reply.choices[0].parts
    assert isinstance(thought, Reasoning) and thought.text == "Let me\n\nlook." and thought.encrypted == "gAAAAsealed"
    assert thought.extra["id"] == "rs_1" and thought.extra["type"] == "reasoning.encrypted"
    assert text == Text(text="Looking.", extra={"item": {"id": "msg_1", "phase": "commentary"}})
    assert isinstance(weather, ToolCall) and (weather.id, weather.arguments) == ("call_weather", '{"city":"Rome"}')
    assert isinstance(now, ToolCall) and now.arguments == "{}"
    assert reply.choices[0].finish is Finish.TOOL_CALLS


def test_usage_counts_cached_input_and_reasoning_in() -> None:
    usage = whole(response(message("Hi"), service_tier="flex")).usage
    assert usage is not None and (usage.input, usage.output, usage.cached_input, usage.reasoning) == (12, 9, 4, 5)
    assert usage.extra == {"service_tier": "flex"}


def test_a_response_without_usage_has_none() -> None:
    assert whole(response(message("Hi"), usage=None)).usage is None


@pytest.mark.parametrize(
    ("reason", "finish"),
    [("max_output_tokens", Finish.LENGTH), ("content_filter", Finish.CONTENT_FILTER), ("odd", Finish.UNKNOWN)],
)
def test_an_incomplete_response_says_why(reason: str, finish: Finish) -> None:
    details = {"incomplete_details": {"reason": reason}}
    choice = whole(response(message("Hel"), status="incomplete", **details)).choices[0]
    assert (choice.finish, choice.raw_finish) == (finish, reason)
    assert streamed(stream(message("Hel"), end="incomplete", **details)).choices[0] == choice


def test_a_refusal_is_one() -> None:
    choice = whole(response(*ITEMS["refusal"])).choices[0]
    assert choice.parts == (Refusal(text="No."),) and choice.finish is Finish.REFUSAL


def test_what_the_vendor_ran_itself_rides_along() -> None:
    search, text = whole(response(*ITEMS["search"])).choices[0].parts
    assert isinstance(search, Opaque) and search.wire == "responses" and search.value["id"] == "ws_1"
    assert isinstance(text, Text) and text.text == "It is."


def test_citations_are_spelled_as_chat_does() -> None:
    cited = {"type": "url_citation", "url": "https://a", "title": "A", "start_index": 0, "end_index": 2}
    item = message("Hi")
    item["content"][0]["annotations"] = [cited]
    expected = {"type": "url_citation", "url_citation": {k: v for k, v in cited.items() if k != "type"}}
    assert whole(response(item)).choices[0].extra == {"message": {"annotations": [expected]}}
    in_chat = json.loads(CHAT.write_reply(whole(response(item))))
    assert in_chat["choices"][0]["message"]["annotations"] == [expected]


def test_a_citation_that_came_only_by_itself_is_kept() -> None:
    note = frame("response.output_text.annotation.added", output_index=0, annotation={"type": "file_citation"})
    data = stream(message("Hi")).replace(
        b"event: response.output_item.done", note + b"event: response.output_item.done"
    )
    assert streamed(data).choices[0].extra == {"message": {"annotations": [{"type": "file_citation"}]}}


def test_a_stream_that_counts_contents_from_one_is_told_once() -> None:
    data = stream(message("Hello")).replace(b'"content_index": 0', b'"content_index": 1')
    assert streamed(data).choices[0].parts == whole(response(message("Hello"))).choices[0].parts


def test_a_call_without_an_id_gets_the_same_one_whole_and_streamed() -> None:
    item = call_of("weather")
    del item["call_id"]
    (first,), (second,) = whole(response(item)).choices[0].parts, streamed(stream(item)).choices[0].parts
    assert isinstance(first, ToolCall) and first.id.startswith("call_") and first == second


def test_only_the_end_of_a_stream_holds_all_of_a_lazy_vendors_answer() -> None:
    end = frame("response.completed", response=response(*ITEMS["thought and call"]))
    assert streamed(end) == whole(response(*ITEMS["thought and call"]))


def test_a_whole_response_where_a_stream_was_asked_for_is_read() -> None:
    body = json.dumps(response(message("Hello"))).encode()
    assert streamed(body) == whole(response(message("Hello")))
    tap, out = tapped([body])
    assert streamed(out + tap.end()).choices[0].parts[0].text == "Hello"  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("code", "text", "kind"),
    [
        ("server_error", "The server had an error", VendorFailed),
        ("rate_limit_exceeded", "Rate limit reached", RateLimited),
        ("context_length_exceeded", "Your input exceeds the context window of this model", ContextTooLong),
        ("invalid_prompt", "Invalid prompt: flagged as potentially violating our usage policy", ContentRefused),
        ("image_content_policy_violation", "Bad picture", ContentRefused),
        ("invalid_image_url", "No picture there", RequestRejected),
        ("odd", "Who knows", VendorFailed),
    ],
)
def test_a_failed_response_is_an_error_by_its_code(code: str, text: str, kind: type[UpstreamError]) -> None:
    failed = response(status="failed") | {"error": {"code": code, "message": text}}
    with pytest.raises(kind) as caught:
        whole(failed)
    assert caught.value.message == text and caught.value.billed is not None
    for data in (
        frame("response.failed", response=failed),
        frame("error", code=code, message=text, param=None),
        frame("error", error={"code": code, "message": text}),
    ):
        with pytest.raises(kind):
            streamed(frame("response.created", response=response(status="in_progress")) + data)
        tap, out = tapped([data])
        assert type(tap.error) is type(caught.value) and out == b""


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b"{}", b'{"output": 3}', b'"x"'])
def test_what_is_no_response_is_garbled(body: bytes) -> None:
    with pytest.raises(VendorGarbled):
        WIRE.read_reply(body, target())
    assert isinstance(WIRE.tap_reply(body, target()).error, VendorGarbled)


def test_a_background_response_passes_through() -> None:
    body = json.dumps(response(status="queued", usage=None)).encode()
    assert WIRE.tap_reply(body, target()).error is None
    with pytest.raises(VendorGarbled):
        WIRE.read_reply(body, target())


def test_a_tapped_reply_tells_its_facts() -> None:
    facts = WIRE.tap_reply(json.dumps(response(*ITEMS["thought and call"])).encode(), target())
    assert facts.model == "gpt-5.4-mini-2026" and facts.finish is Finish.TOOL_CALLS
    assert facts.usage is not None and facts.usage.input == USAGE["input_tokens"]
    uncounted = WIRE.tap_reply(json.dumps(response(message("Hello"), usage=None)).encode(), target())
    assert uncounted.output_chars == 5


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["type", "content", "text", "summary", "name", "delta", "id"]), inner, max_size=4
        )
    ),
    max_leaves=12,
)


@given(item=JSON, kind=st.sampled_from(["message", "reasoning", "function_call", "custom_tool_call", "odd"]))
def test_no_item_of_whatever_form_breaks_the_reader(item: Any, kind: str) -> None:
    given_item = {**item, "type": kind} if isinstance(item, dict) else item
    whole(response(given_item))
    body = frame("response.output_item.added", output_index=0, item=given_item)
    body += frame("response.output_text.delta", output_index=0, delta=item, content_index=item)
    fold(read([body + frame("response.completed", response=response(given_item, usage=item))]))


def test_a_frame_that_is_no_json_is_garbled() -> None:
    with pytest.raises(VendorGarbled):
        streamed(b"data: {oops}\n\n")
    tap, _ = tapped([b"data: {oops}\n\n"])
    assert isinstance(tap.error, VendorGarbled)


def test_sealed_reasoning_names_whose_it_is() -> None:
    (part,) = whole(response(SEALED)).choices[0].parts
    assert isinstance(part, Reasoning) and part.extra["format"] == "openai-responses-v1"
