"""An Anthropic app's call on its way to other vendors: told in their words, the rest named."""

from __future__ import annotations

import json
from typing import Any

import pytest

from providers.canonical import Call, Choice, Finish, Reasoning, Reply, Target, Text, Tool, ToolCall
from providers.errors import UnsupportedFeature
from providers.vendors import vendor
from providers.wires import wire
from providers.wires.anthropic.portable import portable

WIRE = wire("anthropic")
HI: dict[str, Any] = {"role": "user", "content": "Hi"}
SCHEMA = {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"], "additionalProperties": False}


def carried(**more: Any) -> tuple[Call, tuple[str, ...]]:
    return portable(WIRE.read_request({"model": "m", "max_tokens": 9, "messages": [HI], **more}))


def as_openai(**more: Any) -> dict[str, Any]:
    call, _ = carried(**more)
    target = Target(provider="acme", model="m", vendor=vendor("openai_compatible"))
    body: dict[str, Any] = json.loads(wire("openai").write_request(call, target).content)
    return body


def tool(name: str, **more: Any) -> dict[str, Any]:
    return {"name": name, "input_schema": {"type": "object", "properties": {}}, **more}


def names(call: Call) -> list[str]:
    return [one.name for one in call.tools if isinstance(one, Tool)]


def test_the_billing_line_of_claude_code_stays_behind() -> None:
    system = [
        {"type": "text", "text": "x-anthropic-billing-header: cc=1;"},
        {"type": "text", "text": "You are Claude."},
    ]
    call, dropped = carried(system=system)
    assert call.messages[0].parts == (Text(text="You are Claude."),)
    assert dropped == ("system.billing_header",)


@pytest.mark.parametrize("content", ["Be brief.", [{"type": "text", "text": "Be brief.", "cache_control": {}}]])
def test_a_system_message_amid_the_conversation_ends_the_turn_before_it(content: Any) -> None:
    written = as_openai(system="S", messages=[HI, {"role": "system", "content": content}])["messages"]
    assert [message["role"] for message in written] == ["system", "user"]
    assert "Hi" in json.dumps(written[1]["content"])
    assert "<system-reminder>\\nBe brief.\\n</system-reminder>" in json.dumps(written[1]["content"])


def test_after_a_tool_s_result_it_stands_in_the_result() -> None:
    turns = [
        HI,
        {"role": "assistant", "content": [{"type": "tool_use", "id": "t1", "name": "f", "input": {}}]},
        {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "t1", "content": "sunny"}]},
        {"role": "system", "content": "Be brief."},
    ]
    written = as_openai(messages=turns, tools=[tool("f")])["messages"]
    assert [message["role"] for message in written] == ["user", "assistant", "tool"]
    assert written[-1]["content"].startswith("sunny") and "Be brief." in written[-1]["content"]


def test_a_reminder_for_one_turn_is_gone_in_the_next() -> None:
    once = {"role": "system", "content": "Now only.", "clear_at": "next_user_message"}
    answer = {"role": "assistant", "content": "Yes."}
    assert "Now only." in json.dumps(as_openai(messages=[HI, once]))
    assert "Now only." not in json.dumps(as_openai(messages=[HI, once, answer, HI]))


def test_the_effort_of_the_latest_turn_counts_and_ends_where_most_ladders_do() -> None:
    assert as_openai(output_config={"effort": "low"})["reasoning_effort"] == "low"
    turn = {"role": "system", "output_config": {"effort": "max"}}
    call, dropped = carried(output_config={"effort": "low"}, messages=[HI, turn])
    assert call.thinking is not None and call.thinking.effort == "high"
    assert dropped == ("output_config.effort=max",)


def test_adaptive_thinking_asks_for_nothing_and_a_budget_for_an_effort() -> None:
    assert "reasoning_effort" not in as_openai(thinking={"type": "adaptive", "display": "omitted"})
    assert as_openai(thinking={"type": "enabled", "budget_tokens": 8000})["reasoning_effort"] == "medium"


def test_a_schema_is_strict_only_where_it_leaves_nothing_open() -> None:
    closed = as_openai(output_config={"format": {"type": "json_schema", "schema": SCHEMA}})["response_format"]
    assert closed["json_schema"]["strict"] is True and closed["json_schema"]["schema"] == SCHEMA
    loose = {**SCHEMA, "required": []}
    opened = as_openai(output_config={"format": {"type": "json_schema", "schema": loose}})["response_format"]
    assert "strict" not in opened["json_schema"]


def test_a_strict_tool_with_an_optional_field_is_no_longer_strict() -> None:
    optional = {**SCHEMA, "required": []}
    call, dropped = carried(tools=[tool("f", strict=True, input_schema=optional), tool("g", strict=True)])
    assert [one.strict for one in call.tools if isinstance(one, Tool)] == [None, None]
    assert dropped == ("tools.strict",)
    call, dropped = carried(tools=[tool("f", strict=True, input_schema=SCHEMA)])
    assert isinstance(call.tools[0], Tool) and call.tools[0].strict and dropped == ()


