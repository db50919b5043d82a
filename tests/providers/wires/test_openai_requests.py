"""Requests: an app's body read, a vendor's body written, and the pass-through lane's patch."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from providers.canonical import (
    Audio,
    Call,
    File,
    Image,
    Message,
    Opaque,
    OutputFormat,
    Reasoning,
    Target,
    Text,
    Thinking,
    Tool,
    ToolCall,
    ToolChoice,
    ToolResult,
)
from providers.errors import RequestRejected, UnsupportedFeature
from tests.providers.wires.openai_cast import WIRE, target, target_with

USER = {"role": "user", "content": "hi"}


def call_of(*messages: Any, **fields: Any) -> Call:
    return WIRE.read_request({"model": "m", "messages": list(messages) or [USER], **fields})


def sent(call: Call, where: Target | None = None) -> dict[str, Any]:
    body: dict[str, Any] = json.loads(WIRE.write_request(call, where or target_with()).content)
    return body


def patched(body: dict[str, Any], where: Target) -> dict[str, Any]:
    result: dict[str, Any] = json.loads(WIRE.patch_request(body, where).content)
    return result


# --- read --------------------------------------------------------------------------------------------


def test_all_known_fields_are_read_and_the_rest_is_kept() -> None:
    call = call_of(
        stream=True,
        stream_options={"include_usage": True, "include_obfuscation": False},
        max_tokens=5,
        max_completion_tokens=7,
        temperature=0,
        top_p=0.5,
        top_k=3,
        stop="END",
        seed=1,
        n=2,
        presence_penalty=0.1,
        frequency_penalty=-0.1,
        user="u",
        parallel_tool_calls=False,
        reasoning_effort="high",
        logit_bias={"1": 2},
        brand_new=[1],
    )
    assert (call.stream, call.include_usage, call.max_output, call.stop) == (True, True, 7, ("END",))
    assert (call.temperature, call.top_p, call.top_k, call.seed, call.n, call.user) == (0, 0.5, 3, 1, 2, "u")
    assert (call.presence_penalty, call.frequency_penalty, call.parallel_tool_calls) == (0.1, -0.1, False)
    assert call.thinking == Thinking(effort="high")
    assert call.extra == {
        "logit_bias": {"1": 2},
        "brand_new": [1],
        "max_completion_tokens": 7,
        "stream_options": {"include_obfuscation": False},
    }


def test_parts_of_every_kind_are_read() -> None:
    content = [
        {"type": "text", "text": "a", "cache_control": {"type": "ephemeral"}},
        {"type": "image_url", "image_url": {"url": "https://x/y.png", "detail": "low"}},
        {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}},
        {"type": "image_url", "image_url": "https://x/z.png"},
        {"type": "input_audio", "input_audio": {"data": "BBBB", "format": "wav"}},
        {"type": "file", "file": {"file_id": "f1"}},
        {"type": "file", "file": {"file_data": "data:application/pdf;base64,CCCC", "filename": "a.pdf"}},
        {"type": "video_url", "video_url": {"url": "https://x/v.mp4"}},
    ]
    assert call_of({"role": "user", "content": content}).messages[0].parts == (
        Text(text="a", extra={"cache_control": {"type": "ephemeral"}}),
        Image(url="https://x/y.png", detail="low"),
        Image(data="AAAA", media_type="image/png"),
        Image(url="https://x/z.png"),
        Audio(data="BBBB", format="wav"),
        File(file_id="f1"),
        File(data="CCCC", media_type="application/pdf", name="a.pdf"),
        Opaque(wire="openai", value=content[-1]),
    )


def test_a_tool_turn_is_read() -> None:
    calls = [
        {"id": "a", "type": "function", "function": {"name": "f", "arguments": '{"x":1}'}, "extra_content": {"g": 1}},
        {"id": "b", "type": "custom", "custom": {"name": "patch", "input": "raw"}},
    ]
    asked, answered = call_of(
        {"role": "assistant", "content": None, "refusal": None, "tool_calls": calls},
        {"role": "tool", "tool_call_id": "a", "content": [{"type": "text", "text": "ok"}], "name": "f"},
    ).messages
    assert asked.parts == (
        ToolCall(id="a", name="f", arguments='{"x":1}', extra={"extra_content": {"g": 1}}),
        ToolCall(id="b", name="patch", arguments="raw", kind="custom"),
    )
    assert answered.parts == (ToolResult(call_id="a", parts=(Text(text="ok"),), name="f"),)


def test_a_legacy_function_turn_gets_an_id_that_matches() -> None:
    call = call_of(
        {"role": "assistant", "content": None, "function_call": {"name": "f", "arguments": "{}"}},
        {"role": "function", "name": "f", "content": "ok"},
        functions=[{"name": "f", "parameters": {"type": "object"}}],
        function_call={"name": "f"},
    )
    (asked,), (answered,) = (message.parts for message in call.messages)
    assert isinstance(asked, ToolCall) and isinstance(answered, ToolResult)
    assert asked.id and asked.id == answered.call_id
    assert call.tools == (Tool(name="f", parameters={"type": "object"}),)
    assert call.tool_choice == ToolChoice(mode="named", name="f")


@pytest.mark.parametrize(
    "fields, parts",
    [
        ({"reasoning_content": "t"}, (Reasoning(text="t"),)),
        ({"reasoning": "t"}, (Reasoning(text="t"),)),
        (
            {"reasoning_content": "t", "thinking_blocks": [{"type": "thinking", "thinking": "t", "signature": "S"}]},
            (Reasoning(text="t", signature="S"),),
        ),
        (
            {
                "thinking_blocks": [
                    {"type": "thinking", "thinking": "a"},
                    {"type": "thinking", "thinking": "b", "signature": "S"},
                ]
            },
            (Reasoning(text="ab", signature="S"),),
        ),
        ({"thinking_blocks": [{"type": "redacted_thinking", "data": "D"}]}, (Reasoning(encrypted="D"),)),
        (
            {"reasoning": "t", "reasoning_details": [{"type": "reasoning.encrypted", "data": "D", "id": "r"}]},
            (Reasoning(text="t"), Reasoning(encrypted="D", extra={"type": "reasoning.encrypted", "id": "r"})),
        ),
        ({"reasoning_content": 7, "thinking_blocks": "x", "reasoning_details": [None]}, ()),
    ],
)
def test_reasoning_of_earlier_turns_is_read(fields: dict[str, Any], parts: tuple[Reasoning, ...]) -> None:
    assert call_of({"role": "assistant", "content": "x", **fields}).messages[0].parts == (*parts, Text(text="x"))


@pytest.mark.parametrize(
    "choice, expected",
    [
        ("auto", ToolChoice(mode="auto")),
        ("any", ToolChoice(mode="required")),
        ({"type": "function", "function": {"name": "f"}}, ToolChoice(mode="named", name="f")),
        ({"type": "custom", "custom": {"name": "p"}}, ToolChoice(mode="named", name="p")),
        ({"type": "allowed_tools", "allowed_tools": {"mode": "required", "tools": []}}, ToolChoice(mode="required")),
        (None, None),
    ],
)
def test_tool_choices_are_read_and_sent_as_they_came(choice: Any, expected: ToolChoice | None) -> None:
    call = call_of(tool_choice=choice)
    assert call.tool_choice == expected
    assert sent(call).get("tool_choice") == ("required" if choice == "any" else choice)


def test_output_formats_are_read() -> None:
    schema = {"name": "n", "schema": {"type": "object"}, "strict": True, "description": "d"}
    assert call_of(response_format={"type": "json_schema", "json_schema": schema}).output_format == OutputFormat(
        kind="json_schema", schema={"type": "object"}, name="n", strict=True, extra={"description": "d"}
    )
    assert call_of(response_format={"type": "json_object"}).output_format == OutputFormat(kind="json_object")
    grammar = {"type": "grammar", "grammar": "root ::= x"}
    assert sent(call_of(response_format=grammar))["response_format"] == grammar


@pytest.mark.parametrize(
    "body, param",
    [
        ({"messages": [USER]}, "model"),
        ({"model": "m"}, "messages"),
        ({"model": "m", "messages": []}, "messages"),
        ({"model": "m", "messages": ["x"]}, "messages[0]"),
        ({"model": "m", "messages": [{"content": "x"}]}, "messages[0].role"),
        ({"model": "m", "messages": [{"role": "wizard", "content": "x"}]}, "messages[0].role"),
        ({"model": "m", "messages": [USER, USER, {"role": "user", "content": 5}]}, "messages[2].content"),
        ({"model": "m", "messages": [{"role": "user", "content": [{"type": "text"}]}]}, "messages[0].content[0].text"),
        ({"model": "m", "messages": [{"role": "tool", "content": "x"}]}, "messages[0].tool_call_id"),
        ({"model": "m", "messages": [USER], "temperature": "hot"}, "temperature"),
        ({"model": "m", "messages": [USER], "max_tokens": True}, "max_tokens"),
        ({"model": "m", "messages": [USER], "stop": [1]}, "stop"),
        ({"model": "m", "messages": [USER], "stream": "yes"}, "stream"),
        ({"model": "m", "messages": [USER], "tools": [{"type": "function"}]}, "tools[0].function"),
        ({"model": "m", "messages": [USER], "tools": [{"type": "function", "function": {}}]}, "tools[0].function.name"),
        ({"model": "m", "messages": [USER], "response_format": "json"}, "response_format"),
        ({"model": "m", "messages": [USER], "stream_options": []}, "stream_options"),
    ],
)
def test_what_is_malformed_is_named(body: dict[str, Any], param: str) -> None:
    with pytest.raises(RequestRejected) as caught:
        WIRE.read_request(body)
    assert caught.value.param == param and param in caught.value.message


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
KNOWN = st.sampled_from(
    [
        "messages",
        "tools",
        "functions",
        "function_call",
        "tool_choice",
        "response_format",
        "stream_options",
        "reasoning",
        "thinking",
        "stop",
    ]
)
PART = st.sampled_from(
    [
        "role",
        "content",
        "type",
        "text",
        "image_url",
        "url",
        "file",
        "file_data",
        "tool_calls",
        "function",
        "name",
        "id",
        "refusal",
    ]
)
MESSAGE = st.dictionaries(PART, JSON | st.lists(st.dictionaries(PART, JSON, max_size=4), max_size=2), max_size=5)


def read_or_refused(body: dict[str, Any]) -> Call | RequestRejected:
    try:
        return WIRE.read_request(body)
    except RequestRejected as error:
        return error


@settings(max_examples=50)
@given(
    st.dictionaries(KNOWN | st.text(max_size=8), JSON, max_size=6),
    st.lists(MESSAGE, min_size=1, max_size=3),
    st.booleans(),
)
def test_any_json_is_read_or_rejected(body: dict[str, Any], messages: list[Any], aimed: bool) -> None:
    if aimed:
        for message in messages:
            message.setdefault("role", "assistant")
        body = {**body, "model": "m", "messages": messages}
    result = read_or_refused(body)
    if isinstance(result, RequestRejected):
        assert result.param
    else:
        assert WIRE.read_request(sent(result)).messages == result.messages


def test_very_deep_parts_are_kept_not_walked() -> None:
    deep: Any = "x"
    for _ in range(500):
        deep = {"a": [deep]}
    assert call_of({"role": "user", "content": [{"type": "odd", "deep": deep}]}).messages[0].parts


# --- written -------------------------------------------------------------------------------------------

TEXT = st.text(max_size=8)
PARTS = st.one_of(
    st.builds(lambda text: {"type": "text", "text": text}, TEXT),
    st.builds(lambda text: {"type": "image_url", "image_url": {"url": f"https://x/{text}"}}, TEXT),
    st.just({"type": "image_url", "image_url": {"url": "data:image/gif;base64,AA"}}),
    st.just({"type": "input_audio", "input_audio": {"data": "AA", "format": "mp3"}}),
    st.just({"type": "file", "file": {"file_data": "data:application/pdf;base64,AA", "filename": "f"}}),
)
CALL = st.builds(
    lambda n, a: {"id": n, "type": "function", "function": {"name": "f", "arguments": a}}, TEXT, st.just("{}") | TEXT
)
MESSAGES = st.one_of(
    st.builds(
        lambda role, text: {"role": role, "content": text}, st.sampled_from(["system", "developer", "user"]), TEXT
    ),
    st.builds(lambda parts: {"role": "user", "content": parts}, st.lists(PARTS, min_size=1, max_size=3)),
    st.builds(
        lambda text, calls, thought: {
            "role": "assistant",
            "content": text,
            "tool_calls": calls,
            "reasoning_content": thought,
        },
        st.none() | TEXT,
        st.lists(CALL, max_size=2),
        st.none() | TEXT,
    ),
    st.builds(lambda call, text: {"role": "tool", "tool_call_id": call, "content": text}, TEXT, TEXT),
)


@given(
    st.lists(MESSAGES, min_size=1, max_size=4),
    st.fixed_dictionaries(
        {},
        optional={
            "stream": st.booleans(),
            "max_tokens": st.integers(1, 9),
            "max_completion_tokens": st.integers(1, 9),
            "stop": st.lists(TEXT, max_size=2),
            "temperature": st.floats(0, 2),
            "tool_choice": st.sampled_from(["auto", "none", {"type": "function", "function": {"name": "f"}}]),
            "tools": st.just(
                [{"type": "function", "function": {"name": "f", "parameters": {}, "odd": 1}, "beside": 2}]
            ),
            "reasoning": st.just({"effort": "low", "exclude": True}),
            "thinking": st.just({"type": "enabled", "budget_tokens": 5}),
            "reasoning_effort": st.sampled_from(["low", "high"]),
            "odd": JSON.filter(lambda value: value == value),
        },
    ),
)
def test_writing_what_was_read_keeps_its_meaning(messages: list[Any], fields: dict[str, Any]) -> None:
    call = WIRE.read_request({"model": "m", "messages": messages, **fields})
    again = WIRE.read_request(sent(call, target_with(usage_in_stream="always")) | {"model": "m"})
    for name in ("messages", "tools", "tool_choice", "max_output", "stop", "temperature", "stream", "thinking"):
        assert getattr(again, name) == getattr(call, name), name


def test_a_call_of_another_wire_is_written_for_openai() -> None:
    call = Call(
        model="x",
        wire="anthropic",
        messages=(
            Message(role="system", parts=(Text(text="a", extra={"cache_control": {}}), Text(text="b"))),
            Message(role="user", parts=(Text(text="q"), Image(data="AA", media_type="image/png"))),
            Message(
                role="assistant",
                parts=(Reasoning(text="t", signature="S"), ToolCall(id="c1", name="f", arguments="{}")),
            ),
            Message(
                role="user",
                parts=(
                    ToolResult(call_id="c1", parts=(Text(text="no"), Image(url="https://x/i.png")), is_error=True),
                    Text(text="go on"),
                ),
            ),
        ),
        tools=(Tool(name="f", parameters={"type": "object"}, extra={"cache_control": {}}),),
        max_output=100,
        top_k=4,
        stop=("X",),
        thinking=Thinking(enabled=True, budget=4096),
        stream=True,
        extra={"metadata": {"user_id": "u"}},
    )
    parts = WIRE.write_request(call, target("openai", "gpt-5.5"))
    body = json.loads(parts.content)
    assert body == {
        "model": "gpt-5.5",
        "messages": [
            {"role": "system", "content": "a\n\nb"},
            {
                "role": "user",
                "content": [
                    {"type": "text", "text": "q"},
                    {"type": "image_url", "image_url": {"url": "data:image/png;base64,AA"}},
                ],
            },
            {
                "role": "assistant",
                "content": None,
                "tool_calls": [{"id": "c1", "type": "function", "function": {"name": "f", "arguments": "{}"}}],
            },
            {"role": "tool", "tool_call_id": "c1", "content": "Error: no"},
            {"role": "user", "content": "go on"},
            {"role": "user", "content": [{"type": "image_url", "image_url": {"url": "https://x/i.png"}}]},
        ],
        "tools": [{"type": "function", "function": {"name": "f", "parameters": {"type": "object"}}}],
        "max_completion_tokens": 100,
        "stop": ["X"],
        "reasoning_effort": "medium",
        "stream": True,
        "stream_options": {"include_usage": True},
    }
    assert parts.path == "/chat/completions"
    assert parts.dropped == ("messages.reasoning_content", "messages.thinking_blocks", "metadata", "top_k")


def test_a_model_known_not_to_reason_is_not_asked_to() -> None:
    call = Call(
        model="x",
        wire="anthropic",
        messages=(Message(role="user", parts=(Text(text="q"),)),),
        thinking=Thinking(effort="high"),
    )
    parts = WIRE.write_request(call, target("groq", "llama-3.1-8b-instant"))
    assert b"reasoning_effort" not in parts.content and parts.dropped == ("reasoning_effort",)


def test_a_vendor_that_takes_cache_marks_gets_them_and_signed_reasoning_in_its_own_form() -> None:
    call = Call(
        model="x",
        wire="anthropic",
        messages=(
            Message(role="system", parts=(Text(text="a", extra={"cache_control": {"type": "ephemeral"}, "odd": 1}),)),
            Message(
                role="assistant", parts=(Reasoning(text="t", signature="S"), Reasoning(encrypted="E"), Text(text="b"))
            ),
        ),
    )
    system, assistant = sent(call, target("openrouter"))["messages"]
    assert system["content"] == [{"type": "text", "text": "a", "cache_control": {"type": "ephemeral"}}]
    assert assistant["reasoning_details"] == [
        {"type": "reasoning.text", "index": 0, "text": "t", "signature": "S", "format": "anthropic-claude-v1"},
        {"type": "reasoning.encrypted", "index": 1, "data": "E"},
    ]


@pytest.mark.parametrize(
    "part",
    [
        Opaque(wire="anthropic", value={"type": "server_tool_use"}),
        ToolCall(id="s", name="web_search", arguments="{}", kind="server"),
        File(url="https://x/y.pdf"),
    ],
)
def test_what_only_another_wire_knows_is_refused_by_name(part: Any) -> None:
    role: Any = "assistant" if isinstance(part, ToolCall) else "user"
    with pytest.raises(UnsupportedFeature, match=r"server_tool_use|web_search|URL"):
        sent(Call(model="x", wire="anthropic", messages=(Message(role=role, parts=(part,)),)))


def test_a_tool_that_runs_at_another_vendor_is_refused_by_name() -> None:
    tools = (Opaque(wire="anthropic", value={"type": "web_search_20"}),)
    with pytest.raises(UnsupportedFeature, match="web_search_20"):
        sent(Call(model="x", wire="anthropic", messages=(), tools=tools))


def test_ids_the_vendor_refuses_are_replaced_alike_in_call_and_result() -> None:
    body = {
        "messages": [
            {
                "role": "assistant",
                "tool_calls": [{"id": "call_longer_than_nine", "function": {"name": "f", "arguments": "{}"}}],
            },
            {"role": "tool", "tool_call_id": "call_longer_than_nine", "content": "x"},
            {"role": "tool", "tool_call_id": "abcdefgh1", "content": "x"},
        ]
    }
    for result in (patched(body, target("mistral")), sent(call_of(*body["messages"]), target("mistral"))):
        asked, first, second = result["messages"]
        assert asked["tool_calls"][0]["id"] == first["tool_call_id"]
        assert re.fullmatch("[a-zA-Z0-9]{9}", first["tool_call_id"]) and second["tool_call_id"] == "abcdefgh1"


# --- pass-through ----------------------------------------------------------------------------------------


def test_the_patch_changes_the_model_and_nothing_else() -> None:
    body = {"model": "ext-x", "messages": [{**USER, "odd": {"deep": [1]}}], "brand_new": {"a": None}, "stream": False}
    before = json.dumps(body)
    assert patched(body, target_with()) == {**body, "model": "odd-1"}
    assert json.dumps(body) == before


def test_the_patch_asks_for_usage_in_a_stream() -> None:
    options = {"include_obfuscation": False, "include_usage": False}
    body = {"model": "m", "messages": [USER], "stream": True, "stream_options": options}
    assert patched(body, target_with())["stream_options"] == {"include_obfuscation": False, "include_usage": True}
    assert patched(body, target_with(usage_in_stream="always"))["stream_options"] == options
    assert "stream_options" not in patched(body, target("mistral"))
    assert "stream_options" not in patched({**body, "stream": False, "stream_options": None}, target("mistral"))


def test_the_patch_applies_the_vendors_quirks_and_reports_what_it_drops() -> None:
    where = target_with(
        rename={"max_tokens": "max_completion_tokens", "seed": "random_seed"},
        drop=frozenset({"user", "logit_bias"}),
        message_drop=frozenset({"name"}),
        developer_as_system=True,
        extra_body={"safe": True, "temperature": 1},
    )
    body = {
        "model": "m",
        "messages": [{"role": "developer", "content": "a", "name": "n"}, USER],
        "max_tokens": 5,
        "max_completion_tokens": 6,
        "seed": 1,
        "user": "u",
        "logit_bias": None,
        "temperature": 0,
    }
    parts = WIRE.patch_request(body, where)
    assert json.loads(parts.content) == {
        "model": "odd-1",
        "messages": [{"role": "system", "content": "a"}, USER],
        "max_completion_tokens": 6,
        "random_seed": 1,
        "temperature": 0,
        "safe": True,
    }
    assert parts.dropped == ("messages.name", "user")
    assert body["messages"] == [{"role": "developer", "content": "a", "name": "n"}, USER]


def test_the_one_role_for_both_is_used() -> None:
    roles = [{"role": "system", "content": "a"}, {"role": "developer", "content": "b"}]
    for result in (
        patched({"messages": roles}, target_with(system_role="developer")),
        sent(call_of(*roles), target_with(system_role="developer")),
    ):
        assert [message["role"] for message in result["messages"]] == ["developer", "developer"]


def test_text_that_is_no_utf8_and_numbers_past_64_bits_still_pass() -> None:
    body = {"model": "m", "messages": [{"role": "user", "content": "\ud800"}], "big": 2**70}
    assert patched(body, target_with()) == {**body, "model": "odd-1"}
