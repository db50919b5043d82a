"""An Anthropic app's body becomes a Call, and goes out to Anthropic with the same meaning."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers.canonical import File, Image, Opaque, Reasoning, Target, Text, Thinking, ToolCall, ToolChoice, ToolResult
from providers.errors import RequestRejected
from providers.vendors.anthropic import VENDOR
from providers.wires import wire

WIRE = wire("anthropic")
TARGET = Target(provider="anthropic", model="claude-opus-5", vendor=VENDOR)
MARK = {"cache_control": {"type": "ephemeral"}}


def ask(**fields: Any) -> dict[str, Any]:
    body = {"model": "claude-opus-5", "max_tokens": 100, "messages": [{"role": "user", "content": "Hi"}]}
    return body | fields


def talk(*blocks: dict[str, Any], role: str = "user") -> dict[str, Any]:
    return ask(messages=[{"role": role, "content": list(blocks)}])


def part_of(block: dict[str, Any]) -> Any:
    return WIRE.read_request(talk(block)).messages[0].parts[0]


def test_a_system_prompt_is_read_from_a_string_or_from_blocks() -> None:
    said = WIRE.read_request(ask(system="Be brief."))
    blocks = WIRE.read_request(ask(system=[{"type": "text", "text": "Be brief.", **MARK}]))
    assert said.messages[0].role == blocks.messages[0].role == "system"
    assert said.messages[0].parts == (Text(text="Be brief."),)
    assert blocks.messages[0].parts == (Text(text="Be brief.", extra=MARK),)


def test_a_system_message_in_the_middle_stays_in_the_middle() -> None:
    middle = [
        {"role": "user", "content": [{"type": "text", "text": "Hi"}]},
        {"role": "system", "content": [{"type": "text", "text": "Now in French.", **MARK}]},
        {"role": "system", "content": "And short."},
    ]
    call = WIRE.read_request(ask(system="Be kind.", messages=middle))
    assert [message.role for message in call.messages] == ["system", "user", "system", "system"]
    written = json.loads(WIRE.write_request(call, TARGET).content)
    assert written["system"] == [{"type": "text", "text": "Be kind."}]
    assert [message["role"] for message in written["messages"]] == ["user", "system", "system"]
    assert written["messages"][1]["content"] == middle[1]["content"]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ({"type": "base64", "media_type": "image/png", "data": "aGk="}, Image(data="aGk=", media_type="image/png")),
        ({"type": "url", "url": "https://a.example/b.png"}, Image(url="https://a.example/b.png")),
    ],
)
def test_images_are_read(source: dict[str, Any], expected: Image) -> None:
    assert part_of({"type": "image", "source": source}) == expected


def test_an_uploaded_image_is_only_for_anthropic() -> None:
    block = {"type": "image", "source": {"type": "file", "file_id": "file_1"}}
    assert part_of(block) == Opaque(wire="anthropic", value=block)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ({"type": "base64", "media_type": "application/pdf", "data": "JVBE"}, {"data": "JVBE"}),
        ({"type": "text", "media_type": "text/plain", "data": "words"}, {"text": "words"}),
        ({"type": "url", "url": "https://a.example/b.pdf"}, {"url": "https://a.example/b.pdf"}),
        ({"type": "file", "file_id": "file_1"}, {"file_id": "file_1"}),
    ],
)
def test_documents_are_read(source: dict[str, Any], expected: dict[str, str]) -> None:
    extra = {"citations": {"enabled": True}}
    found = part_of({"type": "document", "source": source, "title": "T", **extra})
    assert found == File(name="T", media_type=source.get("media_type"), extra=extra, **expected)


def test_a_tool_round_is_read() -> None:
    picture = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "aGk="}}
    call = WIRE.read_request(
        ask(
            messages=[
                {"role": "user", "content": "Weather?"},
                {
                    "role": "assistant",
                    "content": [
                        {"type": "thinking", "thinking": "Hm", "signature": "sig"},
                        {"type": "redacted_thinking", "data": "xyz"},
                        {"type": "tool_use", "id": "t1", "name": "look", "input": {"at": "sky"}},
                    ],
                },
                {
                    "role": "user",
                    "content": [{"type": "tool_result", "tool_use_id": "t1", "content": [picture], "is_error": True}],
                },
            ]
        )
    )
    assert call.messages[1].parts == (
        Reasoning(text="Hm", signature="sig"),
        Reasoning(encrypted="xyz"),
        ToolCall(id="t1", name="look", arguments='{"at":"sky"}'),
    )
    result = ToolResult(call_id="t1", parts=(Image(data="aGk=", media_type="image/png"),), is_error=True)
    assert (call.messages[2].role, call.messages[2].parts) == ("tool", (result,))


def test_tools_and_the_choice_among_them_are_read() -> None:
    server = {"type": "web_search_20250305", "name": "web_search"}
    own = {"name": "look", "description": "Looks.", "input_schema": {"type": "object"}, "strict": True, **MARK}
    choice = {"type": "tool", "name": "look", "disable_parallel_tool_use": True}
    call = WIRE.read_request(ask(tools=[own, server], tool_choice=choice))
    assert call.tools[1] == Opaque(wire="anthropic", value=server)
    assert (call.tools[0].name, call.tools[0].strict, call.tools[0].extra) == ("look", True, MARK)
    assert (call.tool_choice, call.parallel_tool_calls) == (ToolChoice(mode="named", name="look"), False)


def test_thinking_effort_and_format_are_read() -> None:
    output = {
        "effort": "high",
        "format": {"type": "json_schema", "schema": {"type": "object"}},
        "task_budget": {"n": 1},
    }
    call = WIRE.read_request(ask(thinking={"type": "adaptive", "display": "omitted"}, output_config=output))
    assert call.thinking == Thinking(enabled=True, effort="high", extra={"type": "adaptive", "display": "omitted"})
    assert call.output_format is not None and call.output_format.schema == {"type": "object"}
    assert call.extra == {"output_config": {"task_budget": {"n": 1}}}


FULL = ask(
    system=[{"type": "text", "text": "Be brief.", **MARK}],
    messages=[
        {"role": "user", "content": [{"type": "text", "text": "  ", **MARK}, {"type": "search_result", "title": "x"}]},
        {"role": "assistant", "content": [{"type": "server_tool_use", "id": "s", "name": "web_search", "input": {}}]},
        {"role": "assistant", "content": [{"type": "text", "text": "Prefill "}]},
    ],
    tools=[{"name": "look", "input_schema": {"type": "object"}, "defer_loading": True}, {"type": "bash_20250124"}],
    tool_choice={"type": "any", "disable_parallel_tool_use": False},
    thinking={"type": "enabled", "budget_tokens": 2000, "display": "summarized"},
    output_config={"effort": "low", "task_budget": {"total": 5}},
    metadata={"user_id": '{"device":"a@b"}'},
    stop_sequences=["\n", "END"],
    context_management={"edits": []},
    service_tier="auto",
    temperature=1,
    top_k=5,
    stream=True,
)


def test_an_anthropic_call_goes_out_as_it_came_in() -> None:
    parts = WIRE.write_request(WIRE.read_request(FULL), TARGET)
    assert json.loads(parts.content) == FULL
    assert (parts.path, parts.dropped) == ("/v1/messages", ())


def test_pass_through_changes_the_model_only() -> None:
    before = json.dumps(FULL)
    parts = WIRE.patch_request(FULL, TARGET)
    assert json.loads(parts.content) == FULL | {"model": "claude-opus-5"}
    assert json.dumps(FULL) == before


def test_betas_of_the_body_become_the_header() -> None:
    parts = WIRE.patch_request(ask(betas=["a-1", "b-2"]), TARGET)
    assert parts.headers == (("anthropic-beta", "a-1,b-2"),)
    assert "betas" not in json.loads(parts.content)


@pytest.mark.parametrize(
    ("body", "param"),
    [
        ({"messages": []}, "model"),
        (ask(messages=[]), "messages"),
        (ask(messages="Hi"), "messages"),
        (ask(messages=[{"role": "robot", "content": "x"}]), "messages.0.role"),
        (ask(messages=[{"role": "user"}]), "messages.0.content"),
        (talk({"text": "x"}), "messages.0.content.0.type"),
        (talk({"type": "text", "text": 1}), "messages.0.content.0.text"),
        (talk({"type": "tool_use", "id": "x", "name": "y", "input": []}), "messages.0.content.0.input"),
        (ask(max_tokens=True), "max_tokens"),
        (ask(max_tokens=-1), "max_tokens"),
        (ask(stop_sequences="x"), "stop_sequences"),
        (ask(tools=[{"name": "x"}]), "tools.0.input_schema"),
        (ask(tool_choice={"type": "maybe"}), "tool_choice.type"),
        (ask(output_config={"format": {"type": "xml"}}), "output_config.format.type"),
    ],
)
def test_a_malformed_field_is_refused_by_name(body: dict[str, Any], param: str) -> None:
    with pytest.raises(RequestRejected) as caught:
        WIRE.read_request(body)
    assert caught.value.param == param


WORDS = st.sampled_from(
    ["text", "image", "document", "tool_use", "tool_result", "thinking", "enabled", "base64", "user", "system", "auto"]
)
NAMES = st.sampled_from(
    ["type", "text", "content", "role", "source", "data", "id", "name", "input", "tool_use_id", "is_error", "signature"]
)
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=5)
    | WORDS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES | st.text(max_size=3), inner, max_size=4),
    max_leaves=12,
)


@given(body=st.dictionaries(st.sampled_from(sorted(FULL)), JSON))
def test_no_json_does_more_than_be_refused(body: dict[str, Any]) -> None:
    try:
        call = WIRE.read_request(ask() | body)
    except RequestRejected:
        return
    assert json.loads(WIRE.write_request(call, TARGET).content)["model"] == TARGET.model