def test_a_deferred_tool_is_unseen_until_a_result_refers_to_it() -> None:
    tools = [tool("ToolSearch"), tool("Later", defer_loading=True), tool("DeferredToolPlaceholder", defer_loading=True)]
    call, dropped = carried(tools=tools)
    assert (names(call), dropped) == (["ToolSearch"], ("tools.defer_loading",))
    reference = {"type": "tool_reference", "tool_name": "Later"}
    turns = [
        HI,
        {"role": "assistant", "content": [{"type": "tool_use", "id": "t1", "name": "ToolSearch", "input": {}}]},
        {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "t1", "content": [reference]}]},
    ]
    assert names(carried(tools=tools, messages=turns)[0]) == ["ToolSearch", "Later"]
    written = as_openai(tools=tools, messages=turns)
    assert "Later" in written["messages"][-1]["content"]


def test_without_the_vendor_s_own_search_every_deferred_tool_is_shown() -> None:
    search = {"type": "tool_search_tool_regex_20251119", "name": "tool_search_tool_regex"}
    call, dropped = carried(tools=[search, tool("a", defer_loading=True), tool("b")])
    assert (names(call), len(call.tools), dropped) == (["a", "b"], 2, ("tools.defer_loading",))


def test_tools_that_system_messages_add_and_remove_come_and_go() -> None:
    added = {"type": "tool_addition", "tool": {"type": "tool_definition", "definition": tool("new")}}
    shown = {"type": "tool_addition", "tool": {"type": "tool_reference", "name": "later"}}
    removed = {"type": "tool_removal", "tool": {"type": "tool_reference", "name": "old"}}
    tools = [tool("old"), tool("later", defer_loading=True)]
    call, _ = carried(tools=tools, messages=[HI, {"role": "system", "content": [added, shown, removed]}])
    assert names(call) == ["later", "new"]
    assert len(call.messages) == 1


def test_what_stands_before_a_summary_is_not_sent() -> None:
    summary = {"type": "compaction", "content": "They said hi."}
    turns = [
        HI,
        {"role": "assistant", "content": [summary, {"type": "text", "text": "Go on."}]},
        {**HI, "content": "So?"},
    ]
    written = as_openai(system="S", messages=turns)["messages"]
    assert [message["role"] for message in written] == ["system", "user", "assistant", "user"]
    assert "They said hi." in written[1]["content"] and written[2]["content"] == "Go on."


def test_a_search_result_becomes_text() -> None:
    block = {
        "type": "search_result",
        "title": "T",
        "source": "https://x.test",
        "content": [{"type": "text", "text": "C"}],
    }
    assert "https://x.test" in as_openai(messages=[{"role": "user", "content": [block]}])["messages"][0]["content"]


@pytest.mark.parametrize("name", ["mcp_servers", "container"])
def test_what_would_be_missed_is_refused(name: str) -> None:
    with pytest.raises(UnsupportedFeature) as refused:
        carried(**{name: [{"url": "x"}]})
    assert refused.value.param == name


def test_a_plain_user_goes_on_and_a_device_s_description_does_not() -> None:
    assert carried(metadata={"user_id": "u-1"})[0].user == "u-1"
    call, dropped = carried(metadata={"user_id": '{"device_id": "d"}'})
    assert (call.user, dropped) == (None, ("metadata",))


def test_a_signature_of_claude_is_left_alone_and_one_of_ours_is_opened() -> None:
    blocks = [{"type": "thinking", "thinking": "Hm", "signature": "EqMD"}, {"type": "text", "text": "x"}]
    call, _ = carried(messages=[HI, {"role": "assistant", "content": blocks}, HI])
    assert call.messages[1].parts[0] == Reasoning(text="Hm", signature="EqMD")


@pytest.mark.parametrize("value", [5, None, [], {"type": 3}, {"type": "tool_addition", "tool": {"name": [1]}}])
def test_no_block_makes_it_stumble(value: Any) -> None:
    block = {"type": "tool_addition", "tool": value}
    odd = {"type": "tool_reference", "tool_name": value}
    call, _ = carried(
        messages=[HI, {"role": "user", "content": [block, odd, {"type": "compaction", "tool_changes": value}]}]
    )
    assert len(call.messages) == 2


def test_a_tool_call_gets_back_what_its_vendor_gave_it() -> None:
    signed = ToolCall(id="t1", name="f", arguments="{}", extra={"thought_signature": "sig"})
    reply = Reply(id="r", model="m", choices=(Choice(index=0, parts=(signed,), finish=Finish.TOOL_CALLS),))
    content = json.loads(WIRE.write_reply(reply))["content"]
    assert [block["type"] for block in content] == ["redacted_thinking", "tool_use"]
    call, _ = carried(messages=[HI, {"role": "assistant", "content": content}])
    assert call.messages[1].parts == (signed,)
