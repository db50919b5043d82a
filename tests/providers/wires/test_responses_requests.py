"""Requests: an app's read, and ours written to vendors."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openai.types.responses.response_create_params import ResponseCreateParams
from pydantic import TypeAdapter

from providers.canonical import Call, Image, Message, Opaque, Text, Tool, ToolCall, ToolChoice, ToolResult
from providers.errors import RequestRejected, UnsupportedFeature
from tests.providers.wires.responses_cast import (
    CHAT,
    SEALED,
    WEATHER,
    WIRE,
    asked,
    call_of,
    from_chat,
    message,
    response,
    stream,
    streamed,
    target,
    target_with,
    whole,
    written,
)

OFFICIAL: TypeAdapter[Any] = TypeAdapter(ResponseCreateParams)
CONVERSATION: list[dict[str, Any]] = [
    {"type": "message", "role": "developer", "content": "Be brief."},
    {
        "type": "message",
        "role": "user",
        "content": [
            {"type": "input_text", "text": "Weather?"},
            {"type": "input_image", "image_url": "data:image/png;base64,aGk=", "detail": "low"},
            {"type": "input_file", "filename": "a.pdf", "file_data": "data:application/pdf;base64,aGk="},
        ],
    },
    SEALED,
    message("Looking.", phase="commentary"),
    call_of("weather", '{"city":"Rome"}'),
    {"type": "custom_tool_call", "id": "ctc_1", "call_id": "call_p", "name": "patch", "input": "x"},
    {"type": "function_call_output", "call_id": "call_weather", "output": "Sunny"},
    {"type": "custom_tool_call_output", "call_id": "call_p", "output": "done"},
    {"type": "web_search_call", "id": "ws_1", "status": "completed", "action": {"type": "search", "query": "x"}},
    message("Sunny."),
    message("Truly."),
]
WHOLE: dict[str, Any] = {
    "model": "odd-1",
    "input": CONVERSATION,
    "instructions": "You are kind.",
    "stream": True,
    "tools": [WEATHER, {"type": "custom", "name": "patch"}, {"type": "web_search"}],
    "tool_choice": {"type": "allowed_tools", "mode": "auto", "tools": [{"type": "function", "name": "weather"}]},
    "parallel_tool_calls": False,
    "max_output_tokens": 64,
    "temperature": 0.5,
    "top_p": 0.9,
    "store": False,
    "include": ["reasoning.encrypted_content"],
    "reasoning": {"effort": "low", "summary": "auto"},
    "text": {"format": {"type": "json_schema", "name": "a", "schema": {"type": "object"}}, "verbosity": "low"},
    "prompt_cache_key": "k",
    "previous_response_id": "resp_0",
}


def test_a_request_that_was_read_is_written_again_as_it_was() -> None:
    assert written(WIRE.read_request(WHOLE), target_with()) == WHOLE
    OFFICIAL.validate_python(WHOLE)


def test_a_string_is_a_message_of_the_user() -> None:
    assert written(asked(), target_with()) == {
        "model": "odd-1",
        "input": [{"type": "message", "role": "user", "content": "Hi"}],
    }


def test_what_the_model_said_in_one_turn_is_one_message() -> None:
    roles = [one.role for one in WIRE.read_request({"model": "m", "input": CONVERSATION}).messages]
    assert roles == ["developer", "user", "assistant", "tool", "tool", "assistant"]


def test_pass_through_changes_the_model_only_and_leaves_the_body_alone() -> None:
    before = json.dumps(WHOLE)
    parts = WIRE.patch_request(WHOLE, target_with())
    assert json.loads(parts.content) == WHOLE and json.dumps(WHOLE) == before
    assert parts.path == "/responses" and parts.dropped == ()


def test_a_vendors_quirks_hold_here_too() -> None:
    parts = WIRE.patch_request(WHOLE, target_with(quirks={"drop": frozenset({"store"})}))
    assert "store" not in json.loads(parts.content) and parts.dropped == ("store",)


@pytest.mark.parametrize(
    ("chat_path", "path"),
    [("/chat/completions", "/responses"), ("/v1/chat/completions?a=b", "/v1/responses?a=b"), ("/odd", "/responses")],
)
def test_responses_stand_beside_chat(chat_path: str, path: str) -> None:
    assert WIRE.write_request(asked(), target_with(chat_path=chat_path)).path == path


@pytest.mark.parametrize("name", ["previous_response_id", "conversation", "prompt", "background"])
def test_what_leans_on_the_vendors_memory_is_refused_elsewhere(name: str) -> None:
    call = asked(**{name: "resp_1"})
    assert written(call)[name] == "resp_1"
    assert written(call)["input"] == [{"type": "message", "role": "user", "content": "Hi"}]
    with pytest.raises(UnsupportedFeature, match=name):
        CHAT.write_request(call, target())


def test_codex_is_read_with_all_its_tools() -> None:
    extra = {"type": "additional_tools", "role": "developer", "tools": [{"type": "namespace", "name": "shell"}]}
    call = WIRE.read_request(
        {
            "model": "gpt-6.1-sol",
            "input": [extra, {"role": "user", "content": "Hi"}],
            "tools": [{"type": "namespace", "name": "n", "tools": []}, {"type": "tool_search"}, {"type": "web_search"}],
            "client_metadata": {"a": "b"},
        }
    )
    assert all(isinstance(tool, Opaque) and tool.wire == "responses" for tool in call.tools)
    assert written(call)["input"][0] == extra and written(call)["client_metadata"] == {"a": "b"}


def test_a_chat_request_becomes_a_stateless_response() -> None:
    call = from_chat(
        {"role": "system", "content": "Be kind."},
        {"role": "user", "content": [{"type": "image_url", "image_url": {"url": "https://a/b.png"}}]},
        tools=[{"type": "function", "function": {"name": "weather", "parameters": {"type": "object"}}}],
        tool_choice={"type": "function", "function": {"name": "weather"}},
        max_tokens=64,
        reasoning_effort="high",
        verbosity="low",
        response_format={"type": "json_object"},
        seed=3,
        metadata={"a": "b"},
    )
    parts = WIRE.write_request(call, target())
    body = json.loads(parts.content)
    OFFICIAL.validate_python(body)
    assert body == {
        "model": "gpt-5.4-mini",
        "input": [
            {"type": "message", "role": "system", "content": "Be kind."},
            {
                "type": "message",
                "role": "user",
                "content": [{"type": "input_image", "image_url": "https://a/b.png", "detail": "auto"}],
            },
        ],
        "tools": [{"type": "function", "name": "weather", "parameters": {"type": "object"}, "strict": False}],
        "tool_choice": {"type": "function", "name": "weather"},
        "max_output_tokens": 64,
        "store": False,
        "include": ["reasoning.encrypted_content"],
        "text": {"format": {"type": "json_object"}, "verbosity": "low"},
        "reasoning": {"effort": "high"},
        "metadata": {"a": "b"},
    }
    assert parts.dropped == ("seed",)


def test_a_model_that_never_reasons_is_not_asked_for_its_reasoning() -> None:
    assert "include" not in written(from_chat(), target(model="gpt-4o"))
    assert "include" not in written(from_chat(), target(model="my-gpt-4.1-deployment"))


@pytest.mark.parametrize(
    ("field", "value"),
    [("stop", ["x"]), ("n", 2), ("modalities", ["text", "audio"])],
)
def test_a_feature_that_is_not_there_is_refused_by_name(field: str, value: Any) -> None:
    with pytest.raises(UnsupportedFeature) as caught:
        WIRE.write_request(from_chat(**{field: value}), target())
    assert caught.value.param == field


def test_chats_custom_tools_become_flat() -> None:
    grammar = {"type": "grammar", "grammar": {"syntax": "lark", "definition": "start: A"}}
    call = from_chat(
        tools=[{"type": "custom", "custom": {"name": "patch", "format": grammar}}],
        tool_choice={"type": "custom", "custom": {"name": "patch"}},
    )
    body = written(call)
    flat = {"type": "grammar", "syntax": "lark", "definition": "start: A"}
    assert body["tools"] == [{"type": "custom", "name": "patch", "format": flat}]
    assert body["tool_choice"] == {"type": "custom", "name": "patch"}


def test_anothers_own_tool_is_refused() -> None:
    call = from_chat(tools=[{"type": "web_search_20250305", "name": "web_search"}])
    with pytest.raises(UnsupportedFeature):
        WIRE.write_request(call, target())


@pytest.mark.parametrize("stream_it", [False, True])
def test_sealed_reasoning_survives_the_way_through_a_chat_app(stream_it: bool) -> None:
    items = (SEALED, call_of("weather", '{"city":"Rome"}'))
    reply = streamed(stream(*items)) if stream_it else whole(response(*items))
    said = json.loads(CHAT.write_reply(reply))["choices"][0]["message"]
    call = from_chat(
        {"role": "user", "content": "Weather?"},
        said,
        {"role": "tool", "tool_call_id": "call_weather", "content": "Sunny"},
    )
    body = written(call)
    OFFICIAL.validate_python(body)
    assert body["input"][1:] == [
        SEALED,
        {"type": "function_call", "call_id": "call_weather", "name": "weather", "arguments": '{"city":"Rome"}'},
        {"type": "function_call_output", "call_id": "call_weather", "output": "Sunny"},
    ]


def test_reasoning_sealed_by_another_vendor_is_left_out_and_named() -> None:
    details = [{"type": "reasoning.encrypted", "data": "x", "format": "anthropic-claude-v1", "id": "rs_9"}]
    call = from_chat(
        {"role": "user", "content": "Hi"}, {"role": "assistant", "content": "A", "reasoning_details": details}
    )
    parts = WIRE.write_request(call, target())
    assert "messages.reasoning" in parts.dropped
    assert [item["type"] for item in json.loads(parts.content)["input"]] == ["message", "message"]


def test_plain_reasoning_goes_only_where_it_is_taken() -> None:
    call = from_chat(
        {"role": "user", "content": "Hi"}, {"role": "assistant", "content": "A", "reasoning_content": "Hm"}
    )
    assert "messages.reasoning_content" in WIRE.write_request(call, target()).dropped
    taken = written(call, target_with())["input"][1]
    assert taken == {"type": "reasoning", "summary": [], "content": [{"type": "reasoning_text", "text": "Hm"}]}


def test_a_failed_tool_says_so_and_pictures_stay_in_the_result() -> None:
    result = ToolResult(call_id="c", parts=(Text(text="No."), Image(url="https://a")), is_error=True)
    calls = ToolCall(id="c", name="f", arguments="{}")
    call = Call(
        model="m",
        wire="anthropic",
        messages=(Message(role="assistant", parts=(calls,)), Message(role="tool", parts=(result,))),
        tools=(Tool(name="f"),),
        tool_choice=ToolChoice(mode="required"),
    )
    body = written(call)
    OFFICIAL.validate_python(body)
    assert body["input"][1]["output"][0]["text"] == "Error:" and body["input"][1]["output"][2]["type"] == "input_image"
    assert body["tool_choice"] == "required"


@pytest.mark.parametrize(
    ("body", "param"),
    [
        ({"input": 3}, "input"),
        ({"input": None}, "input"),
        ({"input": [3]}, "input[0]"),
        ({"input": [{}]}, "input[0].type"),
        ({"input": [{"role": "robot", "content": ""}]}, "input[0].role"),
        ({"input": [{"role": "user", "content": 3}]}, "input[0].content"),
        ({"input": [{"role": "user", "content": [{"type": "input_text"}]}]}, "input[0].content[0].text"),
        ({"input": [{"type": "function_call", "call_id": "a"}]}, "input[0].name"),
        ({"input": [{"type": "reasoning", "summary": "x"}]}, "input[0].summary"),
        ({"model": None}, "model"),
        ({"tools": {}}, "tools"),
        ({"tools": [{"type": "function"}]}, "tools[0].name"),
        ({"tool_choice": "maybe"}, "tool_choice"),
        ({"tool_choice": {"type": 3}}, "tool_choice.type"),
        ({"text": "x"}, "text"),
        ({"text": {"format": {"type": "xml"}}}, "text.format.type"),
        ({"reasoning": "high"}, "reasoning"),
        ({"instructions": ["x"]}, "instructions"),
        ({"max_output_tokens": "many"}, "max_output_tokens"),
    ],
)
def test_a_malformed_field_is_named(body: dict[str, Any], param: str) -> None:
    with pytest.raises(RequestRejected) as caught:
        asked(**body)
    assert caught.value.param == param and caught.value.status == 400


ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
FIELDS = st.sampled_from([*WHOLE, "user"])
ITEM_FIELDS = st.sampled_from(["type", "role", "content", "output", "name", "call_id", "arguments", "summary", "id"])


@given(field=FIELDS, value=ANY)
def test_no_value_of_any_field_is_worse_than_a_clear_refusal(field: str, value: Any) -> None:
    with suppress(RequestRejected):
        WIRE.write_request(WIRE.read_request({**WHOLE, field: value}), target())


@given(at=st.integers(0, len(CONVERSATION) - 1), field=ITEM_FIELDS, value=ANY)
def test_no_value_in_any_item_is_worse_than_a_clear_refusal(at: int, field: str, value: Any) -> None:
    items = [{**item, field: value} if index == at else item for index, item in enumerate(CONVERSATION)]
    with suppress(RequestRejected):
        WIRE.write_request(WIRE.read_request({"model": "m", "input": items}), target())
