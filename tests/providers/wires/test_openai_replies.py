"""Whole replies, read and written."""

from __future__ import annotations

import json
from typing import Any

import pytest
from openai.types.chat import ChatCompletion

from providers.canonical import (
    Choice,
    Finish,
    Opaque,
    Reasoning,
    Reply,
    Text,
    ToolCall,
    Usage,
)
from tests.providers.wires.openai_cast import WIRE, target


def body(message: dict[str, Any], finish: str | None = "stop", **more: Any) -> bytes:
    choice = {"index": 0, "message": {"role": "assistant", **message}, "logprobs": None, "finish_reason": finish}
    return json.dumps(
        {"id": "r", "object": "chat.completion", "created": 7, "model": "m", "choices": [choice], **more}
    ).encode()


def choice_of(data: bytes, slug: str = "openai") -> Choice:
    return WIRE.read_reply(data, target(slug)).choices[0]


def test_a_reply_is_read() -> None:
    usage = {
        "prompt_tokens": 100,
        "completion_tokens": 50,
        "prompt_tokens_details": {"cached_tokens": 60, "audio_tokens": 1, "cache_write_tokens": 5},
        "completion_tokens_details": {"reasoning_tokens": 40, "audio_tokens": 2},
        "cost": 0.002,
    }
    reply = WIRE.read_reply(b"\n \n" + body({"content": "hi"}, usage=usage, system_fingerprint="fp"), target())
    assert reply == Reply(
        id="r",
        model="m",
        created=7,
        extra={"system_fingerprint": "fp"},
        choices=(Choice(index=0, parts=(Text(text="hi"),), finish=Finish.STOP, raw_finish="stop"),),
        usage=Usage(
            input=100,
            output=50,
            cached_input=60,
            cache_write_input=5,
            reasoning=40,
            input_audio=1,
            output_audio=2,
            cost_usd=0.002,
        ),
    )


@pytest.mark.parametrize(
    "usage, expected",
    [
        ({"prompt_cache_hit_tokens": 4, "prompt_cache_miss_tokens": 6}, Usage(input=10, output=2, cached_input=4)),
        ({"cached_tokens": 3, "reasoning_tokens": 1}, Usage(input=10, output=2, cached_input=3, reasoning=1)),
        ({"cost": {"total_cost": 0.5}}, Usage(input=10, output=2, cost_usd=0.5)),
        ({"cost_in_usd_ticks": 5_000_000_000}, Usage(input=10, output=2, cost_usd=0.5)),
        ({"prompt_tokens_details": None, "completion_tokens_details": []}, Usage(input=10, output=2)),
        ({"completion_tokens": None}, Usage(input=10)),
        ({"completion_tokens": -1, "prompt_tokens": "10"}, None),
    ],
)
def test_vendors_ways_of_telling_usage(usage: dict[str, Any], expected: Usage) -> None:
    data = body({"content": "x"}, usage={"prompt_tokens": 10, "completion_tokens": 2, **usage})
    assert WIRE.read_reply(data, target()).usage == expected


def test_parts_come_in_one_order() -> None:
    message = {
        "tool_calls": [{"id": "a", "type": "function", "function": {"name": "f", "arguments": ""}}],
        "content": "text",
        "reasoning_content": "thought",
    }
    assert choice_of(body(message, "tool_calls")).parts == (
        Reasoning(text="thought"),
        Text(text="text"),
        ToolCall(id="a", name="f", arguments="{}"),
    )


def test_content_and_arguments_that_are_no_text_are_read() -> None:
    message = {
        "content": [
            {"type": "thinking", "thinking": [{"type": "text", "text": "a"}], "closed": True},
            {"type": "text", "text": "b"},
            {"type": "reference", "reference_ids": [1]},
        ],
        "tool_calls": [{"id": "x", "function": {"name": "f", "arguments": {"n": 1}}}],
    }
    assert choice_of(body(message), "mistral").parts == (
        Reasoning(text="a"),
        Text(text="b"),
        Opaque(wire="openai", value={"type": "reference", "reference_ids": [1]}),
        ToolCall(id="x", name="f", arguments='{"n":1}'),
    )


def test_fillers_of_optional_fields_are_nothing() -> None:
    message = {
        "content": "4",
        "audio": {"data": "", "id": "", "expires_at": 0},
        "function_call": {"name": "", "arguments": ""},
        "refusal": "",
        "tool_calls": [{"id": "t", "custom": {"name": "", "input": ""}, "function": {"name": "f", "arguments": "{}"}}],
    }
    choice = choice_of(body(message, ""))
    assert choice.parts == (Text(text="4"), ToolCall(id="t", name="f", arguments="{}"))
    assert (choice.finish, choice.raw_finish) == (Finish.TOOL_CALLS, None)


def test_a_legacy_function_call_is_a_tool_call() -> None:
    choice = choice_of(body({"content": None, "function_call": {"name": "f", "arguments": "{}"}}, "function_call"))
    (call,) = choice.parts
    assert isinstance(call, ToolCall) and call.name == "f" and call.id and choice.finish is Finish.TOOL_CALLS


def test_calls_without_ids_get_different_ones() -> None:
    call = {"id": "", "type": "function", "function": {"name": "f", "arguments": "{}"}}
    first, second = choice_of(body({"tool_calls": [call, call]})).parts
    assert isinstance(first, ToolCall) and isinstance(second, ToolCall) and first.id != second.id


def test_what_stands_beside_is_kept() -> None:
    message = {"content": "x", "annotations": [{"type": "url_citation"}]}
    data = json.loads(body(message))
    data["choices"][0]["logprobs"] = {"content": [1]}
    choice = choice_of(json.dumps(data).encode())
    assert choice.extra == {"message": {"annotations": [{"type": "url_citation"}]}, "logprobs": {"content": [1]}}
    again = json.loads(WIRE.write_reply(Reply(id="r", model="m", choices=(choice,))))["choices"][0]
    assert again["message"]["annotations"] == message["annotations"] and again["logprobs"] == {"content": [1]}


def test_a_written_reply_is_what_openais_client_expects_and_reads_back() -> None:
    reply = Reply(
        id="msg_1",
        model="claude",
        created=5,
        choices=(
            Choice(
                index=0,
                parts=(
                    Reasoning(text="th", signature="SIG"),
                    Reasoning(encrypted="ENC"),
                    Text(text="hello"),
                    ToolCall(id="c", name="f", arguments='{"a":1}'),
                    ToolCall(id="d", name="g", arguments="free", kind="custom"),
                ),
                finish=Finish.TOOL_CALLS,
                raw_finish="tool_use",
            ),
        ),
        usage=Usage(input=10, output=5, cached_input=3, cache_write_input=2, reasoning=1),
    )
    data = WIRE.write_reply(reply)
    ChatCompletion.model_validate_json(data, strict=True)
    again = WIRE.read_reply(data, target())
    assert again.choices[0].parts == reply.choices[0].parts
    assert (again.id, again.model, again.created, again.usage) == ("msg_1", "claude", 5, reply.usage)


def test_a_reply_without_text_has_null_content_only_beside_calls() -> None:
    def message(*parts: Any) -> Any:
        choice = Choice(index=0, parts=parts, finish=Finish.STOP)
        return json.loads(WIRE.write_reply(Reply(id="", model="m", choices=(choice,))))["choices"][0]["message"]

    assert message()["content"] == ""
    assert message(ToolCall(id="a", name="f", arguments="{}"))["content"] is None


def test_server_tools_and_foreign_parts_are_left_out_of_a_reply() -> None:
    parts = (
        ToolCall(id="s", name="search", arguments="{}", kind="server"),
        Opaque(wire="anthropic", value={}),
        Text(text="x"),
    )
    choice = Choice(index=0, parts=parts, finish=Finish.STOP)
    message = json.loads(WIRE.write_reply(Reply(id="", model="m", choices=(choice,))))["choices"][0]["message"]
    assert message["content"] == "x" and "tool_calls" not in message
